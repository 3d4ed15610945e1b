"""What every blob store promises, and the words the stores share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Flag, auto
from pathlib import Path
from typing import Protocol

from hub.lib.errors import Invalid, NotFound

BLOCK_SIZE = 256 * 1024
"""Bytes handed out at a time when a blob is read."""

_PART = re.compile(r"[0-9a-z-]{1,60}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobMissing(NotFound):
    """A digest was asked for that the store does not hold."""


class WrongDigest(Invalid):
    """What arrived has another digest than the sender said; nothing was kept."""

    code = "wrong_digest"


class PartMissing(NotFound):
    """A part to be joined with others is gone."""


class Digests(Flag):
    """Which digests to compute of what arrives; MD5 costs more than receiving and SHA-256 together."""

    SHA256 = auto()
    MD5 = auto()


SHA256 = Digests.SHA256
MD5 = Digests.MD5


@dataclass(frozen=True, slots=True)
class Written:
    """The digests and the size, in bytes, of content which was received whole; "" for a digest nobody wanted."""

    sha256: str
    md5: str
    size: int


@dataclass(frozen=True, slots=True)
class Staged:
    """Content that is received, hashed and synced to `path`, and not yet visible under its digest."""

    written: Written
    path: Path


class BlobStore(Protocol):
    """Bytes by digest: whole or absent, never changed once there.

    `stage` and `publish` are apart so that a caller may check a digest or a size, and write down that the
    content is wanted, before the bytes become visible.
    """

    def stage(self, chunks: Iterable[bytes], wanted: Digests = SHA256) -> AbstractContextManager[Staged]:
        """Receive `chunks`; within the context the content is staged, after it nothing is left of the stage.

        Raises QuotaExceeded when the disk is full, and whatever `chunks` raises.
        """
        ...

    def publish(self, staged: Staged) -> Written:
        """Make staged content readable under its digest, durably. Repeating it does no harm."""
        ...

    def write(self, chunks: Iterable[bytes]) -> Written:
        """Stage and publish in one go."""
        ...

    def open(self, sha256: str, offset: int = 0, length: int | None = None) -> ByteBlocks:
        """The bytes from `offset`, at most `length` of them, in blocks. Raises BlobMissing at once."""
        ...

    def exists(self, sha256: str) -> bool:
        """Whether the store holds this digest."""
        ...

    def delete(self, sha256: str) -> bool:
        """Remove the content; False when it was not there."""
        ...

    def iter_digests(self) -> Iterator[str]:
        """Every digest that the store holds, in no promised order."""
        ...

    def keep_part(self, name: str, staged: Staged) -> None:
        """Keep staged content durably as the part `name` of something that is not whole yet."""
        ...

    def open_part(self, name: str) -> ByteBlocks:
        """The bytes of a part, in blocks. Raises PartMissing."""
        ...

    def drop_part(self, name: str) -> None:
        """Remove a part; nothing happens when it is not there."""
        ...

    def iter_parts(self) -> Iterator[tuple[str, datetime]]:
        """Every part's name and when it was kept."""
        ...

    def alone(self, name: str) -> AbstractContextManager[None]:
        """One at a time on this machine does what `name` stands for; others wait until it is done."""
        ...

    def direct_url(self, sha256: str, *, seconds: int) -> str | None:
        """An address that gives the content without the hub, for so many seconds; None where there is none."""
        ...

    def sweep_stage(self, *, older_than: timedelta) -> int:
        """Remove what interrupted uploads left behind; the number of files removed."""
        ...


class ByteBlocks(Iterator[bytes], Protocol):
    """Blocks of bytes that hold something open until they are read to the end or closed."""

    def close(self) -> None:
        """Let go of the file or connection behind the blocks."""
        ...


def checked_digest(sha256: str) -> str:
    """The digest itself, when it is 64 lower-case hexadecimal digits; else raises Invalid.

    SECURITY: a digest becomes part of a path, so nothing else may pass.
    """
    if not _DIGEST.fullmatch(sha256):
        raise Invalid("A digest is 64 lower-case hexadecimal digits.", field="sha256")
    return sha256


def checked_part(name: str) -> str:
    """The name itself, when parts may have it; else raises Invalid.

    SECURITY: a name becomes part of a path, so nothing else may pass.
    """
    if not _PART.fullmatch(name):
        raise Invalid("A part's name is made of up to 60 digits, lower-case letters and hyphens.", field="name")
    return name


def relative_path(sha256: str) -> str:
    """Where a store keeps a digest: `ab/cd/<digest>`."""
    digest = checked_digest(sha256)
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def write_whole(store: BlobStore, chunks: Iterable[bytes]) -> Written:
    """Stage and publish `chunks` in `store`."""
    with store.stage(chunks) as staged:
        return store.publish(staged)
