"""The checksums that S3 clients send along: CRC-32, CRC-32C, CRC-64/NVME, SHA-1, SHA-256, each as base64."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Protocol


class Checksum(Protocol):
    """Takes bytes, tells its base64."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        ...

    def text(self) -> str:
        """The checksum of all bytes so far."""
        ...


class _Digest:
    def __init__(self, name: str) -> None:
        self._hash = hashlib.new(name, usedforsecurity=False)

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def text(self) -> str:
        return base64.b64encode(self._hash.digest()).decode()


class _Crc:
    def __init__(self, step: Callable[[bytes, int], int], width: int) -> None:
        self._step, self._width, self._value = step, width, 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def text(self) -> str:
        return base64.b64encode(self._value.to_bytes(self._width, "big")).decode()


@cache
def _stepper(name: str, polynomial: int, bits: int) -> Callable[[bytes, int], int]:
    """Amazon's own library where it is installed, else a table: right, and forty times slower than CRC-32."""
    try:
        from awscrt import checksums
    except ImportError:
        return _by_table(polynomial, bits)
    found: Callable[[bytes, int], int] = getattr(checksums, name)
    return found


def _by_table(polynomial: int, bits: int) -> Callable[[bytes, int], int]:
    """A reflected CRC, eight bytes a step: one table for each place of a byte in the step."""
    tables = [[_bitwise(byte, polynomial) for byte in range(256)]]
    while len(tables) < 8:
        tables.append([tables[0][value & 255] ^ (value >> 8) for value in tables[-1]])
    t0, t1, t2, t3, t4, t5, t6, t7 = tables
    every = (1 << bits) - 1

    def step(data: bytes, value: int) -> int:
        crc, whole = value ^ every, len(data) & ~7
        for (eight,) in struct.iter_unpack("<Q", memoryview(data)[:whole]):
            x = eight ^ crc
            crc = (
                t7[x & 255] ^ t6[x >> 8 & 255] ^ t5[x >> 16 & 255] ^ t4[x >> 24 & 255]
                ^ t3[x >> 32 & 255] ^ t2[x >> 40 & 255] ^ t1[x >> 48 & 255] ^ t0[x >> 56]
            )  # fmt: skip
        for byte in data[whole:]:
            crc = t0[(crc ^ byte) & 255] ^ (crc >> 8)
        return crc ^ every

    return step


def _bitwise(value: int, polynomial: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ polynomial if value & 1 else value >> 1
    return value


# Reversed polynomials.
CRC32C, CRC64NVME = 0x82F63B78, 0x9A6C9329AC4BC9B5

ALGORITHMS: dict[str, Callable[[], Checksum]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": lambda: _Crc(_stepper("crc32c", CRC32C, 32), 4),
    "crc64nvme": lambda: _Crc(_stepper("crc64nvme", CRC64NVME, 64), 8),
    "sha1": lambda: _Digest("sha1"),
    "sha256": lambda: _Digest("sha256"),
}
