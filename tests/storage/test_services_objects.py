"""Objects: put, replace, copy, delete; quotas, short bodies and running totals."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from accounts.actor import Actor
from accounts.models import Owner, User
from hub.lib.errors import Conflict, Invalid, NotFound, QuotaExceeded
from repos.models import Repository
from repos.services.repositories import delete_repository
from storage import selectors
from storage.blobs import WrongDigest
from storage.keys import checked_key, checked_prefix
from storage.models import Blob, Bucket, StoredObject
from storage.services import copy_object, delete_object, delete_tree, put_object, recount_usage
from tests.storage.conftest import Put


def content_of(stored: StoredObject) -> bytes:
    """All bytes of an object."""
    return b"".join(selectors.read_object(stored))


def set_quota(repo: Repository, size: int | None) -> None:
    """The owner of `repo` may use `size` bytes."""
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=size)
    repo.owner.refresh_from_db()


def used_by(repo: Repository) -> int:
    """The running total of the repository's owner."""
    return Owner.objects.get(pk=repo.owner_id).used_bytes


def stored_files(settings: Any) -> list[Path]:
    """Every file of the blob store, staged ones too."""
    return sorted(path for path in Path(settings.BLOBS_DIR).rglob("*") if path.is_file())


def test_put_object_stores_bytes_digests_and_maker(repo: Repository, bob: User) -> None:
    stored = put_object(
        repository=repo, space="artifacts", key="1/run/model.pkl", chunks=[b"sto", b"ne"],
        content_type="application/x-stone", metadata={"colour": "grey"}, expected_size=5, actor=Actor(user=bob),
    )  # fmt: skip
    assert (stored.size, stored.content_type, stored.created_by, stored.name) == (
        5,
        "application/x-stone",
        bob,
        "model.pkl",
    )
    assert stored.blob.sha256 == hashlib.sha256(b"stone").hexdigest()
    assert (stored.blob.md5, stored.metadata, stored.etag) == ("", {"colour": "grey"}, "")
    assert content_of(selectors.get_object(repo, "artifacts", "1/run/model.pkl")) == b"stone"


def test_md5_is_filled_in_by_a_later_put_and_kept_by_one_without(put: Put) -> None:
    first = put("a", b"stone")
    put("b", b"stone", want_md5=True)
    put("c", b"stone")
    first.blob.refresh_from_db()
    assert (first.blob.md5, Blob.objects.count()) == (hashlib.md5(b"stone").hexdigest(), 1)


def test_announced_digests_that_are_right_are_taken(put: Put) -> None:
    md5, sha256 = hashlib.md5(b"stone").hexdigest(), hashlib.sha256(b"stone").hexdigest()
    assert put("a", b"stone", md5=md5.upper(), sha256=sha256).blob.md5 == md5


@pytest.mark.parametrize(
    "wrong", [{"md5": hashlib.md5(b"other").hexdigest()}, {"sha256": hashlib.sha256(b"other").hexdigest()}]
)
def test_a_body_of_another_digest_is_invalid_and_nothing_is_kept(
    put: Put, settings: Any, wrong: dict[str, str]
) -> None:
    with pytest.raises(WrongDigest, match="of what arrived is"):
        put("a", b"stone", **wrong)
    assert (StoredObject.objects.count(), Blob.objects.count(), stored_files(settings)) == (0, 0, [])


def test_put_object_replaces_what_the_key_held(repo: Repository, put: Put) -> None:
    put("a", b"first")
    put("a", b"second!")
    assert content_of(selectors.get_object(repo, "artifacts", "a")) == b"second!"
    assert selectors.usage(repo) == selectors.Usage(objects=1, size=7)


def test_equal_content_is_stored_once(put: Put, other_repo: Repository, settings: Any) -> None:
    put("a", b"same")
    put("b", b"same")
    put("c", b"same", repository=other_repo)
    assert Blob.objects.count() == 1
    assert len(stored_files(settings)) == 1


def test_an_object_of_one_repository_is_not_there_in_another(put: Put, other_repo: Repository) -> None:
    # The attack: knowing the key or the hash of a private file and asking through one's own repository.
    stored = put("secret.bin", b"secret")
    with pytest.raises(NotFound):
        selectors.get_object(other_repo, "artifacts", "secret.bin")
    with pytest.raises(NotFound):
        selectors.get_object(other_repo, "artifacts", stored.blob.sha256)
    assert selectors.list_dir(other_repo, "artifacts") == []


def test_spaces_of_a_repository_are_apart(repo: Repository, put: Put) -> None:
    put("a", space="artifacts")
    with pytest.raises(NotFound):
        selectors.get_object(repo, "dvc", "a")


@pytest.mark.parametrize("expected", [4, 6])
def test_a_body_of_another_size_is_invalid_and_nothing_is_kept(
    put: Put, repo: Repository, settings: Any, expected: int
) -> None:
    with pytest.raises(Invalid, match=f"5 of {expected} bytes arrived"):
        put("cut.bin", b"stone", expected_size=expected)
    assert (StoredObject.objects.count(), Blob.objects.count(), stored_files(settings)) == (0, 0, [])


def test_a_body_that_breaks_off_leaves_the_former_object(put: Put, repo: Repository, settings: Any) -> None:
    put("a", b"former")

    def cut() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        put_object(repository=repo, space="artifacts", key="a", chunks=cut())
    assert content_of(selectors.get_object(repo, "artifacts", "a")) == b"former"
    assert len(stored_files(settings)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_put_into_a_deleted_repository_is_told(put: Put, other_repo: Repository) -> None:
    put("a", repository=other_repo)

    def delete_meanwhile() -> Iterator[bytes]:
        yield b"stone"
        Repository.objects.filter(pk=other_repo.pk).delete()

    with pytest.raises(Conflict, match="deleted while"):
        put_object(repository=other_repo, space="artifacts", key="b", chunks=delete_meanwhile())


def test_quota_refuses_early_and_keeps_nothing(put: Put, repo: Repository, settings: Any) -> None:
    set_quota(repo, 10)
    put("a", b"12345678")
    taken: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield b"1"

    with pytest.raises(QuotaExceeded, match="quota of 10 bytes"):
        put_object(repository=repo, space="artifacts", key="b", chunks=endless())
    assert len(taken) == 3
    assert selectors.usage(repo) == selectors.Usage(objects=1, size=8)
    assert len(stored_files(settings)) == 1


def test_quota_gives_back_what_is_replaced(put: Put, repo: Repository) -> None:
    set_quota(repo, 10)
    put("a", b"12345678")
    put("a", b"1234567890")
    assert selectors.usage(repo).size == 10


def test_quota_counts_all_repositories_of_the_owner_and_their_git(
    put: Put, repo: Repository, other_repo: Repository
) -> None:
    put("a", b"12345", repository=other_repo)
    Owner.objects.filter(pk=repo.owner_id).update(used_bytes=F("used_bytes") + 4)  # as a push does
    set_quota(repo, 10)
    put("a", b"1")
    with pytest.raises(QuotaExceeded):
        put("b", b"1")


def test_the_owners_sum_follows_puts_copies_and_deletions(put: Put, repo: Repository) -> None:
    source = put("a", b"12345")
    copy_object(source=source, repository=repo, space="artifacts", key="x/b")
    put("a", b"12")
    assert used_by(repo) == 7
    delete_object(repository=repo, space="artifacts", key="a")
    assert used_by(repo) == 5
    delete_tree(repository=repo, space="artifacts", prefix="x")
    assert used_by(repo) == 0


def test_deleting_a_repository_gives_its_owner_the_room_back(
    put: Put, repo: Repository, other_repo: Repository, alice: User
) -> None:
    put("a", b"12345", repository=other_repo)
    put("a", b"1")
    delete_repository(actor=Actor(user=alice), repository=other_repo, confirmation="alice/pebbles")
    assert used_by(repo) == 1


def test_recount_usage_mends_a_sum_that_is_off(put: Put, repo: Repository) -> None:
    put("a", b"12345")
    Repository.objects.filter(pk=repo.pk).update(size_bytes=3)
    assert (recount_usage(), used_by(repo), recount_usage()) == (1, 8, 0)


def test_smaller_content_is_taken_even_over_the_quota(put: Put, repo: Repository) -> None:
    put("a", b"12345")
    set_quota(repo, 1)
    put("a", b"")
    assert used_by(repo) == 0


def test_quota_that_shrank_during_the_upload_is_noticed(put: Put, repo: Repository) -> None:
    set_quota(repo, 100)

    def shrink() -> Iterator[bytes]:
        yield b"12345"
        Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=3)

    with pytest.raises(QuotaExceeded):
        put_object(repository=repo, space="artifacts", key="a", chunks=shrink())
    assert StoredObject.objects.count() == 0


def test_copy_object_shares_the_blob(put: Put, repo: Repository, other_repo: Repository) -> None:
    source = put("a", b"stone", content_type="text/plain")
    copy = copy_object(source=source, repository=other_repo, space="artifacts", key="b")
    assert (copy.blob_id, copy.content_type) == (source.blob_id, "text/plain")
    delete_object(repository=repo, space="artifacts", key="a")
    assert content_of(selectors.get_object(other_repo, "artifacts", "b")) == b"stone"


def test_copy_object_of_a_deleted_source_is_not_found(put: Put, repo: Repository) -> None:
    source = put("a")
    delete_object(repository=repo, space="artifacts", key="a")
    source.pk = 1
    with pytest.raises(NotFound):
        copy_object(source=source, repository=repo, space="artifacts", key="b")


def test_delete_object_removes_one(put: Put, repo: Repository) -> None:
    put("a", b"12")
    put("a/b", b"345")
    delete_object(repository=repo, space="artifacts", key="a")
    assert [o.key for o in selectors.list_tree(repo, "artifacts")] == ["a/b"]
    assert selectors.usage(repo) == selectors.Usage(objects=1, size=3)


@pytest.mark.parametrize("space", ["artifacts", "nowhere"])
def test_delete_object_of_an_absent_key_is_not_found(put: Put, repo: Repository, space: str) -> None:
    put("a")
    with pytest.raises(NotFound):
        delete_object(repository=repo, space=space, key="b")


@pytest.mark.parametrize(
    ("prefix", "left"), [("a", ["a", "a.txt", "a0", "b/c"]), ("a/", ["a", "a.txt", "a0", "b/c"]), ("", [])]
)
def test_delete_tree_removes_what_lies_below(put: Put, repo: Repository, prefix: str, left: list[str]) -> None:
    for key in ("a", "a.txt", "a/1", "a/x/2", "a0", "b/c"):
        put(key)
    deleted = delete_tree(repository=repo, space="artifacts", prefix=prefix)
    assert [o.key for o in selectors.list_tree(repo, "artifacts")] == left
    assert deleted == 6 - len(left)
    assert selectors.usage(repo).objects == len(left)


def test_delete_tree_of_nothing_is_zero(repo: Repository) -> None:
    assert delete_tree(repository=repo, space="artifacts", prefix="x") == 0


def test_deleting_a_repository_takes_its_objects_along(put: Put, other_repo: Repository) -> None:
    put("a", repository=other_repo)
    other_repo.delete()
    assert (Bucket.objects.count(), StoredObject.objects.count(), Blob.objects.count()) == (0, 0, 1)


BAD_KEYS = ["", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/.", ".", "a\\b", "a\0b", "a\nb", "a\x7fb",
            "a\x85b", "x" * 1025, "é" * 513, "\ud800"]  # fmt: skip


@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_keys_are_refused_before_anything_is_read(put: Put, repo: Repository, key: str) -> None:
    def explode() -> Iterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(Invalid, match="Invalid path"):
        put_object(repository=repo, space="artifacts", key=key, chunks=explode())


@pytest.mark.parametrize("key", ["a", "a/b.c", "...", "..a/b", "é" * 512, "x" * 1024, "a b/%2e%2e/#?", "日本/語.txt"])
def test_unusual_but_honest_keys_are_taken(put: Put, repo: Repository, key: str) -> None:
    put(key, b"k")
    assert selectors.get_object(repo, "artifacts", key).key == key


@given(st.text(st.characters(codec=None), max_size=60))
def test_a_key_that_passes_cannot_leave_its_folder(key: str) -> None:
    try:
        checked_key(key)
    except Invalid:
        return
    root = Path("/root/of/space")
    assert os.path.normpath(root / key) == str(root / key)
    assert root in (root / key).parents
    assert checked_prefix(key) == f"{key}/"


@pytest.mark.django_db(transaction=True)
def test_eight_threads_that_store_the_same_content_make_one_blob(repo: Repository, settings: Any) -> None:
    content = os.urandom(200_000)
    gate = threading.Barrier(8)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            gate.wait()
            put_object(repository=repo, space="artifacts", key=f"copy/{number % 4}", chunks=[content])
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Blob.objects.count() == 1
    assert len(stored_files(settings)) == 1
    assert selectors.usage(repo) == selectors.Usage(objects=4, size=4 * len(content))
    assert content_of(selectors.get_object(repo, "artifacts", "copy/3")) == content
