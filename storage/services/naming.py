"""The rows of content that arrived: its blob, and the object that names it; for many at once by few statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.actor import Actor
from hub.lib.durable import durable
from hub.lib.errors import Conflict
from repos.models import Repository
from storage.blobs import Written
from storage.gathering import Gathering
from storage.models import Blob, Bucket, StoredObject
from storage.services.objects import Label, Place, Unless, check_quota, count, delete_rows


@dataclass(frozen=True, slots=True)
class _Naming:
    """A blob that shall have a key, in place of what has it now or only if nothing has."""

    place: Place
    blob: Blob
    label: Label
    replaces: bool
    unless: Unless | None


def touched_blob(written: Written) -> Blob:
    """The blob's row, new or not, marked as touched now. One statement, so that it locks the row it finds."""
    return _touch([written])[0] if connection.in_atomic_block else _touching.do(written)


def name_blob(place: Place, blob: Blob, label: Label, unless: Unless | None = None) -> StoredObject:
    """The object at `place` stands for `blob`, durably, in place of what was there.

    Raises Conflict, QuotaExceeded, and whatever `unless` raises.
    """
    stored = _do(_Naming(place, blob, label, True, unless))
    assert stored is not None
    return stored


def name_if_free(place: Place, blob: Blob, label: Label) -> None:
    """The same where nothing is at `place`; what is there stays."""
    _do(_Naming(place, blob, label, False, None))


def name_free_ones(repository: Repository, space: str, named: Mapping[str, Blob], actor: Actor) -> set[str]:
    """The same for many keys of one space in one transaction; those that were free. Raises like name_blob."""
    label = Label("", {}, "", actor)
    batch = [_Naming(Place(repository, space, key), blob, label, False, None) for key, blob in named.items()]
    return {stored.key for stored in (_name(batch) if batch else ()) if stored is not None}


def _do(naming: _Naming) -> StoredObject | None:
    # Inside a transaction nothing is done for others: they would be told of what may still be taken back.
    return _name([naming])[0] if connection.in_atomic_block else _naming.do(naming)


def _touch(batch: list[Written]) -> list[Blob]:
    """The blobs' rows, new or not, marked as touched now. All know their MD5, or none."""
    # In one order everywhere: two processes that lock the same rows then never wait for each other.
    wanted = {written.sha256: written for written in sorted(batch, key=lambda written: written.sha256)}
    now = _time(timezone.now())
    learned = ", md5 = excluded.md5" if batch[0].md5 else ""
    sql = (
        f"INSERT INTO {_BLOBS} (sha256, md5, size, created_at, touched_at) VALUES {_rows(5, len(wanted))}"
        f" ON CONFLICT (sha256) DO UPDATE SET touched_at = excluded.touched_at{learned}"
        f" RETURNING {', '.join(_KNOWN)}"
    )
    values = [value for each in wanted.values() for value in (each.sha256, each.md5, each.size, now, now)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = {row[1]: row for row in cursor.fetchall()}
    return [Blob.from_db(DEFAULT_DB_ALIAS, _KNOWN, rows[written.sha256]) for written in batch]


def _name(batch: list[_Naming]) -> list[StoredObject | None]:
    """All keys of one bucket stand for their blobs, one after the other where two are for one key."""
    found: list[StoredObject | None] = []
    try:
        with durable(), connection.cursor() as cursor:
            bucket = _locked_bucket(cursor, batch[0].place)
            while len(found) < len(batch):
                part: dict[str, _Naming] = {}
                for naming in batch[len(found) :]:
                    if naming.place.key in part:
                        break
                    part[naming.place.key] = naming
                found += _named(cursor, bucket, list(part.values()))
    except IntegrityError as error:
        raise Conflict(
            "The repository was deleted while this was stored; nothing was kept.",
            next_step="Look whether it still exists, and send it again.",
        ) from error
    return found


def _locked_bucket(cursor: CursorWrapper, place: Place) -> Bucket:
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""  # SQLite has one writer at a time.
    sql = f"SELECT id FROM {_BUCKETS} WHERE repository_id = %s AND name = %s{lock}"
    cursor.execute(sql, [place.repository.pk, place.space])
    found = cursor.fetchone()
    if found is None:
        Bucket.objects.get_or_create(repository=place.repository, name=place.space)
        return _locked_bucket(cursor, place)
    return Bucket(pk=found[0], repository=place.repository, name=place.space)


def _named(cursor: CursorWrapper, bucket: Bucket, part: list[_Naming]) -> list[StoredObject | None]:
    """Objects of different keys in a locked bucket; None for those that were there and stay."""
    for naming in part:
        if naming.unless is not None:
            held = StoredObject.objects.select_related("blob").filter(bucket=bucket, key=naming.place.key)
            naming.unless(held.first())
    wanted = {naming.place.key: _unsaved(bucket, naming) for naming in part}
    added = _inserted(cursor, list(wanted.values()))
    taken = [naming.place.key for naming in part if naming.replaces and naming.place.key not in added]
    freed = 0
    if taken:
        _, freed = delete_rows(bucket, StoredObject.objects.filter(bucket=bucket, key__in=taken))
        added |= _inserted(cursor, [wanted[key] for key in taken])
    size = sum(wanted[key].size for key in added)
    owner = count(bucket, len(added), size) if added else None
    if size > freed:
        check_quota(owner)
    return [wanted[naming.place.key] if naming.place.key in added else None for naming in part]


def _unsaved(bucket: Bucket, naming: _Naming) -> StoredObject:
    blob, label = naming.blob, naming.label
    return StoredObject(
        bucket=bucket, key=naming.place.key, blob=blob, size=blob.size, content_type=label.content_type[:127],
        metadata=label.metadata, etag=label.etag, created_by_id=label.actor.user_id if label.actor else None,
    )  # fmt: skip


def _inserted(cursor: CursorWrapper, objects: Sequence[StoredObject]) -> set[str]:
    """Save the objects whose keys are free; their keys."""
    sql = (
        f"INSERT INTO {_OBJECTS} (bucket_id, key, blob_id, size, content_type, metadata, etag, created_at, updated_at,"
        f" created_by_id) VALUES {_rows(10, len(objects))} ON CONFLICT (bucket_id, key) DO NOTHING RETURNING key, id"
    )
    rows = (
        (o.bucket_id, o.key, o.blob_id, o.size, o.content_type, json.dumps(o.metadata), o.etag, _time(o.created_at),
         _time(o.updated_at), o.created_by_id)
        for o in objects
    )  # fmt: skip
    cursor.execute(sql, [value for row in rows for value in row])
    ids: dict[str, int] = dict(cursor.fetchall())
    for each in objects:
        if each.key in ids:
            each.pk = ids[each.key]
            each._state.adding, each._state.db = False, DEFAULT_DB_ALIAS
    return set(ids)


def _rows(columns: int, count: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * count)


def _time(moment: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


_KNOWN = ["id", "sha256", "md5", "size"]  # In the order of the model.
_BLOBS, _BUCKETS, _OBJECTS = (model._meta.db_table for model in (Blob, Bucket, StoredObject))
_touching: Gathering[Written, Blob] = Gathering(_touch, alike=lambda written: bool(written.md5))
# One bucket at a time: its row is locked, then its owner's, as everywhere else.
_naming: Gathering[_Naming, StoredObject | None] = Gathering(
    _name, alike=lambda naming: (naming.place.repository.pk, naming.place.space)
)
