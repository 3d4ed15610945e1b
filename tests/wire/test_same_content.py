"""Two people send the same content at once by every door: one blob, a grant for each, and a hash gives nothing."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.support.live import LiveHub, live_hub
from tests.support.s3_clients import Gate, closing_client, pairs_of

pytestmark = pytest.mark.wire

CSRF = "a" * 32
SETTING = """
from django.test import Client
from accounts.actor import Actor
from accounts.models import User
from repos.services.repositories import create_repository
bob, mallory = (User.objects.get(username=name) for name in ("bob", "mallory"))
create_repository(actor=Actor(user=bob), owner=bob.owner, name="pebbles")
create_repository(actor=Actor(user=mallory), owner=mallory.owner, name="quarry")
for user in User.objects.filter(username__in=["alice", "bob"]):
    browser = Client()
    browser.force_login(user)
    print("COOKIE", user.username, "; ".join(f"{name}={found.value}" for name, found in browser.cookies.items()))
"""
LOOK = """
import json
from datetime import timedelta
from storage.models import Blob, StoredObject
from storage.services import check_store, collect_garbage
collect_garbage(older_than=timedelta(0))
found = check_store()
rows = StoredObject.objects.values_list("bucket__repository__name", "bucket__name", "blob__sha256")
print("LOOK " + json.dumps({"rows": sorted(map(list, rows)), "clean": found.is_clean,
                            "blobs": sorted(Blob.objects.values_list("sha256", flat=True))}))
"""
HOMES = {"alice": "alice/stones", "bob": "bob/pebbles"}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """A hub of these tests alone, so that its blobs can be counted."""
    with live_hub(tmp_path_factory.mktemp("same") / "home") as hub:
        yield Gate(hub, hub.url, None, pairs_of(hub))


@pytest.fixture(scope="module")
def cookies(gate: Gate) -> dict[str, str]:
    """Sessions of alice and bob; bob has bob/pebbles, mallory mallory/quarry."""
    lines = [line.split(" ", 2) for line in gate.hub.run_code(SETTING).splitlines() if line.startswith("COOKIE")]
    return {name: cookie for _, name, cookie in lines}


def ask(hub: LiveHub, verb: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Status and body of one request."""
    with closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)) as line:
        line.request(verb, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, answer.read()


def basic(hub: LiveHub, who: str) -> str:
    return "Basic " + b64encode(f"{who}:{hub.tokens[who]}".encode()).decode()


def lfs_path(repo: str, content: bytes) -> str:
    return f"/{repo}.git/info/lfs/objects/{hashlib.sha256(content).hexdigest()}"


def dvc_path(repo: str, content: bytes) -> str:
    md5 = hashlib.md5(content).hexdigest()
    return f"/{repo}.dvc/files/md5/{md5[:2]}/{md5[2:]}"


def sending(gate: Gate, cookie: str, who: str, content: bytes) -> list[Callable[[], int]]:
    """Four ways in which a person sends the content to their own repository; each gives a status."""
    hub, repo = gate.hub, HOMES[who]
    form = f'--cut\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{CSRF}\r\n'
    form += '--cut\r\nContent-Disposition: form-data; name="folder"\r\n\r\nbrowser\r\n'
    form += '--cut\r\nContent-Disposition: form-data; name="uploads"; filename="same.bin"\r\n\r\n'
    body = form.encode() + content + b"\r\n--cut--\r\n"
    session = {"Cookie": f"{cookie}; csrftoken={CSRF}", "Content_Type": "multipart/form-data; boundary=cut"}
    with closing_client(gate.client(who, endpoint=gate.endpoint(who))) as s3:
        signed = s3.generate_presigned_url(
            "put_object", Params={"Bucket": repo.split("/")[1], "Key": "same.bin"}, ExpiresIn=600
        )
    place = urlsplit(signed)
    return [
        lambda: ask(hub, "PUT", f"{place.path}?{place.query}", content)[0],
        lambda: ask(hub, "POST", f"/{repo}/data/upload", body, **session)[0],
        lambda: ask(hub, "PUT", lfs_path(repo, content), content, Authorization=basic(hub, who))[0],
        lambda: ask(hub, "POST", dvc_path(repo, content), content, Authorization=basic(hub, who))[0],
    ]


def look(hub: LiveHub) -> dict[str, Any]:
    """What rows and blobs there are once everything unreferenced is collected."""
    line = next(line for line in hub.run_code(LOOK).splitlines() if line.startswith("LOOK "))
    found: dict[str, Any] = json.loads(line.removeprefix("LOOK "))
    assert found["clean"]
    return found


def test_the_same_content_by_every_door_at_once(gate: Gate, cookies: dict[str, str]) -> None:
    hub, content = gate.hub, os.urandom(2_000_000)
    ways = [way for who in HOMES for way in sending(gate, cookies[who], who, content)] * 2  # Each of them twice.
    barrier = Barrier(len(ways))

    def start(way: Callable[[], int]) -> int:
        barrier.wait(60)
        return way()

    with ThreadPoolExecutor(len(ways)) as pool:
        assert set(pool.map(start, ways)) <= {200, 201, 302}
    found, digest = look(hub), hashlib.sha256(content).hexdigest()
    assert found["blobs"] == [digest]
    grants = [[name, space, digest] for name in ("pebbles", "stones") for space in ("data", "data", "dvc", "lfs")]
    assert found["rows"] == grants
    assert [path.name for path in (hub.home / "blobs").glob("??/??/*")] == [digest]

    # Deleting what is one's own leaves the other's.
    with closing_client(gate.client("bob", endpoint=gate.endpoint("bob"))) as bobs:
        for key in ("same.bin", "browser/same.bin"):
            for version in bobs.list_object_versions(Bucket="pebbles", Prefix=key)["Versions"]:
                bobs.delete_object(Bucket="pebbles", Key=key, VersionId=version["VersionId"])
    hub.run_code(
        "from repos.models import Repository; from storage.services import delete_tree\n"
        "repo = Repository.objects.get(name='pebbles')\n"
        "print([delete_tree(repository=repo, space=space, prefix='') for space in ('lfs', 'dvc')])"
    )
    left = look(hub)
    assert (left["blobs"], left["rows"]) == ([digest], grants[4:])
    with closing_client(gate.client("alice")) as hers:
        for key in ("same.bin", "browser/same.bin"):
            assert hers.get_object(Bucket="stones", Key=key)["Body"].read() == content
    for path in (lfs_path, dvc_path):
        assert ask(hub, "GET", path("alice/stones", content), Authorization=basic(hub, "alice")) == (200, content)
        assert ask(hub, "GET", path("bob/pebbles", content), Authorization=basic(hub, "bob"))[0] == 404


def test_knowing_a_hash_gives_nothing(gate: Gate, cookies: dict[str, str]) -> None:
    """The attack: mallory knows every digest of a file that alice has, and asks for it in a repository of her own."""
    hub, content = gate.hub, os.urandom(500_000)
    assert {way() for way in sending(gate, cookies["alice"], "alice", content)} <= {200, 201, 302}
    oid = hashlib.sha256(content).hexdigest()
    hers = {"Authorization": basic(hub, "mallory")}
    for path in (lfs_path, dvc_path):
        for repo in ("mallory/quarry", "alice/stones"):
            for verb in ("GET", "HEAD"):
                assert ask(hub, verb, path(repo, content), **hers)[0] == 404
    thing = {"oid": oid, "size": len(content)}
    batch, kind = "/mallory/quarry.git/info/lfs/objects", {"Content_Type": "application/json"}
    for operation in ("download", "upload"):
        asked = json.dumps({"operation": operation, "objects": [thing]}).encode()
        status, answer = ask(hub, "POST", f"{batch}/batch", asked, **hers, **kind)
        (found,) = json.loads(answer)["objects"]
        # As for content that nobody has: not to be had, and to be sent whole.
        assert status == 200 and ("error" in found) == (operation == "download")
        assert operation == "download" or set(found["actions"]) == {"upload", "verify"}
    assert ask(hub, "POST", f"{batch}/{oid}/verify", json.dumps(thing).encode(), **hers, **kind)[0] == 404
    assert ask(hub, "PUT", lfs_path("mallory/quarry", content), b"", **hers)[0] == 422
    assert ask(hub, "PUT", lfs_path("mallory/quarry", content), content[:-1] + b"!", **hers)[0] == 422
    assert ask(hub, "GET", lfs_path("mallory/quarry", content), **hers)[0] == 404
    with closing_client(gate.client("mallory", endpoint=gate.endpoint("mallory"))) as s3:
        for source in ("stones/same.bin", f"quarry/{oid}", "alice/stones/same.bin"):
            with pytest.raises(ClientError):
                s3.copy_object(Bucket="quarry", Key="mine", CopySource=source)
        assert "Contents" not in s3.list_objects_v2(Bucket="quarry")
    assert not [row for row in look(hub)["rows"] if row[0] == "quarry"]
