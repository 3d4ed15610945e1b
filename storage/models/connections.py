"""Outside buckets that a repository shows beside its own."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models import Repository
from storage.connected import KINDS


class ConnectedBucket(models.Model):
    """A bucket elsewhere that whoever may read the repository may read through the hub; nothing is written there."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="connected_buckets", db_index=False)
    name = models.SlugField(max_length=40, db_index=False)
    kind = models.CharField(max_length=8, choices=list(KINDS.items()))
    # For Azure the container.
    bucket = models.CharField(max_length=222)
    # "" or ending in a slash.
    prefix = models.CharField(max_length=1024, blank=True)
    region = models.CharField(max_length=40, blank=True)
    endpoint = models.CharField(max_length=500, blank=True)
    account = models.CharField(max_length=24, blank=True)
    # Key ID and secret as JSON under hub.lib.sealing; empty for a public bucket.
    sealed_keys = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "name"], name="storage_connected_once"),
        ]

    def __str__(self) -> str:
        return self.name
