"""Frees blobs that no row refers to any more, safely while others store the same content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from storage.blobs import BlobStore
from storage.models import Blob
from storage.store import blob_store


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection freed: blobs, their bytes, and files of interrupted uploads."""

    blobs: int
    size: int
    staged_files: int


def collect_garbage(*, older_than: timedelta) -> Collected:
    """Blobs that nothing refers to and nobody touched for `older_than` are gone, with leftovers of that age.

    `older_than` must be longer than an upload takes between its last byte and its row: minutes at the least.
    """
    store, latest = blob_store(), timezone.now() - older_than
    blobs = size = 0
    for blob_id in list(unreferenced().filter(touched_at__lt=latest).values_list("pk", flat=True)):
        freed = _collect(store, blob_id, older_than)
        if freed is not None:
            blobs, size = blobs + 1, size + freed
    return Collected(blobs, size, store.sweep_stage(older_than=older_than))


def unreferenced() -> QuerySet[Blob]:
    """Blobs to which no row refers; a model that gains a foreign key to Blob counts by itself."""
    blobs = Blob.objects.all()
    for relation in Blob._meta.related_objects:
        rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
        blobs = blobs.filter(~Exists(rows))
    return blobs


@transaction.atomic
def _collect(store: BlobStore, blob_id: int, older_than: timedelta) -> int | None:
    """The bytes freed, or None when somebody took the blob meanwhile.

    The row is locked, asked again, deleted, and only then the bytes: whoever stores the same content waits
    at the row for this transaction, finds no row afterwards, and publishes the bytes anew.
    """
    locked = Blob.objects.select_for_update().filter(pk=blob_id).first()
    if locked is None or locked.touched_at >= timezone.now() - older_than:
        return None
    if not unreferenced().filter(pk=blob_id).exists():
        return None
    locked.delete()
    store.delete(locked.sha256)
    return locked.size
