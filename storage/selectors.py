"""Questions about stored objects: one, a folder, a tree, their bytes, and how much room they take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum

from accounts.models import Owner
from hub.lib.errors import NotFound
from repos.models import Repository
from storage.blobs.base import ByteBlocks
from storage.keys import checked_key, checked_prefix
from storage.models import Bucket, ObjectVersion, StoredObject, Upload, UploadPart
from storage.presence import find_object
from storage.spaces import keeps_versions
from storage.store import blob_store

Objects = QuerySet[StoredObject]
_upload_id = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a folder: a file with its size in bytes, or a folder (size None)."""

    name: str
    is_dir: bool
    size: int | None


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a repository stores."""

    objects: int
    size: int


def get_object(repository: Repository, space: str, key: str) -> StoredObject:
    """The object with its blob. Raises NotFound, Invalid for a key that no object can have."""
    stored = find_object(repository, space, checked_key(key))
    if stored is None:
        raise NotFound(f"There is no {key} here.")
    return stored


def read_object(stored: StoredObject | ObjectVersion, offset: int = 0, length: int | None = None) -> ByteBlocks:
    """The object's bytes from `offset`, at most `length`, in blocks of 256 KiB."""
    if stored.blob is None:
        raise NotFound(f"{stored.key} was deleted.")
    return blob_store().open(stored.blob.sha256, offset, length)


def direct_url(stored: StoredObject, *, seconds: int) -> str | None:
    """An address in the object store that gives the bytes, in ranges too; None where the hub gives them itself."""
    return blob_store().direct_url(stored.blob.sha256, seconds=seconds) if settings.S3_DIRECT else None


def list_dir(
    repository: Repository,
    space: str,
    prefix: str = "",
    *,
    after: Entry | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """One level of the folder `prefix`, in byte order, from behind the entry `after`; [] when it is empty.

    Each entry costs one step in the index, however many objects a folder holds.
    """
    folder = checked_prefix(prefix)
    bucket = Bucket.objects.filter(repository=repository, name=space).first()
    if bucket is None:
        return []
    start = folder if after is None else folder + after.name + _behind(after.is_dir)
    return [_entry(key[len(folder) :], size) for key, size in _first_keys(bucket.pk, folder, start, limit)]


def list_tree(repository: Repository, space: str, prefix: str = "") -> Objects:
    """All objects below the folder `prefix`, in byte order of keys."""
    bucket = Bucket.objects.filter(repository=repository, name=space).first()
    return objects_below(bucket, prefix).order_by("key") if bucket else StoredObject.objects.none()


def objects_below(bucket: Bucket, prefix: str) -> Objects:
    """A bucket's objects below a folder ("" for all)."""
    folder, objects = checked_prefix(prefix), StoredObject.objects.filter(bucket=bucket)
    # A range in place of LIKE: exact on every database, and one range of the index. "0" follows "/" in ASCII.
    return objects.filter(key__gte=folder, key__lt=folder[:-1] + "0") if folder else objects


def usage(repository: Repository) -> Usage:
    """What the repository's buckets hold, from their running totals."""
    sums = repository.buckets.aggregate(objects=Sum("object_count"), size=Sum("total_bytes"))
    return Usage(sums["objects"] or 0, sums["size"] or 0)


def owner_bytes(owner: Owner) -> int:
    """Bytes that an owner uses, added up afresh: Git and stored objects of all repositories."""
    git = owner.repositories.aggregate(size=Sum("size_bytes"))["size"] or 0
    stored = Bucket.objects.filter(repository__owner=owner).aggregate(size=Sum("total_bytes"))["size"] or 0
    return int(git + stored)


def room_left(repository: Repository, space: str, key: str) -> int | None:
    """Bytes that may be stored at `key`, which gives back what it holds now unless kept; None without a quota."""
    owner = Owner.objects.only("quota_bytes", "used_bytes").get(pk=repository.owner_id)
    if owner.quota is None:
        return None
    if keeps_versions(space):
        return owner.quota - owner.used_bytes
    held = StoredObject.objects.filter(bucket__repository=repository, bucket__name=space, key=key)
    return owner.quota - owner.used_bytes + (held.aggregate(size=Sum("size"))["size"] or 0)


def find_upload(repository: Repository, space: str, upload_id: str) -> Upload:
    """The upload of this public id, open or completed lately. Raises NotFound."""
    found = Upload.objects.select_related("bucket__repository__owner", "created_by").filter(
        public_id=upload_id, bucket__repository=repository, bucket__name=space
    )
    # What is no id goes to no database: half a letter or a NUL would be an error there.
    upload = found.first() if _upload_id.fullmatch(upload_id) else None
    if upload is None:
        raise NotFound("There is no such upload; it was completed or aborted.", field="upload_id")
    return upload


def list_uploads(repository: Repository, space: str, prefix: str = "") -> QuerySet[Upload]:
    """Open uploads whose keys start with `prefix`, by key and age."""
    found = Upload.objects.filter(bucket__repository=repository, bucket__name=space, etag="")
    if prefix:
        found = found.filter(key__gte=prefix, key__lt=prefix + "\U0010ffff")
    return found.order_by("key", "created_at", "pk")


def parts_of(upload: Upload) -> QuerySet[UploadPart]:
    """The parts that wait for the rest, by number."""
    return upload.parts.order_by("number")


def _behind(is_dir: bool) -> str:
    """What to append to an entry to get behind it; no character of a key is below a space."""
    return "0" if is_dir else " "


def _entry(rest: str, size: int) -> Entry:
    name, slash, _ = rest.partition("/")
    return Entry(name, bool(slash), None if slash else size)


def _first_keys(bucket_id: int, folder: str, start: str, limit: int | None) -> Iterator[tuple[str, int]]:
    """The first key of each entry of a folder, and its size: a loose index scan.

    The next key is looked up from behind the entry just found, so what lies inside a folder is never read.
    """
    find = "strpos" if connection.vendor == "postgresql" else "instr"
    end = folder[:-1] + "0" if folder else "\U0010ffff"
    table = StoredObject._meta.db_table
    rest = f"substr(step.key, {len(folder) + 1})"
    behind = (
        f"CASE WHEN {find}({rest}, '/') = 0 THEN step.key || ' '"
        f" ELSE substr(step.key, 1, {len(folder)} + {find}({rest}, '/') - 1) || '0' END"
    )
    # Only our own identifiers and lengths are set into the text; keys and ids are parameters.
    seek = f"SELECT key FROM {table} WHERE bucket_id = %s AND key >= {{}} AND key < %s ORDER BY key LIMIT 1"
    sql = (
        f"WITH RECURSIVE step(key, n) AS (SELECT ({seek.format('%s')}), 1"
        f" UNION ALL SELECT ({seek.format(behind)}), n + 1 FROM step WHERE key IS NOT NULL AND n < %s)"
        f" SELECT o.key, o.size FROM step JOIN {table} o ON o.bucket_id = %s AND o.key = step.key ORDER BY n"
    )
    values: list[int | str] = [bucket_id, start, end, bucket_id, end, limit or 2**31, bucket_id]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()
