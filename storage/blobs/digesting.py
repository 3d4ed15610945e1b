"""Computes digests beside the receiving of content: large content is hashed by threads while it is written."""

from __future__ import annotations

import hashlib
import threading
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from storage.blobs.base import MD5, SHA256, Digests, Written

AHEAD = 4
"""Blocks that may wait for a thread; with those in work they bound the memory of an upload."""
SMALL = 1024 * 1024
"""Bytes up to which no thread is worth starting."""


class Digesting:
    """The wanted digests of blocks fed one after the other; a context, since it may hold threads."""

    def __init__(self, wanted: Digests) -> None:
        self._sha256 = _Line(hashlib.sha256()) if SHA256 in wanted else None
        self._md5 = _Line(hashlib.md5(usedforsecurity=False)) if MD5 in wanted else None
        self._lines = [line for line in (self._sha256, self._md5) if line is not None]

    def update(self, block: bytes) -> None:
        """Take the next block; it must not change afterwards. Waits when too many blocks are waiting."""
        for line in self._lines:
            line.update(block)

    def finish(self, size: int) -> Written:
        """The digests of all blocks, which have `size` bytes together."""
        self._stop()
        return Written(
            sha256=self._sha256.hexdigest() if self._sha256 is not None else "",
            md5=self._md5.hexdigest() if self._md5 is not None else "",
            size=size,
        )

    def __enter__(self) -> Digesting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        for line in self._lines:
            line.stop()


class _Line:
    """One digest: computed at once for small content, by a thread of its own beyond (hashing frees the GIL)."""

    def __init__(self, digest: Any) -> None:
        self._digest = digest
        self._seen = 0
        self._thread: threading.Thread | None = None

    def update(self, block: bytes) -> None:
        self._seen += len(block)
        if self._thread is None and self._seen <= SMALL:
            self._digest.update(block)
            return
        if self._thread is None:
            self._blocks: SimpleQueue[bytes | None] = SimpleQueue()
            self._room = threading.Semaphore(AHEAD)
            self._thread = threading.Thread(target=self._work, name="digest", daemon=True)
            self._thread.start()
        self._room.acquire()
        self._blocks.put(block)

    def _work(self) -> None:
        while (block := self._blocks.get()) is not None:
            self._digest.update(block)
            self._room.release()

    def stop(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            self._blocks.put(None)
            self._thread.join()

    def hexdigest(self) -> str:
        return str(self._digest.hexdigest())
