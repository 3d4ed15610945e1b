"""Pages of keys and versions, beside the same computed in memory."""

from __future__ import annotations

import random
from typing import Any

import pytest

from accounts.actor import Actor
from repos.models import Repository
from storage.listing import find_version, page_of_keys, page_of_versions
from storage.models import Blob, Bucket, ObjectVersion, StoredObject
from storage.services import delete_object, put_object
from storage.spaces import DATA

ALPHABET = ["a", "b", "/", "ä", "漢", "-", "😀", "\ud7ff", "\ue000", " ", "0", "z"]


def fill(repo: Repository, keys: set[str]) -> None:
    bucket = Bucket.objects.create(repository=repo, name=DATA, object_count=len(keys))
    blob = Blob.objects.create(sha256="0" * 64, size=1, md5="1" * 32)
    StoredObject.objects.bulk_create([StoredObject(bucket=bucket, key=key, blob=blob, size=1) for key in keys])


def expected(keys: set[str], prefix: str, delimiter: str, after: str) -> list[str]:
    """Entries behind `after`, as S3 has them."""
    found: list[str] = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix) or key.encode() <= after.encode():
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = key if at < 0 else key[: at + len(delimiter)]
        if at >= 0 and entry == after:
            continue
        if entry not in found[-1:]:
            found.append(entry)
    return found


def walked(repo: Repository, limit: int, **where: Any) -> list[str]:
    found, after = [], where.pop("after", "")
    for _ in range(1000):
        page = page_of_keys(repo, DATA, after=after, limit=limit, **where)
        found += [entry if isinstance(entry, str) else entry.key for entry in page.entries]
        if not page.has_more:
            return found
        assert len(page.entries) == limit
        after = page.last
    raise AssertionError("a listing without end")


@pytest.mark.parametrize("seed", range(6))
def test_pages_are_what_they_should_be(repo: Repository, seed: int) -> None:
    chance = random.Random(seed)
    keys = {"".join(chance.choices(ALPHABET, k=chance.randint(1, 7))).strip() or "x" for _ in range(150)}
    fill(repo, keys)
    for _ in range(30):
        prefix = "".join(chance.choices(ALPHABET, k=chance.randint(0, 2)))
        delimiter = chance.choice(["", "/", "a", "ä", "a/", "\ud7ff", "😀"])
        after = chance.choice(["", chance.choice(sorted(keys)), "b"])
        want = expected(keys, prefix, delimiter, after)
        for limit in (1, 3, 1000):
            assert walked(repo, limit, prefix=prefix, delimiter=delimiter, after=after) == want


def test_no_page_of_nothing(repo: Repository) -> None:
    assert page_of_keys(repo, DATA).entries == []
    fill(repo, {"a"})
    assert page_of_keys(repo, DATA, limit=0).has_more is False
    for odd in ("\0", "a\x1f"):
        assert page_of_keys(repo, DATA, prefix=odd).entries == []
        assert page_of_keys(repo, DATA, delimiter=odd).entries == []


@pytest.mark.parametrize("count", [3, 300])
def test_a_page_costs_the_same_for_any_number(repo, count, django_assert_num_queries) -> None:
    fill(repo, {f"{n % 3}/{n}" for n in range(count)})
    with django_assert_num_queries(2):
        assert [str(entry) for entry in page_of_keys(repo, DATA, delimiter="/").entries] == ["0/", "1/", "2/"]
    with django_assert_num_queries(2):
        page_of_keys(repo, DATA, prefix="1/", limit=2)


def test_versions_of_all_keys_in_pages_of_any_size(repo, alice) -> None:
    for key in ("a", "b", "a", "c", "a", "b"):
        put_object(repository=repo, space=DATA, key=key, chunks=[b"x"], want_md5=True)
    delete_object(repository=repo, space=DATA, key="b", actor=Actor(user=alice))
    whole, more = page_of_versions(repo, DATA)
    shown = [(each.row.key, each.is_latest, isinstance(each.row, ObjectVersion) and each.row.is_mark) for each in whole]
    assert not more
    assert shown == [("a", True, False), ("a", False, False), ("a", False, False), ("b", True, True), ("b", False, False),
                     ("b", False, False), ("c", True, False)]  # fmt: skip
    for limit in (1, 2, 3):
        found, key, version = [], "", ""
        for _ in range(20):
            rows, more = page_of_versions(repo, DATA, after=key, after_version=version, limit=limit)
            found += rows
            if not more:
                break
            last = rows[-1].row
            key, version = last.key, last.version_id if isinstance(last, ObjectVersion) else f"v{last.pk}"
        assert [(each.row.key, each.row.pk, each.is_latest) for each in found] == [
            (each.row.key, each.row.pk, each.is_latest) for each in whole
        ]
    rows, _ = page_of_versions(repo, DATA, prefix="b")
    assert {each.row.key for each in rows} == {"b"}


def test_a_version_is_found_before_and_after_it_is_replaced(repo) -> None:
    first = put_object(repository=repo, space=DATA, key="a", chunks=[b"x"])
    assert find_version(repo, DATA, "a", f"v{first.pk}") == first
    put_object(repository=repo, space=DATA, key="a", chunks=[b"y"])
    found = find_version(repo, DATA, "a", f"v{first.pk}")
    assert isinstance(found, ObjectVersion) and found.number == first.pk
    assert find_version(repo, DATA, "b", f"v{first.pk}") is None
