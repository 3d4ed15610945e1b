"""Blobs, the buckets of a repository, and the objects that name a blob inside a bucket."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models import Repository
from storage.keys import LONGEST_KEY, KeyField


class Blob(models.Model):
    """Content by digest, stored once for the whole hub. Having a hash grants nothing: objects grant."""

    sha256 = models.CharField(max_length=64, unique=True)
    # Empty until a protocol that names things so has computed it.
    md5 = models.CharField(max_length=32, blank=True, db_index=True)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The last time an object took or left this content; collection keeps off for a grace period after it.
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.sha256


class Bucket(models.Model):
    """One space of keys in a repository, with running totals of what it holds."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="buckets")
    name = models.CharField(max_length=40)
    object_count = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "name"], name="storage_bucket_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.repository_id}"


class StoredObject(models.Model):
    """A key in a bucket and the blob it stands for; the row is the permission to read that blob there."""

    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="objects_stored", db_index=False)
    key = KeyField(max_length=LONGEST_KEY)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="objects_stored")
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=127, blank=True)
    # What the client wants to be told again with the bytes, such as S3's x-amz-meta headers.
    metadata = models.JSONField(default=dict, blank=True)
    # Set where a protocol names the content by a tag that is none of the blob's digests.
    etag = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            # Its index also answers every listing: a bucket's keys in byte order.
            models.UniqueConstraint(fields=["bucket", "key"], name="storage_object_key"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rsplit("/", 1)[-1]
