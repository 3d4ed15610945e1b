"""The framing of git's wire protocol: pkt-lines in and out, and the side-band that carries progress and errors."""

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
    """Frame `data` of any length for one band, in packets of at most `largest` bytes (1000 for old clients)."""
    step = largest - 5
    pieces = (data[start : start + step] for start in range(0, len(data), step))
    return b"".join(packet(bytes((band,)) + piece) for piece in pieces)


class PacketReader:
    """Takes packets from a stream of blocks; `rest()` hands on what has not been taken."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._buffer = b""

    def read(self) -> bytes | None:
        """The next packet's content, None for a flush. Raises ProtocolError, also at the end of the stream."""
        size = self._size()
        if size == 0:
            return None
        if size < 4 or size > LARGEST:
            raise ProtocolError(f"A packet of size {size} cannot be.")
        return self._take(size - 4)

    def at_end(self) -> bool:
        """Whether the stream is over."""
        self._fill(1)
        return not self._buffer

    def rest(self) -> Iterator[bytes]:
        """Everything after the packets taken so far."""
        if self._buffer:
            rest, self._buffer = self._buffer, b""
            yield rest
        yield from self._blocks

    def _size(self) -> int:
        digits = self._take(4)
        if not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
            raise ProtocolError("A packet does not start with its size.")
        return int(digits, 16)

    def _take(self, count: int) -> bytes:
        self._fill(count)
        if len(self._buffer) < count:
            raise ProtocolError("The stream ends inside a packet.")
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _fill(self, count: int) -> None:
        while len(self._buffer) < count:
            block = next(self._blocks, b"")
            if not block:
                return
            self._buffer += block
