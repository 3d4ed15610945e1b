"""Transfers between git-lfs and S3 itself: addresses, what verify keeps and refuses, and what nobody verifies."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Owner, User
from hub.lib.errors import Unavailable
from repos.models import Repository
from storage.blobs.direct import MOST_DIRECT
from storage.blobs.s3 import S3Store
from storage.lfs import direct
from storage.models import Blob, StoredObject
from storage.services import clear_uploads
from storage.services.contents import put_content
from storage.spaces import LFS, lfs_key
from tests.access.asking import on_the_server
from tests.storage.s3_server import RunningS3

BASE = "/alice/stones.git/info/lfs"
MODEL = bytes(range(256)) * 8192  # 2 MB
OID = hashlib.sha256(MODEL).hexdigest()
THING = {"oid": OID, "size": len(MODEL)}
Ask = Callable[..., Any]
TokenFor = Callable[..., str]


@pytest.fixture(autouse=True)
def bucket(s3: RunningS3, settings: Any, tmp_path: Path) -> RunningS3:
    """The hub keeps its bytes in an S3 that clients may talk to."""
    settings.BLOB_STORE, settings.S3_ENDPOINT, settings.BLOBS_DIR = "s3://bytes/hub", s3.endpoint, str(tmp_path / "one")
    settings.S3_DIRECT = True
    return s3


@pytest.fixture
def ask(repo: Repository, alice: User, token_for: TokenFor) -> Ask:
    """`ask(path, body)`: a POST as alice, or as whom `auth` names."""
    client, hers = on_the_server(Client()), f"Bearer {token_for(alice, 'admin')}"

    def send(path: str, body: Any, auth: str = hers, base: str = BASE) -> Any:
        return client.post(
            f"{base}/{path}", json.dumps(body), content_type="application/json",
            **({"HTTP_AUTHORIZATION": auth} if auth else {}),
        )  # fmt: skip

    return send


def actions(ask: Ask, operation: str, **more: Any) -> dict[str, Any]:
    (found,) = ask("objects/batch", {"operation": operation, "objects": [THING]}, **more).json()["objects"]
    assert found["authenticated"]  # So that git-lfs sends no password to the store.
    shown: dict[str, Any] = found["actions"]
    return shown


def put(action: dict[str, Any], content: bytes = MODEL, **header: str) -> int:
    """What the store answers to the PUT of an upload action."""
    sent = Request(action["href"], content, {**action["header"], **header}, method="PUT")
    try:
        with urlopen(sent, timeout=120) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def verify(ask: Ask, **more: Any) -> int:
    return int(ask(f"objects/{OID}/verify", THING, **more).status_code)


def test_sent_verified_and_fetched_past_the_hub(ask: Ask, bucket: RunningS3, repo: Repository) -> None:
    send = actions(ask, "upload")
    assert send["upload"]["href"].startswith(f"{bucket.endpoint}/bytes/hub/parts/lfs-")
    assert "Authorization" not in send["upload"]["header"] and send["upload"]["expires_in"] == direct.LIFETIME
    assert send["verify"]["href"] == f"http://testserver{BASE}/objects/{OID}/verify"
    assert put(send["upload"]) == 200
    assert not StoredObject.objects.exists()  # Nothing counts before the hub has read it.
    assert [verify(ask) for _ in range(2)] == [200, 200]
    stored = StoredObject.objects.select_related("blob").get()
    assert (stored.key, stored.blob.sha256, stored.size) == (lfs_key(OID), OID, len(MODEL))
    assert bucket.objects == {f"hub/{OID[:2]}/{OID[2:4]}/{OID}": MODEL}
    assert Owner.objects.get(pk=repo.owner_id).used_bytes == len(MODEL)
    fetch = actions(ask, "download")["download"]
    assert set(fetch) == {"href", "expires_in"}
    with urlopen(fetch["href"], timeout=120) as answer:
        assert answer.read() == MODEL
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Type"] == "application/octet-stream"


def test_an_address_takes_its_content_alone(ask: Ask, bucket: RunningS3) -> None:
    """The attack: the address is used to fill the bucket, for other bytes, another place, or without what was signed."""
    action = actions(ask, "upload")["upload"]
    assert put(action, MODEL + b"more") == 403
    assert put(action, MODEL[:-1] + b"!") == 400
    assert put({**action, "header": {}}) == 403
    assert put(action, **{"x-amz-meta-more": "x"}) == 403
    assert put({**action, "href": action["href"].replace("/parts/lfs-", "/parts/")}) == 403
    assert not bucket.objects and verify(ask) == 404


@pytest.mark.parametrize("content", [MODEL[:-1] + b"!", MODEL[:-1], MODEL + b"!", b""])
def test_content_that_is_not_what_its_id_says_is_dropped(ask: Ask, bucket: RunningS3, content: bytes) -> None:
    """The attack, on a store that looks at nothing: other bytes are to stand for this id."""
    assert put(actions(ask, "upload")["upload"]) == 200
    (place,) = bucket.objects
    bucket.objects[place] = content
    assert verify(ask) == 422
    assert not bucket.objects and not StoredObject.objects.exists() and not Blob.objects.exists()
    assert verify(ask) == 404


def test_bytes_changed_while_they_are_verified_are_not_kept(
    ask: Ask, bucket: RunningS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack: the address is used once more, after the hub has hashed and before it keeps."""
    assert put(actions(ask, "upload")["upload"]) == 200
    (place,) = bucket.objects
    publish = S3Store.publish_arrived

    def late(store: S3Store, arrived: Any) -> None:
        bucket.objects[place] = b"!" * len(MODEL)
        publish(store, arrived)

    monkeypatch.setattr(S3Store, "publish_arrived", late)
    assert verify(ask) == 200
    assert bucket.objects == {f"hub/{OID[:2]}/{OID[2:4]}/{OID}": MODEL}


def test_an_address_ends(ask: Ask, bucket: RunningS3, monkeypatch: pytest.MonkeyPatch) -> None:
    action, moment = actions(ask, "upload")["upload"], time.time()
    monkeypatch.setattr("tests.support.presigned.now", lambda: moment + direct.LIFETIME + 1)
    assert put(action) == 403
    assert not bucket.objects


def test_what_another_person_or_repository_sent_is_not_ours(
    ask: Ask, repo: Repository, other_repo: Repository, bob: User, token_for: TokenFor
) -> None:
    """The attack: knowing an id, somebody verifies what another has sent, and so gets to read it."""
    his = {"auth": f"Bearer {token_for(bob)}"}
    elsewhere = {"base": "/alice/pebbles.git/info/lfs"}
    places = {actions(ask, "upload", **more)["upload"]["href"].split("?")[0] for more in ({}, his, elsewhere)}
    assert len(places) == 3
    assert put(actions(ask, "upload")["upload"]) == 200
    assert verify(ask, **his) == verify(ask, **elsewhere) == 404
    assert verify(ask) == 200
    assert verify(ask, **his) == 200  # The same repository.
    assert verify(ask, **elsewhere) == 404
    (fetched,) = ask("objects/batch", {"operation": "download", "objects": [THING]}, **elsewhere).json()["objects"]
    assert fetched["error"]["code"] == 404 and "actions" not in fetched


def test_a_reader_gets_an_address_to_fetch_alone(ask: Ask, repo: Repository, carol: User, token_for: TokenFor) -> None:
    hers = {"auth": f"Bearer {token_for(carol)}"}
    put_content(repository=repo, space=LFS, key=lfs_key(OID), chunks=[MODEL])
    assert actions(ask, "download", **hers)["download"]["href"]
    assert ask("objects/batch", {"operation": "upload", "objects": [THING]}, **hers).status_code == 403
    assert verify(ask, **hers) == 403 and verify(ask, auth="") == 401


def test_no_room(ask: Ask, repo: Repository, bucket: RunningS3) -> None:
    assert put(actions(ask, "upload")["upload"]) == 200
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=1_000_000)
    assert verify(ask) == 507
    assert not bucket.objects and not StoredObject.objects.exists()


def test_what_the_store_cannot_keep_now_waits_for_another_try(
    ask: Ask, bucket: RunningS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert put(actions(ask, "upload")["upload"]) == 200

    def down(store: S3Store, arrived: Any) -> None:
        raise Unavailable("Not now.")

    with monkeypatch.context() as patched:
        patched.setattr(S3Store, "publish_arrived", down)
        assert verify(ask) == 503
    assert not StoredObject.objects.exists() and len(bucket.objects) == 1
    assert verify(ask) == 200


def test_what_nobody_verifies_is_cleared(ask: Ask, bucket: RunningS3) -> None:
    assert put(actions(ask, "upload")["upload"]) == 200
    assert clear_uploads(older_than=timedelta(days=7)).stray_files == 1  # The store says that it is of January.
    assert not bucket.objects and verify(ask) == 404


@pytest.mark.parametrize("size", [0, direct.LEAST_DIRECT - 1, MOST_DIRECT + 1])
def test_small_and_huge_objects_go_through_the_hub(ask: Ask, size: int) -> None:
    asked = {"operation": "upload", "objects": [{"oid": "a" * 64, "size": size}]}
    (found,) = ask("objects/batch", asked).json()["objects"]
    assert found["actions"]["upload"]["href"].startswith("http://testserver/")


def test_only_where_the_administrator_says_so(ask: Ask, repo: Repository, settings: Any) -> None:
    settings.S3_DIRECT = False
    assert actions(ask, "upload")["upload"]["href"].startswith("http://testserver/")
    assert verify(ask) == 404
    settings.S3_DIRECT, settings.BLOB_STORE = True, ""
    assert actions(ask, "upload")["upload"]["href"].startswith("http://testserver/")
    put_content(repository=repo, space=LFS, key=lfs_key(OID), chunks=[MODEL])
    assert actions(ask, "download")["download"]["href"].startswith("http://testserver/")


def test_statements_do_not_grow_with_a_batch(ask: Ask, repo: Repository) -> None:
    ids = []
    for content in (os.urandom(8) for _ in range(3)):
        ids.append(hashlib.sha256(content).hexdigest())
        put_content(repository=repo, space=LFS, key=lfs_key(ids[-1]), chunks=[content])
    counts = []
    for many in (1, 1, 3):  # The first notes that the token is in use.
        with CaptureQueriesContext(connection) as asked:
            things = [{"oid": oid, "size": 8} for oid in ids[:many]]
            found = ask("objects/batch", {"operation": "download", "objects": things}).json()["objects"]
        assert all(each["actions"]["download"]["href"].startswith("http://127.0.0.1") for each in found)
        counts.append(len(asked))
    assert counts[1] == counts[2] == 3
