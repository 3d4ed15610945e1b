"""Runs a program of the viewers in a confined child: one file to read, a question in, a bounded answer out."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from storage.viewers.source import Source, Unreadable

SECONDS = 20
"""The longest that a child lives."""
ANSWER = 1024 * 1024
SPOOLED = 1024 * 1024 * 1024
"""Bytes of a file that are copied out of an object store for a child."""
AT_ONCE = 4
PATIENCE = 6.0
_BLOCK = 4 * 1024 * 1024
_ROOT = Path(__file__).resolve().parent.parent.parent
_START = "import sys; sys.path.insert(0, {root!r}); from {program} import main; main()"
_places = threading.BoundedSemaphore(AT_ONCE)


class TooSlow(Unreadable):
    """The answer would have taken longer than a page may."""


class Busy(Unreadable):
    """Too many files are being read at the moment."""


class Crashed(Unreadable):
    """The child ended without an answer: out of memory, or the file broke its reader."""


def run(program: str, source: Source, question: dict[str, Any], *, seconds: float = SECONDS) -> bytes:
    """The answer of `program` (a module with `main`, see storage.viewers.tables.child) about a file.

    The question says its `descriptor`. Raises TooSlow, Crashed, Busy, and Unreadable when the file is too large to be
    copied.
    """
    return _run(program, [source], lambda files: {**question, "descriptor": files[0]}, seconds)


def run_many(program: str, sources: Sequence[Source], question: dict[str, Any], *, seconds: float = SECONDS) -> bytes:
    """The same about several files, in the order of the question's `descriptors`."""
    return _run(program, sources, lambda files: {**question, "descriptors": files}, seconds)


def _run(program: str, sources: Sequence[Source], ask: Callable[[list[int]], dict[str, Any]], seconds: float) -> bytes:
    if not _places.acquire(timeout=PATIENCE):
        raise Busy("The hub is busy with other previews. Try again in a moment.")
    try:
        with ExitStack() as open_files, tempfile.TemporaryFile() as words:
            files = [open_files.enter_context(opened(source)) for source in sources]
            words.write(json.dumps(ask(files)).encode())
            words.seek(0)
            return _answer(_command(program), files, words.fileno(), seconds)
    finally:
        _places.release()


@contextmanager
def opened(source: Source) -> Iterator[int]:
    """The file, open for reading: itself where it is on a disk, else a copy without a name. Raises Unreadable."""
    if source.local_path is not None:
        try:
            file = os.open(source.local_path, os.O_RDONLY)
        except OSError:
            raise Unreadable("Its content cannot be read at the moment.") from None
        try:
            yield file
        finally:
            os.close(file)
        return
    if source.size > SPOOLED:
        raise Unreadable("Files of this size can be queried only where the hub keeps them on its own disk.")
    with tempfile.TemporaryFile() as copy:
        for offset in range(0, source.size, _BLOCK):
            copy.write(source.read(offset, _BLOCK))
        copy.flush()
        yield copy.fileno()


def _command(program: str) -> list[str]:
    # SECURITY: -I takes no settings from an environment and no modules from a folder; -B writes none.
    return [sys.executable, "-I", "-B", "-c", _START.format(root=str(_ROOT), program=program)]


def _answer(command: list[str], files: list[int], words: int, seconds: float) -> bytes:
    """SECURITY: the child inherits its files, its question and the pipe: no environment, no other descriptor."""
    with subprocess.Popen(
        command,
        stdin=words,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=files,
        env={},
        cwd="/",
        start_new_session=True,
    ) as child:
        try:
            answer = _read(child, time.monotonic() + seconds)
        finally:
            # The session's leader has nobody below it: it may not start programs.
            child.kill()
    if not answer:
        raise Crashed("Reading it took more memory than a preview may use, or its content is damaged.")
    return answer


def _read(child: subprocess.Popen[bytes], until: float) -> bytes:
    assert child.stdout is not None
    pipe, length = child.stdout.fileno(), 0
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while length <= ANSWER:
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TooSlow("This takes longer than a page may. Ask for less: a filter, fewer columns, no sorting.")
            block = os.read(pipe, 65536)
            if not block:
                return b"".join(parts)
            parts.append(block)
            length += len(block)
    raise Crashed("The answer is larger than a page.")
