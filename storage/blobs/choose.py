"""Chooses the blob store from an address: empty for a local folder, `s3://bucket/prefix` for S3."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from storage.blobs.base import BlobStore
from storage.blobs.disk import DiskStore


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """Where blobs are kept. `home` is a local folder; S3 uses it for uploads on their way in.

    Keys and region of S3 come from where AWS's tools take them: AWS_ACCESS_KEY_ID, profiles, roles.
    """

    home: Path
    url: str = ""
    endpoint: str = ""


def make_store(config: StoreConfig) -> BlobStore:
    """The store that `config` describes. Raises ValueError for an address that is not understood."""
    if not config.url:
        return DiskStore(config.home)
    address = urlsplit(config.url)
    if address.scheme != "s3" or not address.netloc:
        raise ValueError(f"Blobs are kept in a local folder or at s3://bucket/prefix, not at {config.url!r}.")
    # boto3 takes a third of a second to import, which a hub on a local disk need not wait for.
    from storage.blobs.s3 import S3Store

    return S3Store(address.netloc, address.path, config.home / "stage", endpoint=config.endpoint)
