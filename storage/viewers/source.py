"""Where a viewer reads from: ranges of a file within a budget, never the whole of it."""

from __future__ import annotations

import io
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

BUDGET = 16 * 1024 * 1024
"""Bytes that one viewer may read of a file, whatever the file claims."""
BLOCK = 64 * 1024
SECONDS = 8.0
LONGEST_LINE = 64 * 1024
CUT = "It ends before what its beginning announces: it may have been cut."


class Unreadable(Exception):
    """The file is not what its name or its first bytes say, or cannot be shown within the limits; the text says why."""


class Source(Protocol):
    """A file as viewers see it: whole and unchanging."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def etag(self) -> str:
        """The digest of the content."""
        ...

    @property
    def local_path(self) -> Path | None:
        """The file itself where the store is a disk, to be read only; None where it is not."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`, fewer only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class BytesSource:
    """A small file that is in memory already."""

    name: str
    content: bytes
    etag: str = ""
    local_path: Path | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""
        return self.content[offset : offset + length]


class Window(io.RawIOBase):
    """A source as a seekable file for parsers: at most `budget` bytes in blocks of `block`, for at most `seconds`.

    Past either it raises Unreadable: a file that leads a parser round in circles ends there.
    """

    def __init__(self, source: Source, budget: int = BUDGET, *, block: int = BLOCK, seconds: float = SECONDS) -> None:
        self._source, self._at, self._block, self.left = source, 0, block, budget
        self._start, self._held = 0, b""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; a place before the beginning is a broken file."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        if start + offset < 0:
            raise Unreadable("It points to a place before its beginning.")
        self._at = start + offset
        return self._at

    def skip(self, length: int) -> None:
        """Go on behind `length` bytes. Raises Unreadable where the file ends before."""
        if self._at + length > self._source.size:
            raise Unreadable(CUT)
        self._at += length

    def readinto(self, target: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill `target` with what comes next; 0 at the end."""
        data = self.take(len(target), whole=False)
        target[: len(data)] = data
        return len(data)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Up to the next line feed. Raises Unreadable when a line is longer than LONGEST_LINE bytes."""
        parts = []
        for _ in range(LONGEST_LINE):
            byte = self.take(1, whole=False)
            parts.append(byte)
            if byte in (b"", b"\n"):
                return b"".join(parts)
        raise Unreadable("It has a line that is too long.")

    def take(self, length: int, *, whole: bool = True) -> bytes:
        """The next `length` bytes. Raises Unreadable past the budget and, when `whole`, where the file ends before."""
        there = max(0, self._source.size - self._at)
        if whole and length > there:
            raise Unreadable(CUT)
        length = min(length, there)
        inside = self._at - self._start
        if inside < 0 or inside + length > len(self._held):
            self._fetch(length)
            inside = 0
        self._at += length
        return self._held[inside : inside + length]

    def _fetch(self, length: int) -> None:
        wanted = max(length, min(self._block, self.left))
        if wanted > self.left:
            raise Unreadable("Its beginning is larger than a preview reads.")
        if time.monotonic() > self._until:
            raise Unreadable("Reading it takes longer than a page may.")
        self._start, self._held = self._at, self._source.read(self._at, wanted)
        self.left -= len(self._held)
        if len(self._held) < length:
            raise Unreadable(CUT)

    def unpack(self, layout: str) -> tuple[int, ...]:
        """The next numbers by a struct format. Raises Unreadable where the file ends."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))
