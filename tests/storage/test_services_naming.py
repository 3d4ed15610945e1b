"""Names for content: few statements for one, the same few for many, and nobody told of what may be taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Owner
from hub.lib.errors import Conflict
from repos.models import Repository
from storage import selectors
from storage.blobs import Written
from storage.models import Bucket, ObjectVersion, StoredObject
from storage.services import naming, put_object
from storage.services.contents import put_content
from storage.services.naming import _Naming
from storage.services.objects import Label, Place
from tests.storage.conftest import Put

NOTHING = Label("", {}, "", None)


def wanted(repo: Repository, key: str, content: str, **more: Any) -> _Naming:
    """That `key` shall hold a blob, whose bytes nobody looks at here."""
    blob = naming.touched_blob(Written(sha256=content * 64, md5="", size=int(content, 16)))
    return _Naming(Place(repo, "artifacts", key), blob, NOTHING, **{"replaces": True, "unless": None, **more})


def refuse(held: StoredObject | None) -> None:
    raise Conflict("Not this one.")


def test_a_put_costs_few_statements(repo: Repository, put: Put, django_assert_num_queries: Any) -> None:
    put("before")
    with django_assert_num_queries(7):  # the blob; savepoint, bucket, object, two sums, its end
        put("a", b"new")
    with django_assert_num_queries(13):  # and taking away what was there
        put("a", b"newer")


def test_content_that_is_there_costs_less(repo: Repository, put: Put, django_assert_num_queries: Any) -> None:
    put("a")
    with django_assert_num_queries(5):  # the blob; savepoint, bucket, object, its end
        put_content(repository=repo, space="artifacts", key="a", chunks=[b"x"])


def test_what_is_given_back_is_what_is_stored(repo: Repository, put: Put, alice: Any) -> None:
    given = put("a", b"stone", content_type="text/plain", metadata={"hue": "gräu\u2028"}, md5=None, want_md5=True)
    stored = selectors.get_object(repo, "artifacts", "a")
    assert given == stored and given.blob == stored.blob
    for name in ("key", "size", "content_type", "metadata", "etag", "created_at", "updated_at", "created_by"):
        assert getattr(given, name) == getattr(stored, name)
    assert (given.blob.md5, given.blob.created_at) == (stored.blob.md5, stored.blob.created_at)


def test_many_for_one_key_come_one_after_the_other(repo: Repository) -> None:
    first, second, third = naming._name([wanted(repo, "a", "1"), wanted(repo, "b", "2"), wanted(repo, "a", "3")])
    assert first is not None and second is not None and third is not None
    assert {row.key: row.size for row in StoredObject.objects.all()} == {"a": 3, "b": 2}
    assert selectors.get_object(repo, "artifacts", "a").pk == third.pk != first.pk
    bucket = Bucket.objects.get(repository=repo, name="artifacts")
    assert (bucket.object_count, bucket.total_bytes) == (2, 5)
    assert Owner.objects.get(pk=repo.owner_id).used_bytes == 5


def test_names_that_stay_and_names_that_change_share_a_batch(repo: Repository) -> None:
    naming._name([wanted(repo, "a", "1"), wanted(repo, "b", "2")])
    stays, changes = naming._name([wanted(repo, "a", "4", replaces=False), wanted(repo, "b", "5")])
    assert stays is None and changes is not None
    assert {row.key: row.size for row in StoredObject.objects.all()} == {"a": 1, "b": 5}
    assert selectors.usage(repo) == selectors.Usage(2, 6)


def test_versions_are_kept_of_each(repo: Repository) -> None:
    data = [Place(repo, "data", key) for key in "ab"]
    for content in "12":
        blob = naming.touched_blob(Written(sha256=content * 64, md5="", size=int(content)))
        naming._name([_Naming(place, blob, NOTHING, True, None) for place in data])
    assert sorted(ObjectVersion.objects.values_list("key", "size")) == [("a", 1), ("b", 1)]
    assert Bucket.objects.get(repository=repo, name="data").total_bytes == 6


@pytest.mark.django_db(transaction=True)
def test_one_that_is_refused_spoils_no_other(repo: Repository) -> None:
    def one(number: int) -> str:
        try:
            put_object(
                repository=repo, space="artifacts", key=f"k{number % 7}", chunks=[b"%d" % number],
                unless=refuse if number % 5 == 0 else None,
            )  # fmt: skip
        except Conflict:
            return "refused"
        finally:
            connection.close()
        return "kept"

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(one, range(60)))
    assert answers == ["refused" if number % 5 == 0 else "kept" for number in range(60)]
    rows = StoredObject.objects.filter(bucket__repository=repo)
    assert sorted(row.key for row in rows) == [f"k{digit}" for digit in range(7)]
    assert selectors.usage(repo) == selectors.Usage(7, sum(row.size for row in rows))


@pytest.mark.django_db(transaction=True)
def test_a_transaction_does_nothing_for_others(repo: Repository, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is taken back with the transaction must not have been promised to anybody."""

    def gathered(item: object) -> None:
        raise AssertionError("Done together with others, inside a transaction.")

    monkeypatch.setattr(naming._naming, "do", gathered)
    monkeypatch.setattr(naming._touching, "do", gathered)
    with transaction.atomic():
        put("a")
        transaction.set_rollback(True)
    assert not StoredObject.objects.exists()
