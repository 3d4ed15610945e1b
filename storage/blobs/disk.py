"""The blob store on a local disk: staged, synced, renamed to the digest; whole or absent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from storage.blobs.base import (
    BLOCK_SIZE,
    SHA256,
    BlobMissing,
    Digests,
    PartMissing,
    Staged,
    Written,
    checked_part,
    relative_path,
    write_whole,
)
from storage.blobs.staging import StagingArea, disk_full_told

_HEX = "0123456789abcdef"


class DiskStore:
    """Blobs under `root`, as `ab/cd/<digest>`; uploads on their way in are in `root/stage`, their parts in
    `root/parts`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.staging = StagingArea(root / "stage")
        self.parts = root / "parts"
        # Folders that are entries of their own folders on the disk, as far as this process has seen to it.
        self._lasting = {str(root)}

    def stage(self, chunks: Iterable[bytes], wanted: Digests = SHA256) -> AbstractContextManager[Staged]:
        """Receive `chunks` into the staging area; see BlobStore."""
        return self.staging.receive(chunks, wanted)

    def publish(self, staged: Staged) -> Written:
        """Rename the staged file to its digest, durably. Same content again replaces itself."""
        target = self.path_of(staged.written.sha256)
        if not staged.path.exists() and target.exists():
            return staged.written
        self._move(staged.path, target)
        return staged.written

    def write(self, chunks: Iterable[bytes]) -> Written:
        """Stage and publish in one go."""
        return write_whole(self, chunks)

    def open(self, sha256: str, offset: int = 0, length: int | None = None) -> FileBlocks:
        """The bytes from `offset`, at most `length`. Raises BlobMissing."""
        try:
            file = self.path_of(sha256).open("rb", buffering=0)
        except FileNotFoundError:
            raise BlobMissing(f"No content with the digest {sha256} is stored.") from None
        return FileBlocks(file, offset, length)

    def exists(self, sha256: str) -> bool:
        """Whether the store holds this digest."""
        return self.path_of(sha256).is_file()

    def delete(self, sha256: str) -> bool:
        """Remove the content; False when it was not there. Who reads it at the moment reads on."""
        try:
            self.path_of(sha256).unlink()
        except FileNotFoundError:
            return False
        return True

    def iter_digests(self) -> Iterator[str]:
        """Every digest in the store, in order."""
        for first in _hex_folders(self.root):
            for second in _hex_folders(first):
                yield from sorted(entry.name for entry in os.scandir(second) if len(entry.name) == 64)

    def keep_part(self, name: str, staged: Staged) -> None:
        """Rename the staged file to the part's name, durably."""
        self._move(staged.path, self.parts / checked_part(name))

    def open_part(self, name: str) -> FileBlocks:
        """The bytes of a part. Raises PartMissing."""
        try:
            file = (self.parts / checked_part(name)).open("rb", buffering=0)
        except FileNotFoundError:
            raise PartMissing(f"The part {name} is gone.") from None
        return FileBlocks(file, 0, None)

    def drop_part(self, name: str) -> None:
        """Remove a part, if it is there."""
        (self.parts / checked_part(name)).unlink(missing_ok=True)

    def iter_parts(self) -> Iterator[tuple[str, datetime]]:
        """Every part's name and when its last byte was written."""
        if not self.parts.is_dir():
            return
        for entry in os.scandir(self.parts):
            with suppress(FileNotFoundError):
                yield entry.name, datetime.fromtimestamp(entry.stat().st_mtime, UTC)

    def alone(self, name: str) -> AbstractContextManager[None]:
        """One at a time on this machine does what `name` stands for."""
        return self.staging.alone(checked_part(name))

    def direct_url(self, sha256: str, *, seconds: int) -> str | None:
        """None: only the hub reads its disk."""
        return None

    def sweep_stage(self, *, older_than: timedelta) -> int:
        """Remove temporary files of interrupted uploads; the number removed."""
        return self.staging.sweep(older_than=older_than)

    def path_of(self, sha256: str) -> Path:
        """The file that holds, or would hold, a digest."""
        return self.root / relative_path(sha256)

    def _move(self, source: Path, target: Path) -> None:
        """Rename a file into a folder below the root, which is made if need be, so that it lasts.

        A rename lasts only as its folders do. Those that are new are synced after it, whoever made them: the other may
        not have come to it yet.
        """
        folder = target.parent
        with disk_full_told():
            try:
                source.replace(target)
            except FileNotFoundError:
                self._make(folder)
                source.replace(target)
            _sync_folder(folder)
            while str(folder) not in self._lasting:
                _sync_folder(folder.parent)
                self._lasting.add(str(folder))
                folder = folder.parent

    def _make(self, folder: Path) -> None:
        if folder == self.root:
            _make_folder(folder)
        elif not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(exist_ok=True)
            self._lasting.discard(str(folder))


class FileBlocks:
    """A slice of a file in blocks; closes the file at its end."""

    def __init__(self, file: BinaryIO, offset: int, length: int | None) -> None:
        self._file = file
        self._left = length
        if offset:
            file.seek(offset)

    def __iter__(self) -> FileBlocks:
        return self

    def __next__(self) -> bytes:
        want = BLOCK_SIZE if self._left is None else min(BLOCK_SIZE, self._left)
        block = self._file.read(want) if want and not self._file.closed else b""
        if not block:
            self.close()
            raise StopIteration
        if self._left is not None:
            self._left -= len(block)
        return block

    def close(self) -> None:
        """Close the file; more blocks will not come."""
        self._file.close()


def _hex_folders(parent: Path) -> Iterator[Path]:
    if not parent.is_dir():
        return
    for name in sorted(entry.name for entry in os.scandir(parent) if entry.is_dir()):
        if len(name) == 2 and set(name) <= set(_HEX):
            yield parent / name


def _make_folder(folder: Path) -> None:
    """Make `folder` and sync each parent that gained an entry: a rename lasts only as its folders do."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
