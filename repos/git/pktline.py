"""The framing of git's wire protocol: pkt-lines, and the side-band that carries progress and errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FLUSH = b"0000"
LARGEST = 65520
DATA, PROGRESS, FATAL = 1, 2, 3


class ProtocolError(Exception):
    """The bytes are not what git's protocol allows, or end in the middle."""


def packet(data: bytes) -> bytes:
    """Frame one packet; raises ValueError when it is longer than the protocol's 65516 bytes."""
    size = len(data) + 4
    if size > LARGEST:
        raise ValueError(f"A packet holds at most {LARGEST - 4} bytes.")
    return b"%04x%s" % (size, data)


def sideband(band: int, data: bytes, *, largest: int = LARGEST) -> bytes:
    """Frame `data` of any length for one band, in packets up to `largest` bytes (1000 for old clients)."""
    step = largest - 5
    pieces = (data[start : start + step] for start in range(0, len(data), step))
    return b"".join(packet(bytes((band,)) + piece) for piece in pieces)


class PacketReader:
    """Takes packets from a stream of blocks; `rest()` hands on what has not been taken."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._buffer = b""
        self._at = 0

    def read(self) -> bytes | None:
        """The next content, None for a flush. Raises ProtocolError, also at the end of the stream."""
        size = self._size()
        if size == 0:
            return None
        if size < 4 or size > LARGEST:
            raise ProtocolError(f"A packet of size {size} cannot be.")
        return self._take(size - 4)

    def at_end(self) -> bool:
        """Whether the stream is over."""
        return not self._has(1)

    def rest(self) -> Iterator[bytes]:
        """Everything after the packets taken so far."""
        if self._has(1):
            rest, self._buffer, self._at = self._buffer[self._at :], b"", 0
            yield rest
        yield from self._blocks

    def _size(self) -> int:
        digits = self._take(4)
        if not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
            raise ProtocolError("A packet does not start with its size.")
        return int(digits, 16)

    def _take(self, count: int) -> bytes:
        if not self._has(count):
            raise ProtocolError("The stream ends inside a packet.")
        start, self._at = self._at, self._at + count
        return self._buffer[start : self._at]

    def _has(self, count: int) -> bool:
        """Read on until `count` bytes are there; False when the stream ends before."""
        while len(self._buffer) - self._at < count:
            block = next(self._blocks, b"")
            if not block:
                return False
            self._buffer, self._at = self._buffer[self._at :] + block, 0
        return True
