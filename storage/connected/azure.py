"""Requests to Azure's Blob service: listings of a container and its blobs."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from storage.blobs.azure_requests import request
from storage.connected.answers import moment, whole
from storage.connected.places import Found, Headers, Listing, Place, Signed

MOST = 5000
"""Entries that a store gives at once."""


def listing(place: Place, prefix: str, token: str, limit: int) -> Signed:
    """The request for one page of what begins with `prefix`, by List Blobs."""
    query = {
        "restype": "container", "comp": "list", "delimiter": "/", "prefix": prefix, "maxresults": str(min(limit, MOST)),
    }  # fmt: skip
    if token:
        query["marker"] = token
    return _signed(place, "GET", place.bucket, query, {})


def reading(place: Place, method: str, key: str, headers: Mapping[str, str]) -> Signed:
    """The request for a blob, or with HEAD for its properties."""
    return _signed(place, method, f"{place.bucket}/{key}", {}, headers)


def read_listing(root: Element, prefix: str) -> Listing:
    """What List Blobs answers, names below `prefix`. Raises ValueError for what is no such answer."""
    if root.tag != "EnumerationResults":
        raise ValueError(root.tag)
    files = []
    for blob in root.iter("Blob"):
        key, properties = blob.findtext("Name") or "", blob.find("Properties")
        size = whole(properties.findtext("Content-Length")) if properties is not None else None
        if properties is None or size is None or not key.startswith(prefix):
            raise ValueError("a blob without a size")
        # Accounts with a hierarchy keep an entry for each folder itself.
        if key != prefix and properties.findtext("ResourceType") != "directory":
            when, tag = (
                moment(properties.findtext("Last-Modified") or ""),
                (properties.findtext("Etag") or "").strip('"'),
            )
            files.append(Found(key.removeprefix(prefix), size, when, tag))
    folders = (each.findtext("Name") or "" for each in root.iter("BlobPrefix"))
    names = tuple(each.removeprefix(prefix).rstrip("/") for each in folders)
    return Listing(names, tuple(files), root.findtext("NextMarker") or "")


def _signed(place: Place, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Signed:
    def sign() -> tuple[str, Headers]:
        return request(
            place.base, path, query, method=method, headers=headers, account=place.account, secret=place.secret
        )  # fmt: skip

    return sign
