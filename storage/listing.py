"""Pages of a bucket's keys in byte order, as S3 lists them: any prefix, any delimiter, from behind any key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import TypeVar

from django.db import connection
from django.db.models import Q, QuerySet

from repos.models import Repository
from storage.models import Bucket, ObjectVersion, StoredObject

LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Page:
    """Objects and common prefixes, as one ascending list, and whether more follow."""

    entries: Sequence[StoredObject | str]
    has_more: bool

    @property
    def last(self) -> str:
        """The key or common prefix that the next page begins behind; "" for an empty page."""
        if not self.entries:
            return ""
        last = self.entries[-1]
        return last if isinstance(last, str) else last.key


def page_of_keys(
    repository: Repository, space: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000
) -> Page:
    """Keys that begin with `prefix` and come behind `after`, at most `limit`.

    With a `delimiter`, keys that share all up to its first occurrence behind the prefix make one entry, which costs
    one step in the index however many they are. `after` may be such an entry: then the page begins behind all of it.
    """
    bucket = Bucket.objects.filter(repository=repository, name=space).first()
    if bucket is None or limit < 1 or _is_impossible(prefix) or _is_impossible(delimiter):
        return Page([], has_more=False)
    start = max(prefix, _behind(_possible(after), prefix, delimiter))
    if not delimiter:
        rows = StoredObject.objects.filter(bucket=bucket, key__gte=start, key__lt=_end(prefix))
        found = list(rows.select_related("blob").order_by("key")[: limit + 1])
        return Page(found[:limit], has_more=len(found) > limit)
    keys = _steps(bucket.pk, prefix, delimiter, start, limit + 1)
    entries: list[StoredObject | str] = []
    stored = _stored(bucket, [key for key in keys[:limit] if not _shared(key, prefix, delimiter)])
    for key in keys[:limit]:
        shared = _shared(key, prefix, delimiter)
        if shared:
            entries.append(shared)
        elif key in stored:  # else it was deleted between the two statements
            entries.append(stored[key])
    return Page(entries, has_more=len(keys) > limit)


def versions_of(repository: Repository, space: str, key: str) -> QuerySet[ObjectVersion]:
    """What the key held before, and the marks of its deletions, the newest first."""
    found = ObjectVersion.objects.filter(bucket__repository=repository, bucket__name=space, key=key)
    return found.select_related("created_by").order_by("-pk")


def find_version(repository: Repository, space: str, key: str, version_id: str) -> StoredObject | ObjectVersion | None:
    """The version of a key with this id, current or former, or the mark of a deletion; None where there is none."""
    here = {"bucket__repository": repository, "bucket__name": space, "key": key}
    number = (
        int(version_id[1:]) if version_id[1:].isascii() and version_id[1:].isdigit() and len(version_id) < 19 else 0
    )
    former = ObjectVersion.objects.select_related("blob", "created_by").filter(**here)
    if version_id.startswith("d"):
        return former.filter(pk=number, blob=None).first()
    if not version_id.startswith("v"):
        return None
    current = StoredObject.objects.select_related("blob").filter(**here, pk=number).first()
    return current or former.filter(number=number).exclude(blob=None).first()


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A current object, a former version or the mark of a deletion, as listings of versions show it."""

    row: StoredObject | ObjectVersion
    is_latest: bool


def page_of_versions(
    repository: Repository, space: str, *, prefix: str = "", after: str = "", after_version: str = "", limit: int = 1000
) -> tuple[list[ListedVersion], bool]:
    """Versions of keys that begin with `prefix`, by key and the newest first, and whether more follow.

    The page begins behind the key `after`, or behind its version `after_version`.
    """
    if limit < 1 or _is_impossible(prefix) or _is_impossible(after):
        return [], False
    bucket = Bucket.objects.filter(repository=repository, name=space).first()
    current = _rows_below(StoredObject.objects.all(), bucket, prefix).filter(key__gt=after).order_by("key")
    former = _rows_below(ObjectVersion.objects.all(), bucket, prefix)
    if after_version:
        older = Q(key=after, pk__lt=_row_of(former.filter(key=after), after_version))
        former = former.filter(Q(key__gt=after) | older)
    else:
        former = former.filter(key__gt=after)
    rows: list[Iterable[StoredObject | ObjectVersion]] = [current[: limit + 1]]
    rows.append(former.order_by("key", "-pk")[: limit + 1])
    merged = merge(*rows, key=_place)
    found: list[ListedVersion] = []
    last = after if after_version else None
    for row in islice(merged, limit + 1):
        found.append(ListedVersion(row, is_latest=row.key != last))
        last = row.key
    return found[:limit], len(found) > limit


V = TypeVar("V", StoredObject, ObjectVersion)


def _rows_below(rows: QuerySet[V], bucket: Bucket | None, prefix: str) -> QuerySet[V]:
    return rows.filter(bucket=bucket, key__gte=prefix, key__lt=_end(prefix)).select_related("blob", "created_by")


def _place(row: StoredObject | ObjectVersion) -> tuple[bytes, int]:
    """Where a row stands: by key as the database orders them, the current before the former."""
    return row.key.encode(), -row.pk if isinstance(row, ObjectVersion) else -(2**63)


def _row_of(rows: QuerySet[ObjectVersion], version_id: str) -> int:
    """The row number of a version; above all for one that is current or was removed meanwhile."""
    number = (
        int(version_id[1:]) if version_id[1:].isascii() and version_id[1:].isdigit() and len(version_id) < 19 else 0
    )
    if version_id.startswith("d"):
        return number
    found = rows.filter(number=number).exclude(blob=None).values_list("pk", flat=True).first()
    return 2**63 - 1 if found is None else found


def _number(version_id: str) -> int:
    """The number in `v12` or `d12`; 0, which no row has, for anything else."""
    digits = version_id[1:]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else 0


def _possible(after: str) -> str:
    """The text up to its first control: no key has one, so that the same keys come behind both."""
    return next((after[:at] for at, letter in enumerate(after) if ord(letter) < 32), after)


def _is_impossible(text: str) -> bool:
    """No key can hold it, and a database may not even be asked."""
    return any(ord(letter) < 32 for letter in text)


def _shared(key: str, prefix: str, delimiter: str) -> str:
    """The common prefix that a key belongs to; "" for one that stands for itself."""
    at = key.find(delimiter, len(prefix)) if delimiter else -1
    return key[: at + len(delimiter)] if at >= 0 else ""


def _behind(after: str, prefix: str, delimiter: str) -> str:
    """The first text that can follow `after`. No character of a key is below a space."""
    if not after:
        return ""
    return _next(after) if after == _shared(after, prefix, delimiter) and after.startswith(prefix) else after + " "


def _next(text: str) -> str:
    """The first text behind all that begin with this one."""
    last = ord(text[-1])
    # Between these two lie halves of letters, which are no text.
    return text + LAST if last == 0x10FFFF else text[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)


def _end(prefix: str) -> str:
    """The first text behind all keys with this prefix."""
    return _next(prefix) if prefix else LAST


def _stored(bucket: Bucket, keys: list[str]) -> dict[str, StoredObject]:
    """The objects with these keys, asked for in portions that every database takes."""
    rows = StoredObject.objects.filter(bucket=bucket).select_related("blob")
    found: dict[str, StoredObject] = {}
    for start in range(0, len(keys), 500):
        found.update((row.key, row) for row in rows.filter(key__in=keys[start : start + 500]))
    return found


def _steps(bucket_id: int, prefix: str, delimiter: str, start: str, limit: int) -> list[str]:
    """The first key of each entry of a listing: a loose scan of the index, which skips what entries share."""
    table = StoredObject._meta.db_table
    seek = f"SELECT key FROM {table} WHERE bucket_id = %s AND key >= {{}} AND key < %s ORDER BY key LIMIT 1"
    find = "strpos" if connection.vendor == "postgresql" else "instr"
    # Where the delimiter is found, counted from 1 behind the prefix; 0 when it is not.
    found = f"{find}(substr(step.key, {len(prefix) + 1}), %s)"
    # Behind an entry: the key and a space, or the common prefix with the last letter of the delimiter moved on.
    behind = (
        f"CASE WHEN {found} = 0 THEN step.key || ' ' ELSE substr(step.key, 1, {len(prefix)} + {found} - 1) || %s END"
    )
    # Only our own identifiers and lengths are set into the text; keys and ids are parameters.
    statement = (
        f"WITH RECURSIVE step(key, n) AS (SELECT ({seek.format('%s')}), 1"
        f" UNION ALL SELECT ({seek.format(behind)}), n + 1 FROM step WHERE key IS NOT NULL AND n < %s)"
        f" SELECT key FROM step WHERE key IS NOT NULL ORDER BY n"
    )
    end = _end(prefix)
    values: list[int | str] = [bucket_id, start, end, bucket_id, delimiter, delimiter, _next(delimiter), end, limit]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
