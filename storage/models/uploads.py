"""Uploads that arrive in parts, and the parts that wait for the rest."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from storage.keys import LONGEST_KEY, KeyField
from storage.models.objects import Bucket


def new_upload_id() -> str:
    """32 random hexadecimal digits; unlike the row's number they tell nobody how many uploads there are."""
    return secrets.token_hex(16)


class Upload(models.Model):
    """An object on its way in, in parts; nothing is visible at its key until it is completed."""

    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="uploads")
    public_id = models.CharField(max_length=32, unique=True, default=new_upload_id, editable=False)
    key = KeyField(max_length=LONGEST_KEY)
    content_type = models.CharField(max_length=127, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The last time a part arrived; abandoned uploads are removed some days after it.
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)
    # The tag of the object that it became, so that completing again finds it; empty until then.
    etag = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"{self.public_id} of {self.key}"


class UploadPart(models.Model):
    """One part, received whole and synced; `file` is what the blob store calls it."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=80, unique=True)
    md5 = models.CharField(max_length=32)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upload", "number"], name="storage_upload_part_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of upload {self.upload_id}"
