"""Locks of Git LFS: who has said that nobody else should change a file now."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models import Repository
from storage.keys import LONGEST_KEY, KeyField


class LfsLock(models.Model):
    """One locked path of a repository, on every branch of it."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="lfs_locks", db_index=False)
    path = KeyField(max_length=LONGEST_KEY)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    locked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "path"], name="storage_lfs_lock_once"),
        ]

    def __str__(self) -> str:
        return self.path
