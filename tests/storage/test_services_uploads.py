"""Uploads in parts: any order, again, complete, abort, quotas, and what is abandoned."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Owner, User
from hub.lib.errors import Invalid, NotFound, QuotaExceeded
from repos.models import Repository
from repos.services.repositories import delete_repository
from storage import selectors
from storage.blobs import WrongDigest
from storage.models import Blob, Bucket, StoredObject, Upload, UploadPart
from storage.services import (
    Cleared,
    WrongOrder,
    WrongPart,
    abort_upload,
    clear_uploads,
    complete_upload,
    put_part,
    recount_usage,
    start_upload,
    uploads,
)
from tests.storage.conftest import Put
from tests.storage.s3_server import RunningS3


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def upload(repo: Repository, alice: User) -> Upload:
    """An open upload to `1/large.bin`."""
    return start_upload(
        repository=repo, space="artifacts", key="1/large.bin", content_type="x/y",
        metadata={"a": "b"}, actor=Actor(user=alice),
    )  # fmt: skip


def send(upload: Upload, *contents: bytes) -> list[tuple[int, str]]:
    """Send parts from number 1 on; what completing wants to know of them."""
    found = []
    for number, content in enumerate(contents, 1):
        part = put_part(upload=upload, number=number, chunks=[content])
        found.append((number, part.md5))
    return found


def used_by(repo: Repository) -> int:
    return Owner.objects.get(pk=repo.owner_id).used_bytes


def waiting_files(settings: Any) -> list[Path]:
    return sorted((Path(settings.BLOBS_DIR) / "parts").glob("*"))


def test_parts_joined_are_the_object(repo: Repository, upload: Upload, alice: User, settings: Any) -> None:
    put_part(upload=upload, number=7, chunks=[b"end"], expected_size=3, md5=md5(b"end"))
    put_part(upload=upload, number=2, chunks=[b"be", b"gin "], sha256=hashlib.sha256(b"begin ").hexdigest())
    with pytest.raises(NotFound):
        selectors.get_object(repo, "artifacts", "1/large.bin")
    assert [(p.number, p.size, p.md5) for p in selectors.parts_of(upload)] == [
        (2, 6, md5(b"begin ")),
        (7, 3, md5(b"end")),
    ]
    stored = complete_upload(upload=upload, parts=[(2, f'"{md5(b"begin ").upper()}"'), (7, md5(b"end"))])
    assert b"".join(selectors.read_object(stored)) == b"begin end"
    joined = hashlib.md5(bytes.fromhex(md5(b"begin ")) + bytes.fromhex(md5(b"end"))).hexdigest()
    assert (stored.etag, stored.content_type, stored.metadata, stored.created_by) == (
        f"{joined}-2", "x/y", {"a": "b"}, alice,
    )  # fmt: skip
    assert stored.blob.sha256 == hashlib.sha256(b"begin end").hexdigest()
    assert (waiting_files(settings), UploadPart.objects.count(), used_by(repo)) == ([], 0, 9)
    assert selectors.usage(repo) == selectors.Usage(objects=1, size=9)


def test_a_part_sent_again_replaces_the_former(repo: Repository, upload: Upload, settings: Any) -> None:
    send(upload, b"first!", b"second")
    again = put_part(upload=upload, number=1, chunks=[b"1st"])
    assert (len(waiting_files(settings)), used_by(repo)) == (2, 9)
    stored = complete_upload(upload=upload, parts=[(1, again.md5), (2, md5(b"second"))])
    assert b"".join(selectors.read_object(stored)) == b"1stsecond"


def test_parts_that_are_not_listed_are_left_out(repo: Repository, upload: Upload, settings: Any) -> None:
    parts = send(upload, b"a", b"b", b"c")
    stored = complete_upload(upload=upload, parts=[parts[0], parts[2]])
    assert b"".join(selectors.read_object(stored)) == b"ac"
    assert (waiting_files(settings), used_by(repo)) == ([], 2)


def test_completing_replaces_what_the_key_held(repo: Repository, put: Put, upload: Upload) -> None:
    put("1/large.bin", b"former content")
    complete_upload(upload=upload, parts=send(upload, b"new"))
    assert selectors.usage(repo) == selectors.Usage(objects=1, size=3)
    assert used_by(repo) == 3


def test_completing_again_answers_the_same_object(repo: Repository, upload: Upload) -> None:
    parts = send(upload, b"a", b"b")
    first = complete_upload(upload=upload, parts=parts)
    assert complete_upload(upload=upload, parts=parts) == first
    assert used_by(repo) == 2
    with pytest.raises(NotFound, match="no such upload"):
        complete_upload(upload=upload, parts=parts[:1])
    with pytest.raises(NotFound, match="no such upload"):
        put_part(upload=upload, number=1, chunks=[b"late"])


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ([], WrongPart, "list of its parts"),
        ([(1, md5(b"a")), (3, md5(b"c"))], WrongPart, "Part 3 has not arrived"),
        ([(1, md5(b"a")), (2, md5(b"x"))], WrongPart, "Part 2 has not arrived, or its ETag"),
        ([(1, "no digest"), (2, md5(b"b"))], WrongPart, "Part 1 "),
        ([(2, md5(b"b")), (1, md5(b"a"))], WrongOrder, "Part 1 is listed after part 2"),
        ([(1, md5(b"a")), (1, md5(b"a"))], WrongOrder, "Part 1 is listed after part 1"),
    ],
)
def test_a_wrong_list_is_refused_and_the_parts_still_wait(
    upload: Upload, parts: list[tuple[int, str]], error: type[Invalid], message: str
) -> None:
    right = send(upload, b"a", b"b")
    with pytest.raises(error, match=message):
        complete_upload(upload=upload, parts=parts)
    assert b"".join(selectors.read_object(complete_upload(upload=upload, parts=right))) == b"ab"


def test_wrong_parts_are_refused_and_the_former_is_kept(repo: Repository, upload: Upload, settings: Any) -> None:
    send(upload, b"good")
    for number, options in ((0, {}), (10_001, {}), (1, {"expected_size": 9}), (1, {"md5": md5(b"x")})):
        with pytest.raises(Invalid):
            put_part(upload=upload, number=number, chunks=[b"bad"], **options)  # type: ignore[arg-type]
    with pytest.raises(WrongDigest):
        put_part(upload=upload, number=1, chunks=[b"bad"], sha256="0" * 64)

    def cut() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        put_part(upload=upload, number=1, chunks=cut())
    assert [p.md5 for p in selectors.parts_of(upload)] == [md5(b"good")]
    assert (len(waiting_files(settings)), used_by(repo)) == (1, 4)
    assert list((Path(settings.BLOBS_DIR) / "stage").glob("*")) == []


def test_abort_frees_everything_and_may_be_repeated(repo: Repository, upload: Upload, settings: Any) -> None:
    parts = send(upload, b"a", b"b")
    abort_upload(upload=upload)
    gone = Upload(pk=10**9, bucket=upload.bucket, key="x")
    abort_upload(upload=gone)
    assert (waiting_files(settings), used_by(repo), Upload.objects.count()) == ([], 0, 0)
    upload.pk = 10**9
    with pytest.raises(NotFound):
        complete_upload(upload=upload, parts=parts)
    with pytest.raises(NotFound):
        put_part(upload=upload, number=1, chunks=[b"late"])
    assert waiting_files(settings) == []


def test_abort_leaves_a_completed_object(repo: Repository, upload: Upload) -> None:
    stored = complete_upload(upload=upload, parts=send(upload, b"a"))
    abort_upload(upload=upload)
    assert selectors.get_object(repo, "artifacts", "1/large.bin") == stored


def test_waiting_parts_count_against_the_quota(repo: Repository, put: Put, upload: Upload, settings: Any) -> None:
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=10)
    parts = send(upload, b"123456")
    with pytest.raises(QuotaExceeded):
        put_part(upload=upload, number=2, chunks=[b"12345"])
    with pytest.raises(QuotaExceeded):
        put("other", b"12345")
    assert (used_by(repo), len(waiting_files(settings)), recount_usage()) == (6, 1, 0)
    put_part(upload=upload, number=2, chunks=[b"1234"])
    assert complete_upload(upload=upload, parts=[*parts, (2, md5(b"1234"))]).size == 10


def test_a_part_may_take_the_room_of_what_the_upload_replaces(repo: Repository, put: Put, upload: Upload) -> None:
    put("1/large.bin", b"12345678")
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=10)
    complete_upload(upload=upload, parts=send(upload, b"12345", b"67890"))
    assert used_by(repo) == 10


def test_deleting_the_repository_gives_the_room_back(repo: Repository, other_repo: Repository, alice: User) -> None:
    mine = start_upload(repository=other_repo, space="artifacts", key="a", actor=None)
    send(mine, b"12345")
    delete_repository(actor=Actor(user=alice), repository=other_repo, confirmation="alice/pebbles")
    assert used_by(repo) == 0
    with pytest.raises(NotFound):
        put_part(upload=mine, number=2, chunks=[b"late"])


def test_uploads_are_found_through_their_repository_only(
    upload: Upload, repo: Repository, other_repo: Repository
) -> None:
    # The attack: another's upload id, completed or fed through one's own repository.
    assert selectors.find_upload(repo, "artifacts", upload.public_id) == upload
    assert list(selectors.list_uploads(repo, "artifacts", "1/")) == [upload]
    assert list(selectors.list_uploads(repo, "artifacts", "2/")) == []
    for where in ((other_repo, "artifacts"), (repo, "dvc")):
        with pytest.raises(NotFound):
            selectors.find_upload(*where, upload.public_id)
        assert list(selectors.list_uploads(*where)) == []


def test_abandoned_uploads_and_stray_files_are_cleared(
    repo: Repository, other_repo: Repository, upload: Upload, settings: Any
) -> None:
    send(upload, b"12345")
    fresh = start_upload(repository=repo, space="artifacts", key="fresh", actor=None)
    send(fresh, b"1")
    done = start_upload(repository=repo, space="artifacts", key="done", actor=None)
    complete_upload(upload=done, parts=send(done, b"22"))
    stray = Path(settings.BLOBS_DIR) / "parts" / "stray-00001-abc"
    stray.write_bytes(b"x")
    assert clear_uploads(older_than=timedelta(days=3)) == Cleared(0, 0, 0)
    Upload.objects.exclude(pk=fresh.pk).update(touched_at=timezone.now() - timedelta(days=4))
    os.utime(stray, (1, 1))
    assert clear_uploads(older_than=timedelta(days=3)) == Cleared(uploads=1, size=5, stray_files=1)
    assert list(Upload.objects.all()) == [fresh]
    assert (len(waiting_files(settings)), used_by(repo)) == (1, 3)
    assert StoredObject.objects.get().key == "done"


@pytest.mark.django_db(transaction=True)
def test_four_requests_that_complete_at_once_join_the_parts_once(
    upload: Upload, repo: Repository, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = send(upload, b"a" * 300_000, b"b" * 300_000)
    joins: list[str] = []
    real = uploads._joined
    monkeypatch.setattr(uploads, "_joined", lambda *given: joins.append("joined") or real(*given))
    gate = threading.Barrier(4)
    answers: list[object] = []

    def work() -> None:
        try:
            gate.wait()
            answers.append(complete_upload(upload=Upload.objects.get(pk=upload.pk), parts=parts).pk)
        except BaseException as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [StoredObject.objects.get().pk] * 4
    assert (waiting_files(settings), Blob.objects.count(), used_by(repo)) == ([], 1, 600_000)
    assert Bucket.objects.get().total_bytes == 600_000
    assert joins == ["joined"]


def test_with_s3_parts_wait_in_the_bucket_for_any_web_server(
    repo: Repository, s3: RunningS3, settings: Any, tmp_path: Path
) -> None:
    settings.BLOB_STORE, settings.S3_ENDPOINT, settings.BLOBS_DIR = "s3://bytes", s3.endpoint, str(tmp_path / "one")
    upload = start_upload(repository=repo, space="artifacts", key="a", actor=None)
    parts = send(upload, b"first ", b"second")
    assert [key.partition("/")[0] for key in s3.objects] == ["parts", "parts"]
    # Another machine, with a staging folder of its own.
    settings.BLOBS_DIR = str(tmp_path / "two")
    stored = complete_upload(upload=Upload.objects.get(), parts=parts)
    assert b"".join(selectors.read_object(stored)) == b"first second"
    assert [key.rpartition("/")[2] for key in s3.objects] == [stored.blob.sha256]


def test_an_address_in_the_bucket_is_given_only_where_the_administrator_says_so(
    put: Put, s3: RunningS3, settings: Any, tmp_path: Path
) -> None:
    settings.S3_DIRECT = True
    assert selectors.direct_url(put("a"), seconds=60) is None
    settings.BLOB_STORE, settings.S3_ENDPOINT, settings.BLOBS_DIR = "s3://bytes", s3.endpoint, str(tmp_path / "one")
    stored = put("b", b"content")
    address = selectors.direct_url(stored, seconds=60)
    assert address is not None
    assert urlopen(address).read() == b"content"
    assert "response-content-disposition=attachment" in address
    settings.S3_DIRECT = False
    assert selectors.direct_url(stored, seconds=60) is None


@pytest.mark.parametrize("upload_id", ["", "\ud800", "\0", "A" * 32, "f" * 33])
def test_what_is_no_upload_id_is_not_found(repo: Repository, upload: Upload, upload_id: str) -> None:
    with pytest.raises(NotFound):
        selectors.find_upload(repo, "artifacts", upload_id)
