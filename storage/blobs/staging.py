"""The staging area: content on its way in, hashed while it is written to a temporary file."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from hub.lib.errors import QuotaExceeded
from storage.blobs.base import SHA256, Digests, Staged, Written
from storage.blobs.digesting import Digesting
from storage.blobs.writeback import start_write_back

_SUFFIX = ".part"
_WRITE_BACK = 8 * 1024 * 1024  # bytes
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class StagingArea:
    """A folder of temporary files, on the file system which will keep the content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def temporary(self) -> Iterator[tuple[BinaryIO, Path]]:
        """A new file to write to, unbuffered; it is gone when the context ends, unless moved."""
        with disk_full_told():
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(suffix=_SUFFIX, dir=self.folder)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb", buffering=0) as file:
                yield file, path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold the lock of this name, also against other processes. A process that ends lets go of it."""
        with disk_full_told():
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / f"{name}.lock{_SUFFIX}").open("wb")
        with file:  # It stays until it is swept: a lock on a file that another has removed would keep nobody out.
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def receive(self, chunks: Iterable[bytes], wanted: Digests = SHA256) -> Iterator[Staged]:
        """Write `chunks` to a temporary file, synced; it is gone when the context ends, unless moved.

        Raises QuotaExceeded when the disk is full, and whatever `chunks` raises.
        """
        with self.temporary() as (file, path):
            with disk_full_told():
                written = _copy(chunks, file, wanted)
                os.fchmod(file.fileno(), 0o440)  # From now on it does not change.
                os.fsync(file.fileno())
            yield Staged(written, path)

    def sweep(self, *, older_than: timedelta) -> int:
        """Remove temporary files untouched for `older_than`; the number removed."""
        latest = time.time() - older_than.total_seconds()
        removed = 0
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < latest:
                    path.unlink()
                    removed += 1
        return removed


@contextmanager
def disk_full_told() -> Iterator[None]:
    """Turn the operating system's "no space" into QuotaExceeded, which doors answer with 507."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        raise QuotaExceeded(
            "The hub's disk is full, nothing of this upload was kept.",
            next_step="Ask an administrator to free space, then send it again.",
        ) from error


def _copy(chunks: Iterable[bytes], file: BinaryIO, wanted: Digests) -> Written:
    size = started = 0
    with Digesting(wanted) as digesting:
        for chunk in chunks:
            digesting.update(chunk)
            _write_all(file, chunk)
            size += len(chunk)
            if size - started >= _WRITE_BACK:
                start_write_back(file.fileno(), started, size - started)
                started = size
        return digesting.finish(size)


def _write_all(file: BinaryIO, chunk: bytes) -> None:
    """An unbuffered write may take less than it was given."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]
