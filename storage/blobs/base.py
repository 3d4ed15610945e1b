"""What every blob store promises, and the words the stores share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from hub.lib.errors import Invalid, NotFound

BLOCK_SIZE = 256 * 1024
"""Bytes handed out at a time when a blob is read."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobMissing(NotFound):
    """A digest was asked for that the store does not hold."""


class WrongDigest(Invalid):
    """What arrived has another digest than the sender said; nothing was kept."""

    code = "wrong_digest"


@dataclass(frozen=True, slots=True)
class Written:
    """The digests and the size, in bytes, of content which was received whole; `md5` is "" where nobody asked."""

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

    def stage(self, chunks: Iterable[bytes], *, md5: bool = False) -> AbstractContextManager[Staged]:
        """Receive `chunks`; within the context the content is staged, after it nothing is left of the stage.

        `md5` asks for that digest too, which costs more than all the rest.

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


def relative_path(sha256: str) -> str:
    """Where a store keeps a digest: `ab/cd/<digest>`."""
    digest = checked_digest(sha256)
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def write_whole(store: BlobStore, chunks: Iterable[bytes]) -> Written:
    """Stage and publish `chunks` in `store`."""
    with store.stage(chunks) as staged:
        return store.publish(staged)
