"""The blob engine: bytes kept under their SHA-256 on a disk, in S3, GCS or Azure; no models, no access rules."""

from __future__ import annotations

from storage.blobs.base import (
    BLOCK_SIZE,
    MD5,
    SHA256,
    BlobMissing,
    BlobStore,
    Digests,
    PartMissing,
    Staged,
    Written,
    WrongDigest,
)
from storage.blobs.choose import StoreConfig, fault_of, make_store

__all__ = [
    "BLOCK_SIZE",
    "MD5",
    "SHA256",
    "BlobMissing",
    "BlobStore",
    "Digests",
    "PartMissing",
    "Staged",
    "StoreConfig",
    "Written",
    "WrongDigest",
    "fault_of",
    "make_store",
]
