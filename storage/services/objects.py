"""Puts, copies and deletes objects, and keeps the running totals of their bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Sum
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Owner
from hub.lib.errors import Conflict, Invalid, NotFound, QuotaExceeded
from repos.models import Repository
from storage import selectors
from storage.blobs import Written
from storage.keys import checked_key
from storage.models import Blob, Bucket, StoredObject
from storage.store import blob_store


def put_object(
    *,
    repository: Repository,
    space: str,
    key: str,
    chunks: Iterable[bytes],
    content_type: str = "",
    expected_size: int | None = None,
    actor: Actor | None = None,
) -> StoredObject:
    """The object `key` of the repository's `space` holds exactly these bytes, durably, and none else.

    `expected_size` is in bytes. Raises Invalid for a bad key or another size, QuotaExceeded when the owner or
    the disk has no room; then, as when `chunks` raises, nothing has changed.
    """
    checked_key(key)
    store = blob_store()
    with store.stage(_within_quota(repository, space, key, chunks)) as staged:
        if expected_size not in (None, staged.written.size):
            raise Invalid(
                f"{staged.written.size} of {expected_size} bytes arrived; nothing was kept.",
                next_step="Send it again.",
            )
        # The row comes before the bytes: collection leaves freshly touched rows alone, and locks to delete.
        blob = _touched_blob(staged.written)
        store.publish(staged)
    return _name_blob(repository, space, key, blob, content_type, actor)


def copy_object(
    *, source: StoredObject, repository: Repository, space: str, key: str, actor: Actor | None = None
) -> StoredObject:
    """The object `key` holds what `source` holds; no bytes move. The caller has asked who may read `source`.

    Raises Invalid for a bad key, NotFound when the source is gone, QuotaExceeded when the owner has no room.
    """
    checked_key(key)
    if not Blob.objects.filter(pk=source.blob_id, objects_stored=source).exists():
        raise NotFound(f"{source.key} is gone.")
    Blob.objects.filter(pk=source.blob_id).update(touched_at=timezone.now())
    return _name_blob(repository, space, key, source.blob, source.content_type, actor)


@transaction.atomic
def delete_object(*, repository: Repository, space: str, key: str) -> None:
    """The object is gone; its blob follows after a grace period, unless in use. Raises NotFound, Invalid."""
    checked_key(key)
    bucket = _locked_bucket(repository, space)
    deleted, _ = _delete(bucket, StoredObject.objects.filter(bucket=bucket, key=key)) if bucket else (0, 0)
    if not deleted:
        raise NotFound(f"There is no {key} here.")


@transaction.atomic
def delete_tree(*, repository: Repository, space: str, prefix: str) -> int:
    """Everything below the folder `prefix` ("" for all) is gone; returns the number of objects deleted."""
    bucket = _locked_bucket(repository, space)
    return 0 if bucket is None else _delete(bucket, selectors.objects_below(bucket, prefix))[0]


def _within_quota(repository: Repository, space: str, key: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, as long as the owner has room for them; stops a hopeless upload early."""
    room = selectors.room_left(repository, space, key)
    for chunk in chunks:
        if room is not None:
            room -= len(chunk)
            if room < 0:
                raise _over_quota(repository.owner)
        yield chunk


def _touched_blob(written: Written) -> Blob:
    """The blob's row, new or not, marked as touched now. One statement, so that it locks the row it finds."""
    blob = Blob(sha256=written.sha256, md5=written.md5, size=written.size, touched_at=timezone.now())
    Blob.objects.bulk_create([blob], update_conflicts=True, unique_fields=["sha256"], update_fields=["touched_at"])
    return Blob.objects.get(sha256=written.sha256)


def _name_blob(
    repository: Repository, space: str, key: str, blob: Blob, content_type: str, actor: Actor | None
) -> StoredObject:
    try:
        with transaction.atomic():
            Bucket.objects.get_or_create(repository=repository, name=space)
            bucket = Bucket.objects.select_for_update().get(repository=repository, name=space)
            _, replaced = _delete(bucket, StoredObject.objects.filter(bucket=bucket, key=key))
            stored = StoredObject.objects.create(
                bucket=bucket, key=key, blob=blob, size=blob.size, content_type=content_type[:127],
                created_by=actor.user if actor else None,
            )  # fmt: skip
            _count(bucket, 1, blob.size)
            if blob.size > replaced:
                _check_quota(repository)
            return stored
    except IntegrityError as error:
        raise Conflict(
            "The repository was deleted while this was stored; nothing was kept.",
            next_step="Look whether it still exists, and send it again.",
        ) from error


def _locked_bucket(repository: Repository, space: str) -> Bucket | None:
    return Bucket.objects.select_for_update().filter(repository=repository, name=space).first()


def _delete(bucket: Bucket, objects: selectors.Objects) -> tuple[int, int]:
    """Delete rows of a locked bucket; (how many, their bytes). Their blobs' grace period starts now."""
    found = objects.aggregate(count=Count("pk"), size=Sum("size"))
    if not found["count"]:
        return 0, 0
    Blob.objects.filter(pk__in=objects.values("blob")).update(touched_at=timezone.now())
    objects.delete()
    _count(bucket, -found["count"], -found["size"])
    return found["count"], found["size"]


def _count(bucket: Bucket, objects: int, size: int) -> None:
    """Add to the running totals of the bucket and of its owner."""
    Bucket.objects.filter(pk=bucket.pk).update(
        object_count=F("object_count") + objects, total_bytes=F("total_bytes") + size
    )
    if size:
        Owner.objects.filter(repositories=bucket.repository_id).update(used_bytes=F("used_bytes") + size)


def _check_quota(repository: Repository) -> None:
    """Called where bytes were added, which locked the owner's row: no two uploads can take the same rest."""
    owner = Owner.objects.get(pk=repository.owner_id)
    if owner.quota is not None and owner.used_bytes > owner.quota:
        raise _over_quota(owner)


def _over_quota(owner: Owner) -> QuotaExceeded:
    return QuotaExceeded(
        f"{owner.slug} has used up its quota of {owner.quota} bytes; nothing of this upload was kept.",
        next_step="Delete what is no longer needed, or ask an administrator for more room.",
    )
