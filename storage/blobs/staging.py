"""The staging area: content on its way in, hashed while it is written to a temporary file."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from hub.lib.errors import QuotaExceeded
from storage.blobs.base import Staged, Written

_SUFFIX = ".part"
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class StagingArea:
    """A folder of temporary files, on the file system which will keep the content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def receive(self, chunks: Iterable[bytes], *, md5: bool = False) -> Iterator[Staged]:
        """Write `chunks` to a temporary file, synced; it is gone when the context ends, unless moved.

        Raises QuotaExceeded when the disk is full, and whatever `chunks` raises.
        """
        with disk_full_told():
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(suffix=_SUFFIX, dir=self.folder)
        path = Path(name)
        try:
            with disk_full_told(), os.fdopen(handle, "wb", buffering=0) as file:
                written = _copy(chunks, file, md5)
                os.fsync(file.fileno())
            yield Staged(written, path)
        finally:
            path.unlink(missing_ok=True)

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


def _copy(chunks: Iterable[bytes], file: BinaryIO, want_md5: bool) -> Written:
    sha256, size = hashlib.sha256(), 0
    md5 = hashlib.md5(usedforsecurity=False) if want_md5 else None
    for chunk in chunks:
        size += len(chunk)
        sha256.update(chunk)
        if md5 is not None:
            md5.update(chunk)
        _write_all(file, chunk)
    return Written(sha256.hexdigest(), md5.hexdigest() if md5 is not None else "", size)


def _write_all(file: BinaryIO, chunk: bytes) -> None:
    """An unbuffered write may take less than it was given."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]
