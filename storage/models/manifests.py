"""The lists of directories that DVC keeps, as rows, so that a page of a million files is one range of an index."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from storage.keys import LONGEST_KEY, KeyField
from storage.models.objects import Blob


class Manifest(models.Model):
    """What is known of one list, by its content: rows grant nothing, the repository's own object does."""

    class State(models.TextChoices):
        """How far the list has been read."""

        WAITING = "waiting"
        READY = "ready"
        BROKEN = "broken"

    blob = models.OneToOneField(Blob, models.CASCADE, related_name="manifest")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    files = models.BigIntegerField(default=0)
    # Entries that no page can show: paths that lead elsewhere or are longer than keys may be.
    left_out = models.BigIntegerField(default=0)
    fault = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.files} files of {self.blob_id}"


class ManifestEntry(models.Model):
    """One file of a listed directory: its path below it, and the MD5 by which the remote keeps it."""

    manifest = models.ForeignKey(Manifest, models.CASCADE, related_name="entries", db_index=False)
    path = KeyField(max_length=LONGEST_KEY)
    md5 = models.CharField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["manifest", "path"], name="storage_manifest_path"),
        ]

    def __str__(self) -> str:
        return self.path
