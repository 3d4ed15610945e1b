"""The hub's one blob store, made from the settings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from storage.blobs import BlobStore, StoreConfig, make_store


def blob_store() -> BlobStore:
    """The store that HUB_BLOBS names; by default a folder in the hub's home."""
    return _made(store_config())


def store_config() -> StoreConfig:
    """Where the settings say that blobs are kept."""
    return StoreConfig(
        home=Path(settings.BLOBS_DIR),
        url=settings.BLOB_STORE,
        endpoint=settings.S3_ENDPOINT,
        azure=settings.AZURE_CONNECTION,
    )


@cache
def _made(config: StoreConfig) -> BlobStore:
    return make_store(config)
