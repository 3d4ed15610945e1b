"""Stock git-lfs against a hub whose bytes lie in S3, to which it sends and from which it fetches by itself."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.storage.s3_server import RunningS3, running_s3
from tests.support.lfs_client import LfsCheckout, lfs_url
from tests.support.live import LiveHub, live_hub
from tests.support.memory import peak

pytestmark = pytest.mark.wire

MODEL = os.urandom(6_000_000)
OID = hashlib.sha256(MODEL).hexdigest()


@pytest.fixture(scope="module")
def bucket() -> Iterator[RunningS3]:
    """The S3 that holds the hub's bytes."""
    with running_s3() as server:
        yield server


@pytest.fixture(scope="module")
def far_hub(bucket: RunningS3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub that lets clients talk to its bucket."""
    with live_hub(
        tmp_path_factory.mktemp("far") / "home", HUB_BLOBS="s3://bytes/hub", HUB_S3_ENDPOINT=bucket.endpoint,
        HUB_S3_DIRECT="1", AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="us-east-1",
    ) as running:  # fmt: skip
        yield running


def post(hub: LiveHub, path: str, body: Any, who: str = "alice") -> tuple[int, Any]:
    """A POST to the LFS API of alice/stones: status and answer."""
    headers = {"Authorization": f"Bearer {hub.tokens[who]}", "Content-Type": "application/json"}
    asked = Request(f"{lfs_url(hub, 'alice/stones')}/{path}", json.dumps(body).encode(), headers)
    try:
        with urlopen(asked, timeout=120) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def put(action: dict[str, Any], content: bytes) -> int:
    try:
        with urlopen(Request(action["href"], content, action["header"], method="PUT"), timeout=120) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def upload_action(hub: LiveHub, thing: dict[str, Any]) -> dict[str, Any]:
    status, found = post(hub, "objects/batch", {"operation": "upload", "objects": [thing]})
    assert status == 200
    action: dict[str, Any] = found["objects"][0]["actions"]["upload"]
    return action


def test_push_and_clone_past_the_hub(far_hub: LiveHub, bucket: RunningS3, tmp_path: Path) -> None:
    work = LfsCheckout(tmp_path / "work", far_hub.git_url("alice/stones", "alice"))
    work.commit_file("model.bin", MODEL)
    work.commit_file("small.bin", b"small")
    pushed = work.attempt("push", "--set-upstream", "origin", "main", env={"GIT_CURL_VERBOSE": "1"})
    assert pushed.returncode == 0, pushed.stderr[-3000:]
    puts = [line for line in pushed.stderr.splitlines() if "> PUT " in line]
    assert [("/hub/parts/lfs-" in line, "X-Amz-Signature" in line) for line in sorted(puts)][-1] == (True, True)
    assert far_hub.tokens["alice"] not in "".join(puts)
    # Stored under its digest; nothing waits any more.
    assert sorted(bucket.objects) == sorted(
        f"hub/{oid[:2]}/{oid[2:4]}/{oid}" for oid in (OID, hashlib.sha256(b"small").hexdigest())
    )
    copy = LfsCheckout(tmp_path / "copy" / "home")
    cloned = copy.attempt(
        "clone",
        far_hub.git_url("alice/stones", "carol"),
        str(tmp_path / "copy" / "work"),
        env={"GIT_CURL_VERBOSE": "1"},
    )
    assert cloned.returncode == 0, cloned.stderr[-3000:]
    assert (tmp_path / "copy" / "work" / "model.bin").read_bytes() == MODEL
    assert any("> GET /bytes/hub/" in line and "X-Amz-Signature" in line for line in cloned.stderr.splitlines())
    assert not [line for line in cloned.stderr.splitlines() if "> GET /alice/stones.git/info/lfs/objects" in line]
    # Its own push asks for nothing that is there.
    assert "0 damaged, 0 lost" in far_hub.manage("storage", "check")


def test_a_corrupt_upload_is_refused(far_hub: LiveHub, bucket: RunningS3) -> None:
    content = os.urandom(2_000_000)
    thing = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    action = upload_action(far_hub, thing)
    before = dict(bucket.objects)
    assert put(action, content[:-1] + b"!") == 400  # What was signed is compared by S3 itself.
    assert post(far_hub, f"objects/{thing['oid']}/verify", thing)[0] == 404
    assert put(action, content) == 200
    (place,) = set(bucket.objects) - set(before)
    bucket.objects[place] = content[:-1] + b"!"  # A store that looks at nothing.
    status, refused = post(far_hub, f"objects/{thing['oid']}/verify", thing)
    assert status == 422 and "SHA-256" in refused["message"]
    assert bucket.objects == before
    _, found = post(far_hub, "objects/batch", {"operation": "download", "objects": [thing]})
    assert found["objects"][0]["error"]["code"] == 404
    assert put(action, content) == 200
    assert [post(far_hub, f"objects/{thing['oid']}/verify", thing)[0] for _ in range(2)] == [200, 200]


def test_reading_back_takes_no_memory(far_hub: LiveHub, bucket: RunningS3) -> None:
    content = os.urandom(128 << 20)
    thing = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    before = peak(far_hub)
    assert put(upload_action(far_hub, thing), content) == 200
    assert post(far_hub, f"objects/{thing['oid']}/verify", thing)[0] == 200
    assert peak(far_hub) - before < 64 << 20
    assert bucket.objects.pop(f"hub/{thing['oid'][:2]}/{thing['oid'][2:4]}/{thing['oid']}") == content


def test_an_address_whose_time_is_over(far_hub: LiveHub, bucket: RunningS3, monkeypatch: pytest.MonkeyPatch) -> None:
    thing = {"oid": "a" * 64, "size": 2_000_000}
    action = upload_action(far_hub, thing)
    query = parse_qs(urlsplit(action["href"]).query)
    assert int(query["X-Amz-Expires"][0]) <= 900
    assert query["X-Amz-SignedHeaders"] == ["content-length;host;x-amz-checksum-sha256"]
    longer = action["href"].replace("X-Amz-Expires=900", "X-Amz-Expires=9000")
    assert longer != action["href"] and put({**action, "href": longer}, b"x" * 2_000_000) == 403
    started = time.time()
    monkeypatch.setattr("tests.support.presigned.now", lambda: started + 901)  # An hour glass for the store.
    assert put(action, b"x" * 2_000_000) == 403
    assert not [key for key in bucket.objects if "/parts/" in key]
