"""Objects named by their content: kept once, counted once, and nothing left of what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.actor import Actor
from accounts.models import Owner, User
from hub.lib.errors import Conflict, Invalid, QuotaExceeded
from repos.models import Repository
from storage import selectors
from storage.blobs import WrongDigest
from storage.models import Blob, Bucket, StoredObject
from storage.services.contents import put_content
from tests.factories.accounts import make_user
from tests.factories.repos import make_repo


def put(repo: Repository, key: str, content: bytes = b"stone", **more: Any) -> None:
    put_content(repository=repo, space="dvc", key=key, chunks=[content], **more)


def read(repo: Repository, key: str) -> bytes:
    return b"".join(selectors.read_object(selectors.get_object(repo, "dvc", key)))


def sums(repo: Repository) -> tuple[int, int, int]:
    """Objects and bytes of the bucket, bytes of the owner."""
    bucket = Bucket.objects.get(repository=repo, name="dvc")
    return bucket.object_count, bucket.total_bytes, Owner.objects.get(pk=repo.owner_id).used_bytes


def test_the_object_is_there_with_all_that_belongs_to_it(repo: Repository, bob: User) -> None:
    before = Owner.objects.get(pk=repo.owner_id).used_bytes
    put(repo, "a/b", md5=hashlib.md5(b"stone").hexdigest(), actor=Actor(user=bob))
    stored = selectors.get_object(repo, "dvc", "a/b")
    assert read(repo, "a/b") == b"stone"
    assert (stored.size, stored.created_by, stored.metadata, stored.blob.md5) == (
        5, bob, {}, hashlib.md5(b"stone").hexdigest(),
    )  # fmt: skip
    assert sums(repo) == (1, 5, before + 5)


def test_one_that_is_there_stays_and_counts_once(repo: Repository) -> None:
    put(repo, "a")
    first = StoredObject.objects.get()
    put(repo, "a", b"other")
    assert StoredObject.objects.get().pk == first.pk
    assert read(repo, "a") == b"stone"
    assert sums(repo)[:2] == (1, 5)


def test_an_md5_is_learned_later_and_never_forgotten(repo: Repository) -> None:
    for key, wanted in (("a", False), ("b", True), ("c", False)):
        put(repo, key, want_md5=wanted)
    assert Blob.objects.get().md5 == hashlib.md5(b"stone").hexdigest()


@pytest.mark.parametrize(
    ("error", "more"),
    [
        (WrongDigest, {"md5": "0" * 32}),
        (WrongDigest, {"sha256": "0" * 64}),
        (Invalid, {"expected_size": 6}),
    ],
)
def test_what_is_not_what_was_announced_leaves_nothing(repo: Repository, error: type[Exception], more: Any) -> None:
    with pytest.raises(error):
        put(repo, "a", **more)
    assert not StoredObject.objects.exists() and not Blob.objects.exists()


@pytest.mark.parametrize("key", ["", "../a", "a//b", "/a", "a\0", "a\\b"])
def test_a_key_that_is_none(repo: Repository, key: str) -> None:
    with pytest.raises(Invalid):
        put(repo, key)


def test_no_room_left(repo: Repository) -> None:
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=8)
    repo.owner.refresh_from_db()
    put(repo, "a")
    repo.owner.refresh_from_db()
    with pytest.raises(QuotaExceeded):
        put(repo, "b", b"other")
    assert sums(repo)[:2] == (1, 5)


def test_a_repository_that_is_deleted_meanwhile(transactional_db: None) -> None:
    repo = make_repo(make_user("alice"), "stones")
    gone = Repository.objects.select_related("owner").get(pk=repo.pk)

    def chunks() -> Iterator[bytes]:
        yield b"x"
        Repository.objects.filter(pk=repo.pk).delete()

    with pytest.raises(Conflict):
        put_content(repository=gone, space="dvc", key="a", chunks=chunks())
    assert not StoredObject.objects.exists()


def test_many_at_once(transactional_db: None) -> None:
    """Forty threads, ten contents, two repositories of one owner: each key is there once, and the sums are right."""
    alice = make_user("alice")
    repos = [make_repo(alice, name) for name in ("stones", "pebbles")]

    def one(number: int) -> None:
        put(repos[number % 2], f"k{number % 10}", f"content {number % 10}".encode() * 100, want_md5=True)
        connection.close()

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(one, range(120)))
    assert Blob.objects.count() == 10
    for repo, mine in zip(repos, ("02468", "13579"), strict=True):
        keys = set(StoredObject.objects.filter(bucket__repository=repo).values_list("key", flat=True))
        assert keys == {f"k{digit}" for digit in mine}
        assert sums(repo) == (5, 5 * 900, 2 * 5 * 900)
