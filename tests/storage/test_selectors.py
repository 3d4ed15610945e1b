"""Listings: one level at a time, in byte order, without reading what lies inside folders."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.lib.errors import Invalid
from repos.models import Repository
from storage.models import Blob, Bucket, StoredObject
from storage.selectors import Entry, list_dir, list_tree, usage
from tests.storage.conftest import Put

KEYS = ["a", "a.txt", "a/1", "a/x/2", "a/x/3", "a0", "b/c/d", "ä/ö", "日/本"]


@pytest.fixture
def tree(put: Put) -> None:
    """A few files and folders with awkward neighbours."""
    for key in KEYS:
        put(key, key.encode())


def test_list_dir_shows_one_level(tree: None, repo: Repository) -> None:
    assert list_dir(repo, "artifacts") == [
        Entry("a", False, 1),
        Entry("a.txt", False, 5),
        Entry("a", True, None),
        Entry("a0", False, 2),
        Entry("b", True, None),
        Entry("ä", True, None),
        Entry("日", True, None),
    ]


@pytest.mark.parametrize("prefix", ["a", "a/"])
def test_list_dir_of_a_folder(tree: None, repo: Repository, prefix: str) -> None:
    assert list_dir(repo, "artifacts", prefix) == [Entry("1", False, 3), Entry("x", True, None)]


@pytest.mark.parametrize("prefix", ["a.txt", "nowhere", "a/x/2"])
def test_list_dir_of_what_is_no_folder_is_empty(tree: None, repo: Repository, prefix: str) -> None:
    assert list_dir(repo, "artifacts", prefix) == []


def test_list_dir_refuses_a_way_out(repo: Repository) -> None:
    with pytest.raises(Invalid):
        list_dir(repo, "artifacts", "a/../..")


def test_list_dir_in_pages_gives_the_same(tree: None, repo: Repository) -> None:
    whole, pages, last = list_dir(repo, "artifacts"), [], None
    while page := list_dir(repo, "artifacts", after=last, limit=2):
        assert len(page) <= 2
        pages += page
        last = page[-1]
    assert pages == whole


def test_list_dir_of_a_deep_tree_is_two_queries(repo: Repository, put: Put) -> None:
    blob = put("one").blob
    bucket = Bucket.objects.get()
    rows = (StoredObject(bucket=bucket, key=f"d{n % 3}/{n:05}", blob=blob, size=1) for n in range(3_000))
    StoredObject.objects.bulk_create(rows)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        names = [entry.name for entry in list_dir(repo, "artifacts")]
    assert names == ["d0", "d1", "d2", "one"]
    assert len(queries) == 2


def test_list_tree_is_everything_below_in_byte_order(tree: None, repo: Repository) -> None:
    assert [o.key for o in list_tree(repo, "artifacts")] == sorted(KEYS, key=str.encode)
    assert [o.key for o in list_tree(repo, "artifacts", "a")] == ["a/1", "a/x/2", "a/x/3"]
    assert list(list_tree(repo, "nowhere")) == []


def test_usage_follows_the_rows(tree: None, repo: Repository) -> None:
    assert usage(repo).objects == len(KEYS)
    assert usage(repo).size == sum(len(key.encode()) for key in KEYS)


PART = st.text("ab/.0 -", min_size=1, max_size=3).filter(lambda part: part not in (".", "..") and "/" not in part)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.lists(PART, min_size=1, max_size=3).map("/".join), max_size=12))
def test_list_dir_agrees_with_a_plain_reading_of_the_keys(repo: Repository, keys: set[str]) -> None:
    blob, _ = Blob.objects.get_or_create(sha256="0" * 64, md5="0" * 32, size=1)
    bucket, _ = Bucket.objects.get_or_create(repository=repo, name="random")
    StoredObject.objects.filter(bucket=bucket).delete()
    StoredObject.objects.bulk_create(StoredObject(bucket=bucket, key=key, blob=blob, size=1) for key in keys)
    expected = {Entry(head, bool(slash), None if slash else 1) for head, slash, _ in (k.partition("/") for k in keys)}
    found = list_dir(repo, "random")
    assert len(found) == len(expected)
    assert set(found) == expected
