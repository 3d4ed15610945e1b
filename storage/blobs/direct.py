"""Uploads that go past the hub: what a store offers whose clients may send to it themselves."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from storage.blobs.base import Written

MOST_DIRECT = 5 * 1024**3
"""Bytes that S3 takes, and copies, in one request."""


@dataclass(frozen=True, slots=True)
class DirectPut:
    """Where to PUT content, and the headers that must go with it."""

    href: str
    header: dict[str, str]


@dataclass(frozen=True, slots=True)
class Arrived:
    """Content that was sent to the store directly and read back by the hub; `part` is where it lies meanwhile."""

    written: Written
    part: str


@runtime_checkable
class TakesUploads(Protocol):
    """A blob store to which clients can send a part without the hub."""

    def direct_put(self, part: str, *, size: int, sha256: str, seconds: int) -> DirectPut:
        """An address that takes one body of `size` bytes, for so many seconds, and keeps it as a part."""
        ...

    def part_size(self, part: str) -> int:
        """The bytes of a part. Raises PartMissing."""
        ...

    def read_back(self, part: str) -> AbstractContextManager[Arrived]:
        """The part, put where its sender cannot change it, and then read once. Raises PartMissing."""
        ...

    def publish_arrived(self, arrived: Arrived) -> None:
        """Make it readable under its digest without sending it again. Repeating it does no harm."""
        ...
