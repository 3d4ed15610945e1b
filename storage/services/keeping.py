"""Keeps what is replaced or deleted as versions, in the spaces that have them."""

from __future__ import annotations

from itertools import islice

from django.db.models import QuerySet
from django.utils import timezone

from accounts.actor import Actor
from storage.models import Bucket, ObjectVersion, StoredObject
from storage.spaces import keeps_versions

BATCH = 500
_FIELDS = ("key", "blob_id", "size", "content_type", "metadata", "etag", "created_at", "created_by_id")


def keep(bucket: Bucket, objects: QuerySet[StoredObject], *, marked_by: Actor | None) -> int:
    """These objects of a locked bucket stay as versions of their keys; returns their bytes, 0 where none are kept.

    With `marked_by` the keys are marked as deleted by them; otherwise another object takes their place.
    """
    if not keeps_versions(bucket.name):
        return 0
    now, size = timezone.now(), 0
    rows = objects.order_by("key").values("pk", *_FIELDS).iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        versions = []
        for row in batch:
            size += row["size"]
            versions.append(ObjectVersion(bucket=bucket, number=row.pop("pk"), retired_at=now, **row))
            if marked_by is not None:
                mark = ObjectVersion(bucket=bucket, key=row["key"], created_by=marked_by.user, retired_at=now)
                versions.append(mark)
        ObjectVersion.objects.bulk_create(versions)
    return size
