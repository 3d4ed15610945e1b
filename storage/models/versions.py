"""Former versions of objects, and the marks that say an object was deleted."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from storage.keys import LONGEST_KEY, KeyField
from storage.models.objects import Blob, Bucket


class ObjectVersion(models.Model):
    """What a key held until it was replaced or deleted; without a blob it marks the deletion.

    Rows of a key are in the order of their ids; the current version is the StoredObject, if there is one.
    """

    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="versions", db_index=False)
    key = KeyField(max_length=LONGEST_KEY)
    # The id of the StoredObject that it was: clients know a version by one name before and after it is replaced.
    number = models.BigIntegerField(default=0)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="versions")
    size = models.BigIntegerField(default=0)
    content_type = models.CharField(max_length=127, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    etag = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["bucket", "key", "-id"], name="storage_version_key")]

    def __str__(self) -> str:
        return f"{self.version_id} of {self.key}"

    @property
    def is_mark(self) -> bool:
        """It says that the object was deleted."""
        return self.blob_id is None

    @property
    def version_id(self) -> str:
        """What clients call it."""
        return f"d{self.pk}" if self.is_mark else f"v{self.number}"
