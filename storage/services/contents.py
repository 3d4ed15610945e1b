"""Puts objects whose key says what they hold: many at a time, by few statements, and none ever in place of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Owner
from hub.lib.durable import durable
from hub.lib.errors import Conflict
from repos.models import Repository
from storage.blobs import MD5, SHA256, Written
from storage.gathering import Gathering
from storage.keys import checked_key
from storage.models import Blob, Bucket, StoredObject
from storage.services.objects import Place, check_quota, check_received, within_quota
from storage.store import blob_store


@dataclass(frozen=True, slots=True)
class _Naming:
    """A blob that shall have a key."""

    repository: Repository
    space: str
    key: str
    blob_id: int
    size: int
    user_id: int | None


def put_content(
    *,
    repository: Repository,
    space: str,
    key: str,
    chunks: Iterable[bytes],
    expected_size: int | None = None,
    md5: str | None = None,
    sha256: str | None = None,
    want_md5: bool = False,
    actor: Actor | None = None,
) -> None:
    """The object `key` is there, durably: with these bytes, unless it was there before.

    Arguments and errors are those of put_object. Where many come at once, as from dvc, they share transactions.
    """
    checked_key(key)
    store = blob_store()
    digests = SHA256 | MD5 if want_md5 or md5 is not None else SHA256
    # The owner was read when the repository was opened; without a quota there is nothing to ask.
    bounded = chunks if repository.owner.quota is None else within_quota(Place(repository, space, key), chunks)
    with store.stage(bounded, digests) as staged:
        check_received(staged.written, expected_size=expected_size, md5=md5, sha256=sha256)
        # The row comes before the bytes: collection leaves freshly touched rows alone, and locks to delete.
        blob_id = _touching.do(staged.written)
        store.publish(staged)
    user_id = actor.user_id if actor else None
    _naming.do(_Naming(repository, space, key, blob_id, staged.written.size, user_id))


def put_named(
    *, repository: Repository, space: str, name: Callable[[Written], str], chunks: Iterable[bytes], actor: Actor | None
) -> Written:
    """The content is there, durably, under the key that `name` gives it once its MD5 and SHA-256 are known.

    Raises as put_content; then nothing has changed.
    """
    store = blob_store()
    bounded = chunks if repository.owner.quota is None else within_quota(Place(repository, space, ""), chunks)
    with store.stage(bounded, MD5 | SHA256) as staged:
        key = checked_key(name(staged.written))
        blob_id = _touching.do(staged.written)
        store.publish(staged)
    _naming.do(_Naming(repository, space, key, blob_id, staged.written.size, actor.user_id if actor else None))
    return staged.written


def _touch(batch: list[Written]) -> list[int]:
    """The ids of the blobs' rows, new or not, marked as touched now. All know their MD5, or none."""
    # In one order everywhere: two processes that lock the same rows then never wait for each other.
    wanted = {written.sha256: written for written in sorted(batch, key=lambda written: written.sha256)}
    now = _now()
    learned = ", md5 = excluded.md5" if batch[0].md5 else ""
    sql = (
        f"INSERT INTO {_BLOBS} (sha256, md5, size, created_at, touched_at) VALUES {_rows(5, len(wanted))}"
        f" ON CONFLICT (sha256) DO UPDATE SET touched_at = excluded.touched_at{learned} RETURNING sha256, id"
    )
    values = [value for each in wanted.values() for value in (each.sha256, each.md5, each.size, now, now)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        ids: dict[str, int] = dict(cursor.fetchall())
    return [ids[written.sha256] for written in batch]


def _name(batch: list[_Naming]) -> list[None]:
    """All keys of one bucket stand for their blobs; those that were there before stay as they are."""
    repository, space = batch[0].repository, batch[0].space
    try:
        with durable(), connection.cursor() as cursor:
            sizes = _named(cursor, _locked_bucket(cursor, repository, space), batch)
            if sizes:
                _count(cursor, repository, space, len(sizes), sum(sizes))
    except IntegrityError as error:
        raise Conflict(
            "The repository was deleted while this was stored; nothing was kept.",
            next_step="Look whether it still exists, and send it again.",
        ) from error
    return [None] * len(batch)


def _locked_bucket(cursor: CursorWrapper, repository: Repository, space: str) -> int:
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""  # SQLite has one writer at a time.
    cursor.execute(f"SELECT id FROM {_BUCKETS} WHERE repository_id = %s AND name = %s{lock}", [repository.pk, space])
    found = cursor.fetchone()
    if found is None:
        Bucket.objects.get_or_create(repository=repository, name=space)
        return _locked_bucket(cursor, repository, space)
    return int(found[0])


def _named(cursor: CursorWrapper, bucket_id: int, batch: list[_Naming]) -> list[int]:
    """Write the objects; the sizes of those that are new."""
    now = _now()
    sql = (
        f"INSERT INTO {_OBJECTS} (bucket_id, key, blob_id, size, content_type, metadata, etag, created_at, updated_at,"
        f" created_by_id) VALUES {_rows(10, len(batch))} ON CONFLICT (bucket_id, key) DO NOTHING RETURNING size"
    )
    rows = ((bucket_id, n.key, n.blob_id, n.size, "", "{}", "", now, now, n.user_id) for n in batch)
    cursor.execute(sql, [value for row in rows for value in row])
    return [row[0] for row in cursor.fetchall()]


def _count(cursor: CursorWrapper, repository: Repository, space: str, objects: int, size: int) -> None:
    """Add to the running totals of bucket and owner. Raises QuotaExceeded when that is more than the owner may."""
    cursor.execute(
        f"UPDATE {_BUCKETS} SET object_count = object_count + %s, total_bytes = total_bytes + %s"
        " WHERE repository_id = %s AND name = %s",
        [objects, size, repository.pk, space],
    )
    cursor.execute(
        f"UPDATE {_OWNERS} SET used_bytes = used_bytes + %s"
        f" WHERE id = (SELECT owner_id FROM {_REPOSITORIES} WHERE id = %s)",
        [size, repository.pk],
    )
    if repository.owner.quota is not None:
        check_quota(repository)


def _rows(columns: int, count: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * count)


def _now() -> Any:
    return connection.ops.adapt_datetimefield_value(timezone.now())


_BLOBS, _BUCKETS, _OBJECTS, _OWNERS, _REPOSITORIES = (
    model._meta.db_table for model in (Blob, Bucket, StoredObject, Owner, Repository)
)
_touching: Gathering[Written, int] = Gathering(_touch, alike=lambda written: bool(written.md5))
# One bucket at a time: its row is locked, then its owner's, as everywhere else.
_naming: Gathering[_Naming, None] = Gathering(_name, alike=lambda naming: (naming.repository.pk, naming.space))
