"""Puts, copies and deletes objects, and keeps the running totals of their bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.actor import ANONYMOUS, Actor
from accounts.models import Owner
from hub.lib.durable import durable
from hub.lib.errors import Conflict, Invalid, NotFound, QuotaExceeded
from repos.models import Repository
from storage import selectors
from storage.blobs import MD5, SHA256, Written, WrongDigest
from storage.keys import checked_key
from storage.models import Blob, Bucket, ObjectVersion, StoredObject
from storage.services import keeping
from storage.store import blob_store

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


def put_object(
    *,
    repository: Repository,
    space: str,
    key: str,
    chunks: Iterable[bytes],
    content_type: str = "",
    expected_size: int | None = None,
    md5: str | None = None,
    sha256: str | None = None,
    want_md5: bool = False,
    metadata: dict[str, str] | None = None,
    unless: Unless | None = None,
    actor: Actor | None = None,
) -> StoredObject:
    """The object `key` of the repository's `space` holds exactly these bytes, durably, and none else.

    `expected_size` is in bytes, `md5` and `sha256` are hexadecimal digests which the content must have; without
    `md5` and `want_md5` the blob's MD5 may stay unknown. Raises Invalid for a bad key or another size,
    WrongDigest (an Invalid), QuotaExceeded when the owner or the disk has no room; then, as when `chunks` or
    `unless` raises, nothing has changed.
    """
    checked_key(key)
    store = blob_store()
    digests = SHA256 | MD5 if want_md5 or md5 is not None else SHA256
    with store.stage(within_quota(Place(repository, space, key), chunks), digests) as staged:
        check_received(staged.written, expected_size=expected_size, md5=md5, sha256=sha256)
        # The row comes before the bytes: collection leaves freshly touched rows alone, and locks to delete.
        blob = touched_blob(staged.written)
        store.publish(staged)
    return name_blob(Place(repository, space, key), blob, Label(content_type, metadata or {}, "", actor), unless)


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


def copy_object(
    *,
    source: StoredObject | ObjectVersion,
    repository: Repository,
    space: str,
    key: str,
    label: Label | None = None,
    unless: Unless | None = None,
    actor: Actor | None = None,
) -> StoredObject:
    """The object `key` holds what `source` holds; no bytes move. The caller has asked who may read `source`.

    `label` says something else of the bytes than the source does.

    Raises Invalid for a bad key, NotFound when the source is gone, QuotaExceeded when the owner has no room.
    """
    checked_key(key)
    blob = source.blob
    if blob is None or not type(source)._default_manager.filter(pk=source.pk, blob=blob).exists():
        raise NotFound(f"{source.key} is gone.")
    Blob.objects.filter(pk=blob.pk).update(touched_at=timezone.now())
    label = label or Label(source.content_type, source.metadata, source.etag, actor)
    return name_blob(Place(repository, space, key), blob, label, unless)


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


def touched_blob(written: Written) -> Blob:
    """The blob's row, new or not, marked as touched now. One statement, so that it locks the row it finds."""
    blob = Blob(sha256=written.sha256, md5=written.md5, size=written.size, touched_at=timezone.now())
    fields = ["touched_at", "md5"] if written.md5 else ["touched_at"]
    Blob.objects.bulk_create([blob], update_conflicts=True, unique_fields=["sha256"], update_fields=fields)
    return Blob.objects.get(sha256=written.sha256)


def name_blob(place: Place, blob: Blob, label: Label, unless: Unless | None = None) -> StoredObject:
    """The object at `place` stands for `blob`, in place of what was there.

    Raises Conflict, QuotaExceeded, and whatever `unless` raises.
    """
    try:
        with durable():
            bucket = _locked_bucket(place.repository, place.space) or _new_bucket(place)
            held = StoredObject.objects.select_related("blob").filter(bucket=bucket, key=place.key)
            former = held.first()
            if unless is not None:
                unless(former)
            replaced = 0 if former is None else delete_rows(bucket, held)[1]
            stored = StoredObject.objects.create(
                bucket=bucket, key=place.key, blob=blob, size=blob.size, content_type=label.content_type[:127],
                metadata=label.metadata, etag=label.etag, created_by=label.actor.user if label.actor else None,
            )  # fmt: skip
            count(bucket, 1, blob.size)
            if blob.size > replaced:
                check_quota(place.repository)
            return stored
    except IntegrityError as error:
        raise Conflict(
            "The repository was deleted while this was stored; nothing was kept.",
            next_step="Look whether it still exists, and send it again.",
        ) from error


def _locked_bucket(repository: Repository, space: str) -> Bucket | None:
    return Bucket.objects.select_for_update().filter(repository=repository, name=space).first()


def _new_bucket(place: Place) -> Bucket:
    """The bucket, made now or meanwhile by another, and locked."""
    Bucket.objects.get_or_create(repository=place.repository, name=place.space)
    return Bucket.objects.select_for_update().get(repository=place.repository, name=place.space)


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


def count(bucket: Bucket, objects: int, size: int) -> None:
    """Add to the running totals of the bucket and of its owner; bytes of parts and versions count too."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_BUCKETS} SET object_count = object_count + %s, total_bytes = total_bytes + %s WHERE id = %s",
            [objects, size, bucket.pk],
        )
        if size:
            cursor.execute(
                f"UPDATE {_OWNERS} SET used_bytes = used_bytes + %s"
                f" WHERE id = (SELECT owner_id FROM {_REPOSITORIES} WHERE id = %s)",
                [size, bucket.repository_id],
            )


def check_quota(repository: Repository, given_back: int = 0) -> None:
    """Called where bytes were added, which locked the owner's row: no two uploads can take the same rest.

    `given_back` are bytes that will be free when an upload in parts is complete.
    """
    owner = Owner.objects.get(pk=repository.owner_id)
    if owner.quota is not None and owner.used_bytes - given_back > owner.quota:
        raise _over_quota(owner)


def _over_quota(owner: Owner) -> QuotaExceeded:
    return QuotaExceeded(
        f"{owner.slug} has used up its quota of {owner.quota} bytes; nothing of this upload was kept.",
        next_step="Delete what is no longer needed, or ask an administrator for more room.",
    )


_BUCKETS, _OWNERS, _REPOSITORIES = (model._meta.db_table for model in (Bucket, Owner, Repository))
