"""Brings former versions of objects back, and removes versions for ever."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.actor import Actor
from hub.lib.errors import NotFound
from repos.models import Repository
from storage.keys import checked_key
from storage.models import Blob, Bucket, ObjectVersion, StoredObject
from storage.services.naming import name_blob
from storage.services.objects import Label, Place, count, delete_rows

BATCH = 500


@transaction.atomic
def restore_version(*, repository: Repository, space: str, key: str, version_id: str, actor: Actor) -> StoredObject:
    """The key holds again what it held in this version; what it holds now becomes a version itself.

    Raises NotFound when there is no such former version with bytes, QuotaExceeded.
    """
    bucket = _locked(repository, space)
    version = _former(bucket, key, version_id)
    if version is None or version.blob is None:
        raise _missing(key)
    Blob.objects.filter(pk=version.blob.pk).update(touched_at=timezone.now())
    label = Label(version.content_type, version.metadata, version.etag, actor)
    return name_blob(Place(repository, space, key), version.blob, label)


@transaction.atomic
def delete_version(*, repository: Repository, space: str, key: str, version_id: str) -> None:
    """This version is gone for ever. Without the newest one, or the mark of a deletion, the one before is current.

    Raises NotFound when there is no such version.
    """
    checked_key(key)
    bucket = _locked(repository, space)
    current = StoredObject.objects.filter(bucket=bucket, key=key)
    if current.filter(pk=_number(version_id, "v")).exists():
        delete_rows(bucket, current, for_ever=True)
    else:
        version = _former(bucket, key, version_id)
        if version is None:
            raise _missing(key)
        _remove(bucket, [version])
    if not current.exists():
        _promote(bucket, key)


def expire_versions(*, older_than: timedelta) -> int:
    """Versions and marks that are `older_than` are gone; returns how many. Their bytes count no more."""
    latest, removed = timezone.now() - older_than, 0
    while True:
        old = list(ObjectVersion.objects.filter(retired_at__lt=latest).order_by("pk")[:BATCH])
        if not old:
            return removed
        for bucket_id in sorted({version.bucket_id for version in old}):
            with transaction.atomic():
                bucket = Bucket.objects.select_for_update().filter(pk=bucket_id).first()
                mine = [version for version in old if version.bucket_id == bucket_id]
                removed += len(mine)
                if bucket is not None:
                    _remove(bucket, mine)


def _remove(bucket: Bucket, versions: list[ObjectVersion]) -> None:
    """Delete rows of a locked bucket, as many as are still there; their blobs' grace period starts now."""
    rows = ObjectVersion.objects.filter(pk__in=[version.pk for version in versions])
    size = rows.aggregate(size=Sum("size"))["size"] or 0
    Blob.objects.filter(pk__in=rows.values("blob")).update(touched_at=timezone.now())
    rows.delete()
    count(bucket, 0, -size)


def _promote(bucket: Bucket, key: str) -> None:
    """The newest version of a key without a current object becomes that, under its own number; a mark stays one."""
    newest = ObjectVersion.objects.filter(bucket=bucket, key=key).order_by("-pk").first()
    if newest is None or newest.blob is None:
        return
    StoredObject.objects.create(
        pk=newest.number, bucket=bucket, key=key, blob=newest.blob, size=newest.size, metadata=newest.metadata,
        content_type=newest.content_type, etag=newest.etag, created_at=newest.created_at,
        updated_at=newest.created_at, created_by=newest.created_by,
    )  # fmt: skip
    newest.delete()
    count(bucket, 1, 0)


def _locked(repository: Repository, space: str) -> Bucket:
    bucket = Bucket.objects.select_for_update().filter(repository=repository, name=space).first()
    if bucket is None:
        raise NotFound("Nothing is stored here yet.")
    return bucket


def _former(bucket: Bucket, key: str, version_id: str) -> ObjectVersion | None:
    rows = ObjectVersion.objects.select_related("blob", "created_by").filter(bucket=bucket, key=key)
    if version_id.startswith("d"):
        return rows.filter(pk=_number(version_id, "d"), blob=None).first()
    return rows.filter(number=_number(version_id, "v")).exclude(blob=None).first()


def _number(version_id: str, letter: str) -> int:
    """The number in `v12` or `d12`; 0, which no row has, for anything else."""
    number = version_id.removeprefix(letter)
    right = version_id.startswith(letter) and number.isascii() and number.isdigit() and len(number) <= 18
    return int(number) if right else 0


def _missing(key: str) -> NotFound:
    return NotFound(f"There is no such version of {key}.")
