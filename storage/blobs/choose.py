"""Chooses the blob store from an address: empty for a local folder, else a bucket of S3, GCS or Azure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from hub.lib.errors import Invalid
from storage.blobs.base import BlobStore
from storage.blobs.disk import DiskStore

GCS_ENDPOINT = "https://storage.googleapis.com"
_KINDS = ("s3", "gs", "azure")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """Where blobs are kept. `home` is a local folder; other stores use it for uploads on their way in.

    Keys and region of S3, and of GCS (HMAC keys), come from where AWS's tools take them: AWS_ACCESS_KEY_ID, profiles,
    roles. `azure` is a connection string of Azure.
    """

    home: Path
    url: str = ""
    endpoint: str = ""
    azure: str = field(default="", repr=False)


def make_store(config: StoreConfig) -> BlobStore:
    """The store that `config` describes. Raises ValueError for an address that is not understood."""
    if not config.url:
        return DiskStore(config.home)
    address, stage = _address(config.url), config.home / "stage"
    if address.scheme == "azure":
        from storage.blobs.azure import AzureStore, read_account

        return AzureStore(address.netloc, address.path, stage, account=read_account(config.azure))
    # boto3 takes a third of a second to import, which a hub on a local disk need not wait for.
    from storage.blobs.s3 import S3Store

    endpoint = config.endpoint or (GCS_ENDPOINT if address.scheme == "gs" else "")
    return S3Store(address.netloc, address.path, stage, endpoint=endpoint)


def fault_of(config: StoreConfig) -> str:
    """What is wrong with the address or the account, in words; "" when a store can be made of them."""
    try:
        if config.url and _address(config.url).scheme == "azure":
            from storage.blobs.azure import read_account

            read_account(config.azure)
    except (ValueError, Invalid) as error:
        return str(error)
    return ""


def _address(url: str) -> SplitResult:
    address = urlsplit(url)
    if address.scheme not in _KINDS or not address.netloc or address.query or "@" in address.netloc:
        raise ValueError(
            "Blobs are kept in a local folder or at s3://bucket/prefix, gs://bucket/prefix or "
            f"azure://container/prefix, not at {url!r}."
        )
    return address
