"""Garbage collection frees what is unreferenced and old, and nothing else, also during uploads."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from repos.models import Repository
from storage import selectors
from storage.models import Blob, StoredObject
from storage.services import collect_garbage, delete_object, put_object
from storage.services.collection import unreferenced
from storage.store import blob_store
from storage.tasks import collect_garbage as periodic
from tests.storage.conftest import Put

HOUR = timedelta(hours=1)


def age(blob: Blob, by: timedelta) -> None:
    """Make it look as if nobody had touched the blob for `by`."""
    Blob.objects.filter(pk=blob.pk).update(touched_at=timezone.now() - by)


def test_collect_garbage_frees_only_old_unreferenced_blobs(put: Put, repo: Repository) -> None:
    kept, young, old = (put(key, key.encode() * 3).blob for key in ("kept", "young", "old"))
    delete_object(repository=repo, space="artifacts", key="young")
    delete_object(repository=repo, space="artifacts", key="old")
    age(kept, 2 * HOUR)
    age(old, 2 * HOUR)
    found = collect_garbage(older_than=HOUR)
    assert (found.blobs, found.size) == (1, 9)
    assert set(Blob.objects.all()) == {kept, young}
    assert set(blob_store().iter_digests()) == {kept.sha256, young.sha256}


def test_the_grace_period_starts_when_the_last_object_goes(put: Put, repo: Repository) -> None:
    blob = put("a").blob
    age(blob, 2 * HOUR)
    delete_object(repository=repo, space="artifacts", key="a")
    assert collect_garbage(older_than=HOUR).blobs == 0


def test_storing_the_content_again_saves_the_blob(put: Put, repo: Repository) -> None:
    blob = put("a", b"again").blob
    delete_object(repository=repo, space="artifacts", key="a")
    age(blob, 2 * HOUR)
    put("b", b"again")
    assert collect_garbage(older_than=HOUR).blobs == 0
    assert b"".join(selectors.read_object(selectors.get_object(repo, "artifacts", "b"))) == b"again"


def test_bytes_survive_when_the_row_cannot_be_deleted(put: Put, repo: Repository, monkeypatch: Any) -> None:
    blob = put("a").blob
    StoredObject.objects.all().delete()
    age(blob, 2 * HOUR)

    def refuse(*_: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(type(blob_store()), "delete", refuse)
    with pytest.raises(OSError, match="read-only"):
        collect_garbage(older_than=HOUR)
    assert Blob.objects.get() == blob
    assert blob_store().exists(blob.sha256)


def test_unreferenced_asks_every_model_that_refers_to_a_blob(put: Put) -> None:
    put("a")
    sql = str(unreferenced().query)
    assert all(relation.related_model._meta.db_table in sql for relation in Blob._meta.related_objects)
    assert list(unreferenced()) == []


def test_the_periodic_task_leaves_what_is_younger_than_a_day(put: Put) -> None:
    blob = put("a").blob
    StoredObject.objects.all().delete()
    age(blob, timedelta(hours=23))
    periodic()
    assert Blob.objects.count() == 1
    age(blob, timedelta(hours=25))
    periodic()
    assert Blob.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_collection_never_takes_bytes_that_are_being_stored(repo: Repository) -> None:
    # Storing and deleting the same content races with collecting it.
    done = threading.Event()
    failures: list[BaseException] = []

    def collect() -> None:
        try:
            while not done.is_set():
                collect_garbage(older_than=timedelta(seconds=20))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        for number in range(25):
            stored = put_object(repository=repo, space="artifacts", key="a", chunks=[b"raced"])
            assert b"".join(selectors.read_object(stored)) == b"raced", number
            delete_object(repository=repo, space="artifacts", key="a")
            if number % 5 == 4:
                Blob.objects.update(touched_at=timezone.now() - HOUR)
    finally:
        done.set()
        collector.join()
    assert failures == []
