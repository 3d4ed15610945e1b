"""mlflow-artifacts/mpu/… and presigned/…: signed addresses, what they open, and what they do not."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import LazySettings

from accounts.models import AccessToken, User
from repos.models import Repository
from storage.models import StoredObject, Upload
from tests.tracking.conftest import Answer, Door, DoorFor
from tracking.mlflow import tickets

BASE = "/api/2.0/mlflow-artifacts"


@pytest.fixture
def root(mlflow: Door) -> str:
    """The artifact root of a fresh run."""
    return f"0/{mlflow.run()}/artifacts"


def mpu(door: Door, step: str, folder: str, **body: Any) -> Answer:
    return door("POST", f"mlflow-artifacts/mpu/{step}/{folder}", body, api="api/2.0/")


def create(door: Door, folder: str, parts: int = 2, path: str = "large.bin") -> Any:
    answer = mpu(door, "create", folder, path=path, num_parts=parts)
    assert answer.status == 200, answer.body
    return answer.json


def by_address(door: Door, url: str, method: str = "PUT", data: bytes = b"", **headers: str) -> Answer:
    """A request as the client makes it: to the address alone, without a login."""
    parts = urlsplit(url)
    stranger = Door(door.repository, None)
    prefix = f"/{door.repository.full_name}.mlflow"
    assert parts.path.startswith(prefix)
    response = stranger.client.generic(
        method, unquote(parts.path), data, content_type="", QUERY_STRING=parts.query, headers=headers
    )
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    return Answer(response.status_code, body, dict(response.headers))


def sent(door: Door, made: Any, *contents: bytes) -> list[dict[str, object]]:
    """Send the parts; the list that completes the upload."""
    found = []
    for credential, content in zip(made["credentials"], contents, strict=True):
        answer = by_address(door, credential["url"], data=content)
        assert (answer.status, answer.body) == (200, b"")
        found.append(
            {
                "part_number": credential["part_number"],
                "etag": answer.headers["ETag"],
                "url": credential["url"],
            }
        )
    return found


def test_a_file_in_parts(mlflow: Door, root: str) -> None:
    made = create(mlflow, f"{root}/d")
    assert [c["part_number"] for c in made["credentials"]] == [1, 2]
    assert made["credentials"][0]["headers"] == {}
    parts = sent(mlflow, made, b"first ", b"second")
    path = f"{BASE}/artifacts/{root}/d/large.bin"
    assert mlflow.raw("GET", path).status == 404
    whole = {"path": "large.bin", "upload_id": made["upload_id"], "parts": parts}
    for _ in range(2):
        done = mpu(mlflow, "complete", f"{root}/d", **whole)
        assert (done.status, done.json) == (200, {})
    found = mlflow.raw("GET", path)
    assert found.body == b"first second"
    digest = hashlib.sha256(b"first second").digest()
    assert found.headers["ETag"] == f'"{digest.hex()}"'
    assert found.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"


def test_older_clients_send_their_whole_local_path(mlflow: Door, root: str) -> None:
    for path in ("/tmp/x/large.bin", "C:\\x\\large.bin"):
        made = create(mlflow, root, path=path)
        parts = sent(mlflow, made, b"a", b"b")
        assert mpu(mlflow, "complete", root, path=path, upload_id=made["upload_id"], parts=parts).status == 200
    assert [stored.key for stored in StoredObject.objects.all()] == [f"{root}/large.bin"]


def test_an_aborted_upload_is_gone(mlflow: Door, root: str) -> None:
    made = create(mlflow, root)
    parts = sent(mlflow, made, b"a", b"b")
    assert mpu(mlflow, "abort", root, path="large.bin", upload_id=made["upload_id"]).json == {}
    assert Upload.objects.count() == 0
    assert by_address(mlflow, made["credentials"][0]["url"], data=b"late").status == 404
    done = mpu(mlflow, "complete", root, path="large.bin", upload_id=made["upload_id"], parts=parts)
    assert (done.status, done.code) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize("count", [None, 0, -1, 10_001])
def test_a_wrong_number_of_parts_is_refused(mlflow: Door, root: str, count: int | None) -> None:
    answer = mpu(mlflow, "create", root, path="a", num_parts=count)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("path", ["", "/", "..", "a/.."])
def test_a_wrong_name_is_refused(mlflow: Door, root: str, path: str) -> None:
    assert mpu(mlflow, "create", root, path=path, num_parts=1).status == 400


def test_what_belongs_to_nothing_is_refused(mlflow: Door) -> None:
    assert mpu(mlflow, "create", f"0/{'f' * 32}/artifacts", path="a", num_parts=1).status == 404


def test_wrong_parts_are_named_and_the_upload_stays_open(mlflow: Door, root: str) -> None:
    made = create(mlflow, root)
    parts = sent(mlflow, made, b"a", b"b")
    wrong = [parts[0], {"part_number": 2, "etag": "0" * 32}]
    whole = {"path": "large.bin", "upload_id": made["upload_id"]}
    refused = mpu(mlflow, "complete", root, parts=wrong, **whole)
    assert (refused.status, refused.code) == (400, "INVALID_PARAMETER_VALUE")
    assert "Part 2 " in refused.message
    assert mpu(mlflow, "complete", root, parts=parts, **whole).status == 200


def test_an_upload_is_completed_under_its_own_name_only(mlflow: Door, root: str) -> None:
    made = create(mlflow, root)
    parts = sent(mlflow, made, b"a", b"b")
    other = mpu(mlflow, "complete", root, path="other.bin", upload_id=made["upload_id"], parts=parts)
    assert (other.status, StoredObject.objects.count()) == (404, 0)


def test_an_address_gives_the_file_in_ranges(mlflow: Door, root: str) -> None:
    mlflow.raw("PUT", f"{BASE}/artifacts/{root}/a ü.bin", b"0123456789", content_type="x/y")
    made = mlflow.raw("GET", f"{BASE}/presigned/{root}/a ü.bin").json
    assert (made["file_size"], made["headers"]) == (10, {})
    assert by_address(mlflow, made["url"], "GET").body == b"0123456789"
    part = by_address(mlflow, made["url"], "GET", Range="bytes=2-4")
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert mlflow.raw("GET", f"{BASE}/presigned/{root}/nothing").status == 404
    assert mlflow.raw("GET", f"{BASE}/presigned/{root}").status == 400


def test_an_address_opens_nothing_else(mlflow: Door, root: str) -> None:
    # The attack: what is signed for one file and one method is used for another.
    for name in ("a.bin", "b.bin"):
        mlflow.raw("PUT", f"{BASE}/artifacts/{root}/{name}", b"secret", content_type="x/y")
    url = mlflow.raw("GET", f"{BASE}/presigned/{root}/a.bin").json["url"]
    assert by_address(mlflow, url, "HEAD").status == 200
    for method, other in (
        ("GET", url.replace("a.bin", "b.bin")),
        ("DELETE", url),
        ("PUT", url),
        ("GET", url[:-1] + ("A" if url[-1] != "A" else "B")),
        ("GET", url.partition("?")[0]),
        ("GET", url.partition("?")[0] + "?ticket="),
        ("GET", url.replace("mlflow-artifacts/artifacts/", "mlflow-artifacts/presigned/")),
    ):
        assert by_address(mlflow, other, method).status == 401, (method, other)
    part = create(mlflow, root)["credentials"][0]["url"]
    assert by_address(mlflow, part.replace("/1?", "/2?"), "PUT", b"x").status == 401


def test_an_address_ends_with_its_time(mlflow: Door, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(mlflow, root)
    assert by_address(mlflow, made["credentials"][0]["url"], data=b"x").status == 200
    now = time.time()
    monkeypatch.setattr(tickets.time, "time", lambda: now + 25 * 3600)
    assert by_address(mlflow, made["credentials"][0]["url"], data=b"x").status == 401


def test_an_address_ends_with_the_token_it_came_from(mlflow: Door, root: str) -> None:
    made = create(mlflow, root)
    AccessToken.objects.all().delete()
    assert by_address(mlflow, made["credentials"][0]["url"], data=b"x").status == 401


def test_an_address_ends_with_the_right_to_use_it(
    mlflow: Door, door_for: DoorFor, root: str, bob: User, repo: Repository
) -> None:
    made = create(door_for(bob), root)
    repo.collaborators.filter(user=bob).delete()
    assert by_address(mlflow, made["credentials"][0]["url"], data=b"x").status == 404


def test_an_address_ends_with_the_account(mlflow: Door, door_for: DoorFor, root: str, bob: User) -> None:
    made = create(door_for(bob), root)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert by_address(mlflow, made["credentials"][0]["url"], data=b"x").status == 401


def test_an_address_ends_with_its_repository(mlflow: Door, root: str, repo: Repository, alice: User) -> None:
    mlflow.raw("PUT", f"{BASE}/artifacts/{root}/a.bin", b"secret", content_type="x/y")
    url = mlflow.raw("GET", f"{BASE}/presigned/{root}/a.bin").json["url"]
    number = repo.pk
    repo.delete()
    Repository.objects.create(owner=alice.owner, name="stones", pk=number + 1000)
    assert by_address(Door(Repository.objects.get(), None), url, "GET").status == 404


def test_readers_may_not_upload_in_parts(mlflow: Door, door_for: DoorFor, root: str, carol: User) -> None:
    made = create(mlflow, root)
    reader = door_for(carol)
    for step in ("create", "complete", "abort"):
        answer = mpu(reader, step, root, path="a", num_parts=1, upload_id=made["upload_id"], parts=[])
        assert answer.code == "PERMISSION_DENIED"
    assert reader.raw("PUT", f"{BASE}/mpu/part/{made['upload_id']}/1", b"x").code == "PERMISSION_DENIED"


def test_the_public_address_is_used(mlflow: Door, root: str, settings: LazySettings) -> None:
    settings.HUB_URL = "https://hub.example.org/"
    assert create(mlflow, root)["credentials"][0]["url"].startswith("https://hub.example.org/alice/stones.mlflow/")


def test_a_body_is_checked_against_its_announced_digest(mlflow: Door, root: str) -> None:
    digest = base64.b64encode(hashlib.sha256(b"right").digest()).decode()

    def put(data: bytes) -> int:
        return mlflow.client.generic(
            "PUT", f"/alice/stones.mlflow{BASE}/artifacts/{root}/a", data,
            headers={"Authorization": f"Bearer {mlflow.token}", "Repr-Digest": f"sha-256=:{digest}:"},
        ).status_code  # fmt: skip

    assert (put(b"wrong"), StoredObject.objects.count()) == (400, 0)
    assert put(b"right") == 200


def test_server_info_says_so(mlflow: Door) -> None:
    info = mlflow.ok("GET", "server-info", api="api/3.0/mlflow/")
    assert (info["multipart_uploads_enabled"], info["multipart_downloads_enabled"]) == (True, True)
