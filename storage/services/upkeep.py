"""Compares the store with the rows: finds damage, losses and orphans; mends orphans and sums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from accounts.models import Owner
from repos.models import Repository
from storage import selectors
from storage.blobs import BlobMissing, BlobStore, Written
from storage.models import Blob, Bucket, ObjectVersion, StoredObject
from storage.store import blob_store


@dataclass(slots=True)
class Findings:
    """What a check found: `damaged` bytes differ from their digest, `lost` ones are referred to but not
    there, `orphans` are there without a row."""

    checked: int = 0
    damaged: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    orphans: list[Written] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.damaged or self.lost or self.orphans)


def check_store() -> Findings:
    """Read every blob of the store and compare it with its name and the rows. Changes nothing."""
    store, found = blob_store(), Findings()
    for sha256 in store.iter_digests():
        real = _hashed(store, sha256)
        if real is None:
            continue
        found.checked += 1
        if real.sha256 != sha256:
            found.damaged.append(sha256)
        elif not Blob.objects.filter(sha256=sha256).exists():
            found.orphans.append(real)
    found.lost = [sha256 for sha256 in _referred() if not store.exists(sha256)]
    return found


def adopt_orphans(*, orphans: Iterable[Written]) -> int:
    """Each orphan has a row again, touched now, so that collection frees it after the usual grace period.

    Deleting the bytes here would race with an upload of the same content; a row makes the ordinary way safe.
    """
    rows = [Blob(sha256=o.sha256, md5=o.md5, size=o.size, touched_at=timezone.now()) for o in orphans]
    Blob.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def recount_usage() -> int:
    """Each owner's `used_bytes` is what their repositories really use; the number of owners that were off.

    The sum follows each change; this mends it after what moves many bytes at once, such as a transfer.
    """
    mended = 0
    for owner_id in Owner.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            owner = Owner.objects.select_for_update().get(pk=owner_id)
            real = selectors.owner_bytes(owner)
            mended += Owner.objects.filter(pk=owner_id).exclude(used_bytes=real).update(used_bytes=real)
    return mended


def forget_usage(*, repository: Repository) -> None:
    """The owner's sum is without what the repository stores; called where the repository is deleted."""
    size = selectors.usage(repository).size
    Bucket.objects.filter(repository=repository).update(object_count=0, total_bytes=0)
    Owner.objects.filter(pk=repository.owner_id).update(used_bytes=F("used_bytes") - size)


def move_usage(*, repository: Repository, old_owner: Owner, new_owner: Owner) -> None:
    """What the repository stores counts for its new owner; called where the repository is handed over."""
    size = selectors.usage(repository).size
    Owner.objects.filter(pk=old_owner.pk).update(used_bytes=F("used_bytes") - size)
    Owner.objects.filter(pk=new_owner.pk).update(used_bytes=F("used_bytes") + size)


def _referred() -> Iterator[str]:
    held = Exists(StoredObject.objects.filter(blob=OuterRef("pk"))) | Exists(
        ObjectVersion.objects.filter(blob=OuterRef("pk"))
    )
    yield from Blob.objects.filter(held).order_by("pk").values_list("sha256", flat=True).iterator()


def _hashed(store: BlobStore, sha256: str) -> Written | None:
    """The digests of what is really stored, or None when it was collected while we looked."""
    try:
        blocks = store.open(sha256)
    except BlobMissing:
        return None
    digest, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    for block in blocks:
        digest.update(block)
        md5.update(block)
        size += len(block)
    return Written(digest.hexdigest(), md5.hexdigest(), size)
