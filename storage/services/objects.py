"""Where objects are and what may be there: deleting them, quotas, and the running totals of their bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.actor import ANONYMOUS, Actor
from accounts.models import Owner
from hub.lib.errors import Invalid, NotFound, QuotaExceeded
from repos.models import Repository
from storage import selectors
from storage.blobs import Written, WrongDigest
from storage.keys import checked_key
from storage.models import Blob, Bucket, StoredObject
from storage.services import keeping

Unless = Callable[[StoredObject | None], None]
"""Looks at what a key holds before it is replaced, and raises to leave it; called while nobody else can change it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is: `key` in the `space` of a repository."""

    repository: Repository
    space: str
    key: str


@dataclass(frozen=True, slots=True)
class Label:
    """What an object says of its bytes, and who put them there."""

    content_type: str
    metadata: dict[str, str]
    etag: str
    actor: Actor | None


def check_received(
    written: Written, *, expected_size: int | None, md5: str | None = None, sha256: str | None = None
) -> None:
    """Nothing, when content is what its sender announced. Raises Invalid for another size, WrongDigest."""
    if expected_size not in (None, written.size):
        raise Invalid(f"{written.size} of {expected_size} bytes arrived; nothing was kept.", next_step="Send it again.")
    for name, wanted, real in (("MD5", md5, written.md5), ("SHA-256", sha256, written.sha256)):
        if wanted is not None and wanted.lower() != real:
            raise WrongDigest(
                f"The {name} of what arrived is {real}, not {wanted}; nothing was kept.",
                field=name.replace("-", "").lower(),
                next_step="Send it again.",
            )


@transaction.atomic
def delete_object(*, repository: Repository, space: str, key: str, actor: Actor | None = None) -> None:
    """The object is gone, or in a space that keeps versions only hidden by a mark.

    A blob that nothing refers to follows after a grace period. Raises NotFound, Invalid.
    """
    checked_key(key)
    bucket = _locked_bucket(repository, space)
    held = StoredObject.objects.filter(bucket=bucket, key=key)
    if bucket is None or not delete_rows(bucket, held, marked_by=actor or ANONYMOUS)[0]:
        raise NotFound(f"There is no {key} here.")


@transaction.atomic
def delete_tree(*, repository: Repository, space: str, prefix: str) -> int:
    """Everything below the folder `prefix` ("" for all) is gone; returns the number of objects deleted."""
    bucket = _locked_bucket(repository, space)
    return 0 if bucket is None else delete_rows(bucket, selectors.objects_below(bucket, prefix), marked_by=ANONYMOUS)[0]


def within_quota(place: Place, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, as long as the owner has room for them; stops a hopeless upload early."""
    room = selectors.room_left(place.repository, place.space, place.key)
    for chunk in chunks:
        if room is not None:
            room -= len(chunk)
            if room < 0:
                raise _over_quota(place.repository.owner)
        yield chunk


def _locked_bucket(repository: Repository, space: str) -> Bucket | None:
    return Bucket.objects.select_for_update().filter(repository=repository, name=space).first()


def delete_rows(
    bucket: Bucket, objects: selectors.Objects, *, marked_by: Actor | None = None, for_ever: bool = False
) -> tuple[int, int]:
    """Delete rows of a locked bucket; (how many, the bytes freed). Their blobs' grace period starts now.

    A space that keeps versions keeps them, unless `for_ever`; `marked_by` says who hides their keys.
    """
    found = objects.aggregate(count=Count("pk"), size=Sum("size"))
    if not found["count"]:
        return 0, 0
    Blob.objects.filter(pk__in=objects.values("blob")).update(touched_at=timezone.now())
    kept = 0 if for_ever else keeping.keep(bucket, objects, marked_by=marked_by)
    objects.delete()
    count(bucket, -found["count"], kept - found["size"])
    return found["count"], found["size"] - kept


def count(bucket: Bucket, objects: int, size: int) -> Owner | None:
    """Add to the running totals of the bucket and of its owner; bytes of parts and versions count too.

    Returns the owner as they are now, where that changed. They are locked: no two uploads can take the same rest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_BUCKETS} SET object_count = object_count + %s, total_bytes = total_bytes + %s WHERE id = %s",
            [objects, size, bucket.pk],
        )
        if not size:
            return None
        cursor.execute(
            f"UPDATE {_OWNERS} SET used_bytes = used_bytes + %s"
            f" WHERE id = (SELECT owner_id FROM {_REPOSITORIES} WHERE id = %s) RETURNING {', '.join(_TOLD)}",
            [size, bucket.repository_id],
        )
        row = cursor.fetchone()
    return None if row is None else Owner.from_db(DEFAULT_DB_ALIAS, _TOLD, row)


def check_quota(owner: Owner | None, given_back: int = 0) -> None:
    """Raise QuotaExceeded when the owner, as `count` has returned them, uses more than they may.

    `given_back` are bytes that will be free when an upload in parts is complete.
    """
    if owner is not None and owner.quota is not None and owner.used_bytes - given_back > owner.quota:
        raise _over_quota(owner)


def _over_quota(owner: Owner) -> QuotaExceeded:
    return QuotaExceeded(
        f"{owner.slug} has used up its quota of {owner.quota} bytes; nothing of this upload was kept.",
        next_step="Delete what is no longer needed, or ask an administrator for more room.",
    )


_TOLD = [field.attname for field in Owner._meta.concrete_fields if field.attname in ("id", "quota_bytes", "used_bytes")]
_BUCKETS, _OWNERS, _REPOSITORIES = (model._meta.db_table for model in (Bucket, Owner, Repository))
