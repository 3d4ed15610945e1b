"""The engine of connected storage: outside buckets of S3, GCS and Azure, listed and read in ranges, never written."""

from __future__ import annotations

from storage.connected.answers import KeyMissing, StoreFault
from storage.connected.places import AZURE, GCS, KINDS, S3, Found, Listing, Place
from storage.connected.reading import find, list_folder, open_range

__all__ = [
    "AZURE",
    "GCS",
    "KINDS",
    "S3",
    "Found",
    "KeyMissing",
    "Listing",
    "Place",
    "StoreFault",
    "find",
    "list_folder",
    "open_range",
]
