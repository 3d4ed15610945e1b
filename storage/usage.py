"""Where the bytes are: of one repository by what keeps them, of one owner by repository."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, QuerySet
from django.db.models import Sum as Total

from accounts.models import Owner
from repos.models import Repository
from storage.models import Bucket, ObjectVersion, UploadPart
from storage.selectors import objects_below
from storage.spaces import DATA, DVC, LFS

WORDS = {DATA: "Bucket (S3)", DVC: "DVC remote", LFS: "Git LFS", "artifacts": "Artifacts of runs and models"}


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of objects and their bytes."""

    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one keeper holds: objects (None where nothing is counted), bytes, and its share of all in per cent."""

    label: str
    objects: int | None
    size: int
    percent: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """The parts, the largest first, and their sum in bytes."""

    parts: tuple[Part, ...]
    size: int


def below(repository: Repository, space: str, folder: str) -> Sum:
    """What lies below a folder of a bucket, counted."""
    bucket = Bucket.objects.filter(repository=repository, name=space).first()
    if bucket is None:
        return Sum(0, 0)
    found = objects_below(bucket, folder).aggregate(objects=Count("pk"), size=Total("size"))
    return Sum(found["objects"], found["size"] or 0)


def of_repository(repository: Repository) -> Usage:
    """From running totals; only former versions and waiting parts are added up."""
    held: list[tuple[str, int | None, int, str]] = [("Git", None, repository.size_bytes, "code and its history")]
    for bucket in repository.buckets.all():
        extra = _extra(bucket)
        now = bucket.total_bytes - sum(size for _, _, size, _ in extra)
        held.append((WORDS.get(bucket.name, bucket.name), bucket.object_count, now, ""))
        held += extra
    total = sum(size for _, _, size, _ in held)
    parts = (
        Part(label, objects, size, round(100 * size / total, 1) if total else 0.0, note)
        for label, objects, size, note in sorted(held, key=lambda each: -each[2])
        if size or objects
    )
    return Usage(tuple(parts), total)


def _extra(bucket: Bucket) -> list[tuple[str, int | None, int, str]]:
    """What a bucket's total holds besides its objects."""
    word = WORDS.get(bucket.name, bucket.name)
    versions = ObjectVersion.objects.filter(bucket=bucket).exclude(blob=None)
    parts = UploadPart.objects.filter(upload__bucket=bucket)
    found: list[tuple[str, int | None, int, str]] = []
    for label, rows, note in (
        (f"{word}: former versions", versions, "can be restored until they expire"),
        (f"{word}: uploads under way", parts, "parts of uploads that are not complete"),
    ):
        sums = rows.aggregate(objects=Count("pk"), size=Total("size"))  # type: ignore[attr-defined]
        if sums["objects"]:
            found.append((label, sums["objects"], sums["size"] or 0, note))
    return found


def of_owner(owner: Owner) -> QuerySet[Repository]:
    """The owner's repositories with `stored_bytes` (all buckets) and `all_bytes` (Git too), the largest first."""
    rows = owner.repositories.annotate(stored_bytes=Total("buckets__total_bytes", default=0))
    return rows.annotate(all_bytes=F("stored_bytes") + F("size_bytes")).order_by("-all_bytes", "name")
