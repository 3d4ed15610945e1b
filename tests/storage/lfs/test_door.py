"""The Git LFS API: batches, transfers, tickets and locks, as the protocol has them and as attackers would like them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessToken, Owner, User
from repos.models import Repository
from storage.lfs import batch, tickets
from storage.models import LfsLock, StoredObject
from storage.services.contents import put_content
from storage.spaces import LFS, lfs_key
from tests.access.asking import on_the_server

BASE = "/alice/stones.git/info/lfs"
KIND = "application/vnd.git-lfs+json"
Ask = Callable[..., Any]
TokenFor = Callable[..., str]


def oid_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


HELLO = oid_of(b"hello")


def store(repo: Repository, content: bytes = b"hello") -> str:
    put_content(repository=repo, space=LFS, key=lfs_key(oid_of(content)), chunks=[content])
    return oid_of(content)


@pytest.fixture
def ask(repo: Repository, alice: User, token_for: TokenFor) -> Ask:
    """`ask(verb, path, body)` as alice; a body that is no bytes goes as JSON. `auth=""` is nobody."""
    client = on_the_server(Client())
    hers = f"Bearer {token_for(alice, 'admin')}"

    def send(verb: str, path: str, body: Any = b"", auth: str = hers, kind: str = KIND, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        environ = {"CONTENT_LENGTH": str(len(data)), **{f"HTTP_{k.upper()}": v for k, v in headers.items()}}
        if auth:
            environ["HTTP_AUTHORIZATION"] = auth
        path = path if path.startswith("/") else f"{BASE}/{path}"
        return client.generic(verb, path, data, content_type=kind, **environ)  # type: ignore[arg-type]

    return send


def wanted(operation: str, *objects: tuple[str, int], **more: Any) -> dict[str, Any]:
    listed = [{"oid": oid, "size": size} for oid, size in objects]
    return {"operation": operation, "transfers": ["basic"], "objects": listed, **more}


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


# --- batches


def test_download_of_present_and_missing(ask: Ask, repo: Repository) -> None:
    store(repo)
    answer = ask("POST", "objects/batch", wanted("download", (HELLO, 5), ("a" * 64, 5)))
    assert (answer.status_code, answer["Content-Type"]) == (200, KIND)
    found = answer.json()
    assert (found["transfer"], found["hash_algo"]) == ("basic", "sha256")
    here, missing = found["objects"]
    assert set(here) == {"oid", "size", "authenticated", "actions"}
    assert set(here["actions"]["download"]) == {"href", "header", "expires_in"}
    assert here["actions"]["download"]["href"] == f"http://testserver{BASE}/objects/{HELLO}"
    assert missing["error"]["code"] == 404 and "actions" not in missing


def test_upload_of_present_and_missing(ask: Ask, repo: Repository) -> None:
    store(repo)
    here, missing = ask("POST", "objects/batch", wanted("upload", (HELLO, 5), ("a" * 64, 7))).json()["objects"]
    assert "actions" not in here and "error" not in here
    assert set(missing["actions"]) == {"upload", "verify"}


@pytest.mark.parametrize("oid", ["a" * 63, "a" * 65, "g" * 64, "A" * 64, "", "../" + "a" * 61, "a" * 63 + "\n"])
@pytest.mark.parametrize("operation", ["download", "upload"])
def test_an_oid_that_is_none(ask: Ask, oid: str, operation: str) -> None:
    (found,) = ask("POST", "objects/batch", wanted(operation, (oid, 1))).json()["objects"]
    assert found["error"]["code"] == 422 and "actions" not in found


@pytest.mark.parametrize(("size", "code"), [(-1, 422), (-125, 422), (2**63 - 1, 422), (10**30, 422), (0, None)])
def test_sizes(ask: Ask, size: int, code: int | None) -> None:
    (found,) = ask("POST", "objects/batch", wanted("upload", ("b" * 64, size))).json()["objects"]
    assert found.get("error", {}).get("code") == code
    assert ("actions" in found) == (code is None)


def test_a_size_that_differs_from_what_is_there(ask: Ask, repo: Repository) -> None:
    store(repo)
    for operation in ("download", "upload"):
        (found,) = ask("POST", "objects/batch", wanted(operation, (HELLO, 6))).json()["objects"]
        assert found["error"]["code"] == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (wanted("upload", hash_algo="sha512"), 409),
        (wanted("delete"), 422),
        ({"operation": "upload"}, 422),
        ({"operation": "upload", "objects": [{"oid": HELLO}]}, 422),
        ({"operation": "upload", "objects": [{"oid": HELLO, "size": "5"}]}, 422),
        (wanted("upload", *[("a" * 64, 1)] * (batch.MOST_OBJECTS + 1)), 413),
        (b"{", 422),
        (b"[" * 20_000, 422),
        (b'"\xff"', 422),
    ],
)
def test_a_request_that_is_wrong_as_a_whole(ask: Ask, body: Any, status: int) -> None:
    answer = ask("POST", "objects/batch", body)
    assert answer.status_code == status and answer.json()["message"]


def test_media_types(ask: Ask) -> None:
    for kind, status in ((f"{KIND}; charset=utf-8", 200), ("application/json", 200), ("text/plain", 415), ("", 415)):
        assert ask("POST", "objects/batch", wanted("download"), kind=kind).status_code == status, kind


def test_a_batch_to_send_takes_write_access(ask: Ask, carol: User, token_for: TokenFor, alice: User) -> None:
    for auth, status in (
        (f"Bearer {token_for(carol)}", 403),
        (f"Bearer {token_for(alice, 'read')}", 403),
        ("", 401),
    ):
        assert ask("POST", "objects/batch", wanted("upload", (HELLO, 5)), auth=auth).status_code == status
    refused = ask("POST", "objects/batch", wanted("upload"), auth="")
    assert refused["LFS-Authenticate"].startswith("Basic")


def test_another_repository_is_not_told_of(ask: Ask, repo: Repository, other_repo: Repository) -> None:
    """The attack: an answer tells that the hub has this content already, or hands out what another repository holds."""
    store(other_repo)
    (fetched,) = ask("POST", "objects/batch", wanted("download", (HELLO, 5))).json()["objects"]
    assert fetched["error"]["code"] == 404
    (sent,) = ask("POST", "objects/batch", wanted("upload", (HELLO, 5))).json()["objects"]
    assert set(sent["actions"]) == {"upload", "verify"}
    assert ask("GET", f"objects/{HELLO}").status_code == 404
    assert ask("PUT", f"objects/{HELLO}", b"hello").status_code == 200
    blobs = set(StoredObject.objects.filter(bucket__name=LFS).values_list("blob_id", flat=True))
    assert len(blobs) == 1  # Stored once all the same.


def test_no_room(ask: Ask, repo: Repository) -> None:
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=10)
    two = wanted("upload", ("a" * 64, 6), ("b" * 64, 6))
    answer = ask("POST", "objects/batch", two)
    assert answer.status_code == 507 and "room" in answer.json()["message"]
    assert ask("POST", "objects/batch", wanted("upload", ("a" * 64, 6), ("a" * 64, 6))).status_code == 200
    assert ask("PUT", f"objects/{oid_of(b'x' * 11)}", b"x" * 11).status_code == 507


def test_statements_do_not_grow_with_a_batch(ask: Ask, repo: Repository) -> None:
    ask("GET", "locks")  # Notes that the token is in use, once a minute.
    counts = []
    for many in (1, 3):
        with CaptureQueriesContext(connection) as asked:
            ask("POST", "objects/batch", wanted("download", *[(f"{number:064x}", 1) for number in range(many)]))
        counts.append(len(asked))
    assert counts == [3, 3]


# --- transfers


def test_what_is_sent_is_there(ask: Ask) -> None:
    assert ask("PUT", f"objects/{HELLO}", b"hello").status_code == 200
    got = ask("GET", f"objects/{HELLO}")
    assert (got.status_code, body_of(got), got["Content-Type"]) == (200, b"hello", "application/octet-stream")
    part = ask("GET", f"objects/{HELLO}", range="bytes=2-")
    assert (part.status_code, body_of(part), part["Content-Range"]) == (206, b"llo", "bytes 2-4/5")
    assert ask("GET", f"objects/{HELLO}", range="bytes=5-").status_code == 416
    for size, status in ((5, 200), (6, 422)):
        assert ask("POST", f"objects/{HELLO}/verify", {"oid": HELLO, "size": size}).status_code == status


def test_an_empty_object(ask: Ask) -> None:
    empty = oid_of(b"")
    assert ask("PUT", f"objects/{empty}").status_code == 200
    got = ask("GET", f"objects/{empty}")
    assert (got.status_code, got["Content-Length"], body_of(got)) == (200, "0", b"")


def test_content_that_is_not_what_its_id_says_is_refused(ask: Ask) -> None:
    """The attack: other people's models are replaced by whoever may write, or half of an upload stands for all."""
    refused = ask("PUT", f"objects/{HELLO}", b"hell")
    assert refused.status_code == 422 and "SHA-256" in refused.json()["message"]
    assert not StoredObject.objects.exists()
    assert ask("POST", f"objects/{HELLO}/verify", {"oid": HELLO, "size": 5}).status_code == 404


def test_an_object_is_never_replaced(ask: Ask, repo: Repository) -> None:
    store(repo)
    assert ask("PUT", f"objects/{HELLO}", b"other").status_code == 200
    assert body_of(ask("GET", f"objects/{HELLO}")) == b"hello"


def test_verify_of_another_object(ask: Ask, repo: Repository) -> None:
    store(repo)
    assert ask("POST", f"objects/{'a' * 64}/verify", {"oid": HELLO, "size": 5}).status_code == 422


@pytest.mark.parametrize(
    "place", ["objects/" + "a" * 63, "objects/..", "objects/%2e%2e%2f", "objects", "", "x", "locks/"]
)
def test_other_addresses_are_not_there(ask: Ask, place: str) -> None:
    for verb in ("GET", "PUT", "POST"):
        assert ask(verb, f"{BASE}/{place}", b"x").status_code in (404, 405), verb


# --- tickets


def ticket(ask: Ask, operation: str, content: bytes = b"hello") -> str:
    (found,) = ask("POST", "objects/batch", wanted(operation, (oid_of(content), len(content)))).json()["objects"]
    header: dict[str, str] = found["actions"][operation]["header"]
    assert set(header) == {"Authorization"}
    return header["Authorization"]


def test_a_ticket_opens_its_object_and_its_way(ask: Ask, repo: Repository, other_repo: Repository) -> None:
    """The attack: what a batch hands out for one file is used for another, another way, another repository, a lock."""
    send = ticket(ask, "upload")
    assert ask("GET", f"objects/{HELLO}", auth=send).status_code == 401
    assert ask("PUT", f"objects/{oid_of(b'x')}", b"x", auth=send).status_code == 401
    assert ask("PUT", f"/alice/pebbles.git/info/lfs/objects/{HELLO}", b"hello", auth=send).status_code == 401
    assert ask("PUT", f"/alice/nonesuch.git/info/lfs/objects/{HELLO}", b"hello", auth=send).status_code == 401
    for path in ("objects/batch", "locks", "locks/verify"):
        assert ask("POST", path, {}, auth=send).status_code == 401
    assert ask("GET", "/alice/stones.git/info/refs?service=git-upload-pack", auth=send).status_code == 401
    assert ask("PUT", f"objects/{HELLO}", b"hello", auth=send).status_code == 200
    assert ask("POST", f"objects/{HELLO}/verify", {"oid": HELLO, "size": 5}, auth=send).status_code == 200
    fetch = ticket(ask, "download")
    assert body_of(ask("GET", f"objects/{HELLO}", auth=fetch)) == b"hello"
    assert ask("PUT", f"objects/{HELLO}", b"hello", auth=fetch).status_code == 401


def test_a_ticket_holds_no_secret(ask: Ask, alice: User, token_for: TokenFor) -> None:
    token = token_for(alice, "admin")
    (found,) = ask("POST", "objects/batch", wanted("upload", (HELLO, 5)), auth=f"Bearer {token}").json()["objects"]
    assert token not in json.dumps(found)
    claim = signing.loads(found["actions"]["upload"]["header"]["Authorization"].split()[1], salt="storage.lfs.ticket")
    assert token.rpartition("_")[2] not in str(claim)


def test_a_ticket_ends_with_what_it_rests_on(ask: Ask, repo: Repository, bob: User, token_for: TokenFor) -> None:
    """The attack: a token is revoked, a right is taken, a person is shut out, and the ticket still works."""
    text = token_for(bob)
    (found,) = ask("POST", "objects/batch", wanted("upload", (HELLO, 5)), auth=f"Bearer {text}").json()["objects"]
    send = found["actions"]["upload"]["header"]["Authorization"]
    bob.is_active = False
    bob.save()
    assert ask("PUT", f"objects/{HELLO}", b"hello", auth=send).status_code == 401
    bob.is_active = True
    bob.save()
    repo.collaborators.filter(user=bob).update(level=10)
    assert ask("PUT", f"objects/{HELLO}", b"hello", auth=send).status_code == 403
    repo.collaborators.filter(user=bob).update(level=20)
    AccessToken.objects.filter(user=bob).update(expires_at=timezone.now())
    assert ask("PUT", f"objects/{HELLO}", b"hello", auth=send).status_code == 401
    AccessToken.objects.filter(user=bob).delete()
    assert ask("PUT", f"objects/{HELLO}", b"hello", auth=send).status_code == 401
    assert not StoredObject.objects.exists()


def test_a_ticket_ends_by_itself_and_cannot_be_made(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    send = ticket(ask, "upload")
    forged = [f"{tickets.SCHEME} {text}" for text in ("", "x", "a:b:c", send.split()[1][:-1] + "é", "é" * 40)]
    claim = signing.dumps([1, "upload", HELLO, 1, 0], salt="something else")
    for each in [*forged, f"{tickets.SCHEME} {claim}"]:
        assert ask("PUT", f"objects/{HELLO}", b"hello", auth=each).status_code == 401
    monkeypatch.setattr(tickets, "LIFETIME", -1)
    assert ask("PUT", f"objects/{HELLO}", b"hello", auth=send).status_code == 401


def test_nobody_needs_no_ticket_for_what_is_public(ask: Ask, repo: Repository) -> None:
    store(repo)
    Repository.objects.filter(pk=repo.pk).update(visibility="public")
    (found,) = ask("POST", "objects/batch", wanted("download", (HELLO, 5)), auth="").json()["objects"]
    assert set(found["actions"]["download"]) == {"href"}
    assert body_of(ask("GET", f"objects/{HELLO}", auth="")) == b"hello"


def test_addresses_are_the_public_ones(ask: Ask, settings: Any) -> None:
    settings.HUB_URL = "https://hub.example.org"
    (found,) = ask("POST", "objects/batch", wanted("upload", (HELLO, 5))).json()["objects"]
    assert found["actions"]["upload"]["href"] == f"https://hub.example.org{BASE}/objects/{HELLO}"


# --- locks


def test_a_lock_is_taken_once(ask: Ask, bob: User, token_for: TokenFor) -> None:
    taken = ask("POST", "locks", {"path": "a/model.bin", "ref": {"name": "refs/heads/main"}})
    assert taken.status_code == 201
    lock = taken.json()["lock"]
    assert set(lock) == {"id", "path", "locked_at", "owner"} and isinstance(lock["id"], str)
    assert (lock["path"], lock["owner"]) == ("a/model.bin", {"name": "alice"})
    refused = ask("POST", "locks", {"path": "a/model.bin"}, auth=f"Bearer {token_for(bob)}")
    assert (refused.status_code, refused.json()["lock"]) == (409, lock)


def test_listing_in_pages(ask: Ask) -> None:
    for number in range(5):
        ask("POST", "locks", {"path": f"{number}.bin"})
    seen, cursor = [], ""
    for _ in range(10):
        page = ask("GET", f"locks?limit=2&cursor={cursor}").json()
        seen += [lock["path"] for lock in page["locks"]]
        cursor = page.get("next_cursor", "")
        if not cursor:
            break
    assert seen == [f"{number}.bin" for number in range(5)]
    (one,) = ask("GET", "locks?path=3.bin").json()["locks"]
    assert ask("GET", f"locks?id={one['id']}&refspec=refs/heads/x").json()["locks"] == [one]
    assert ask("GET", "locks?path=none").json() == {"locks": []}
    for query in ("limit=0", "limit=x", "limit=²", "cursor=x", f"cursor={'9' * 500}"):
        assert ask("GET", f"locks?{query}").status_code == 422, query
    assert ask("GET", "locks?id=x").json() == {"locks": []}


def test_ours_and_theirs(ask: Ask, bob: User, carol: User, token_for: TokenFor) -> None:
    his = f"Bearer {token_for(bob)}"
    ask("POST", "locks", {"path": "hers"})
    ask("POST", "locks", {"path": "his"}, auth=his)
    found = ask("POST", "locks/verify", {"ref": {"name": "refs/heads/main"}}, auth=his).json()
    assert [lock["path"] for lock in found["ours"]] == ["his"]
    assert [lock["path"] for lock in found["theirs"]] == ["hers"]
    first = ask("POST", "locks/verify", {"limit": 1}).json()
    assert len(first["ours"] + first["theirs"]) == 1 and first["next_cursor"]
    assert ask("POST", "locks/verify", {}, auth=f"Bearer {token_for(carol)}").status_code == 403


def test_unlocking(ask: Ask, bob: User, token_for: TokenFor) -> None:
    his = f"Bearer {token_for(bob, 'admin')}"
    hers = ask("POST", "locks", {"path": "hers"}).json()["lock"]["id"]
    own = ask("POST", "locks", {"path": "his"}, auth=his).json()["lock"]["id"]
    for force in (False, True):
        assert ask("POST", f"locks/{hers}/unlock", {"force": force}, auth=his).status_code == 403
    assert ask("POST", f"locks/{own}/unlock", {"force": False}).status_code == 403
    assert ask("POST", f"locks/{own}/unlock", {"force": True}).json()["lock"]["path"] == "his"
    assert ask("POST", f"locks/{hers}/unlock", {}).status_code == 200
    assert ask("POST", f"locks/{hers}/unlock", {}).status_code == 404
    assert not LfsLock.objects.exists()


def test_a_lock_of_another_repository(ask: Ask, other_repo: Repository, alice: User, mallory: User) -> None:
    """The attack: ids count through the whole hub, and one of a foreign repository is unlocked through an own one."""
    foreign = LfsLock.objects.create(repository=other_repo, path="x", owner=mallory)
    assert ask("POST", f"locks/{foreign.pk}/unlock", {"force": True}).status_code == 404
    assert ask("GET", "locks").json() == {"locks": []}
    for number in ("x", "-1", "²", "9" * 40, "0"):
        assert ask("POST", f"locks/{number}/unlock", {}).status_code == 404


@pytest.mark.parametrize("path", ["", "../x", "/x", "a//b", "a\0b", "x" * 1025, "a\\b", "\ud800"])
def test_a_path_that_is_none(ask: Ask, path: str) -> None:
    assert ask("POST", "locks", {"path": path}).status_code == 422
    assert not LfsLock.objects.exists()
