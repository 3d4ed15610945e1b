"""What the storage room keeps rows about: blobs, buckets and the objects in them, and buckets elsewhere."""

from __future__ import annotations

from storage.models.connections import ConnectedBucket
from storage.models.locks import LfsLock
from storage.models.manifests import Manifest, ManifestEntry
from storage.models.objects import Blob, Bucket, StoredObject
from storage.models.uploads import Upload, UploadPart
from storage.models.versions import ObjectVersion

__all__ = [
    "Blob",
    "Bucket",
    "ConnectedBucket",
    "LfsLock",
    "Manifest",
    "ManifestEntry",
    "ObjectVersion",
    "StoredObject",
    "Upload",
    "UploadPart",
]
