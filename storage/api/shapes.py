"""Files and folders as JSON: what the fields are called and mean, and how entries become them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from rest_framework import serializers

from accounts.api.door import base_url
from repos.models import Repository
from storage.api.buckets import BucketEntry, BucketSource
from storage.tree import Item


class ContentEntry(serializers.Serializer[Any]):
    """A file or folder. No member is ever null."""

    path = serializers.CharField(help_text="From the root of the repository; in buckets protocol/bucket/key.")
    type = serializers.ChoiceField(["file", "dir"])
    size = serializers.IntegerField(help_text="Bytes; 0 for folders, and for files of Git without include_size.")
    hash = serializers.CharField(
        allow_blank=True, help_text="Git's object id, DVC's MD5, LFS's SHA-256 or S3's ETag; empty for bare folders."
    )
    versioning = serializers.ChoiceField(["git", "dvc", "bucket"])
    download_url = serializers.CharField(help_text="The bytes, or for a folder its listing.")
    content_url = serializers.CharField(help_text="This record, or the folder's listing.")


class StorageEntry(serializers.Serializer[Any]):
    """A bucket."""

    name = serializers.CharField()
    protocol = serializers.ChoiceField(["s3", "gs", "azure"])
    list_path = serializers.CharField(help_text="The address of its listing.")


class BucketPage(serializers.Serializer[Any]):
    """A page of a bucket."""

    entries = ContentEntry(many=True)
    limit = serializers.IntegerField()
    next_token = serializers.CharField(allow_null=True, help_text="Send it as from_token; null on the last page.")


class Committed(serializers.Serializer[Any]):
    """What a change left behind."""

    branch = serializers.CharField()
    commit = serializers.CharField(help_text="The tip of the branch; also in the header ETag.")


def api_url(request: HttpRequest, repository: Repository) -> str:
    """`…/api/v1/repos/<owner>/<name>`."""
    return f"{base_url(request)}/api/v1/repos/{repository.full_name}"


def shown_item(base: str, commit: str, item: Item) -> dict[str, Any]:
    """A file or folder of a commit. Addresses name the commit, so that what was listed is what is fetched."""
    place = f"{commit}/{quote(item.path)}"
    is_file = item.kind == "file"
    return {
        "path": item.path,
        "type": "file" if is_file else "dir",
        "size": item.size,
        "hash": item.hash,
        "versioning": item.versioning,
        "download_url": f"{base}/{'raw' if is_file else 'content'}/{place}",
        "content_url": f"{base}/content/{place}",
    }


def shown_object(base: str, bucket: BucketSource, entry: BucketEntry) -> dict[str, Any]:
    """A file or folder of a bucket."""
    path = f"{bucket.protocol}/{bucket.name}/{entry.key.removesuffix('/') if entry.is_dir else entry.key}"
    return {
        "path": path,
        "type": "dir" if entry.is_dir else "file",
        "size": entry.size,
        "hash": entry.tag,
        "versioning": "bucket",
        "download_url": f"{base}/storage/{'content' if entry.is_dir else 'raw'}/{quote(path)}",
        "content_url": f"{base}/storage/content/{quote(path)}",
    }
