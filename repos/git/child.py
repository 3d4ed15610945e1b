"""One running git: fed by a thread, read as it speaks, ended with everything it started. Most code wants process.py."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from repos.git.environment import environment

BLOCK = 64 * 1024
DEFAULT_TIMEOUT = 30.0
MAX_STDERR = 64 * 1024
GRACE = 2.0
INPUT_GRACE = 30.0

_MISSING = (
    b"unknown revision",
    b"bad revision",
    b"bad object",
    b"ambiguous argument",
    b"not a valid object name",
    b"not a tree object",
    b"invalid object name",
    b"does not exist in",
    b"exists on disk, but not in",
    b"no such path",
    b"not a git repository",
    b"needed a single revision",
)


class GitError(Exception):
    """A git process failed. `returncode` is negative for a signal, `stderr` is the (capped) text it left."""

    def __init__(self, message: str, *, returncode: int = -1, stderr: bytes = b"") -> None:
        super().__init__(message)
        self.returncode = returncode
        self.stderr = stderr


class GitNotFound(GitError):
    """The revision, object, path or repository asked for is not there: doors answer 404."""


class GitTimeout(GitError):
    """The process was ended because it ran longer than its timeout."""


class GitOutputTooLarge(GitError):
    """The process was ended because it wrote more than the caller allowed."""


class GitProcess:
    """One running git, in a process group of its own; leaving the `with` block ends it and its children.

    `input` is written by a thread, so that both pipes may be full at once. It is always read to its end, even
    when git stops listening: a client that is still sending would otherwise never read our answer.
    `stall` is how many seconds may pass without a byte in either direction, and `patience` how many git may
    take to end by itself when it is closed, its input cut short.
    """

    def __init__(
        self,
        git_dir: Path | None,
        args: Sequence[str],
        *,
        input: bytes | Iterable[bytes] | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        env: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        stall: float | None = None,
        patience: float = 0.0,
    ) -> None:
        self.args = ("git", *args)
        self._stall = stall
        self._moved = time.monotonic()
        self._patience = patience
        self._abandoned = False
        self.stderr = b""
        self.input_error: BaseException | None = None
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._process = subprocess.Popen(
            self.args,
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(git_dir, env=env, config=config),
            cwd=git_dir if git_dir is not None and git_dir.is_dir() else "/",
            bufsize=0,
            process_group=0,
        )
        self._feeder: threading.Thread | None = None
        if input is not None:
            chunks = (input,) if isinstance(input, bytes) else input
            self._feeder = threading.Thread(target=self._feed, args=(chunks,), name="git-input", daemon=True)
            self._feeder.start()

    @property
    def returncode(self) -> int | None:
        """The exit code, or None while the process runs."""
        return self._process.poll()

    def blocks(self, *, max_output: int | None = None, accept: Sequence[int] = (0,)) -> Iterator[bytes]:
        """Yield standard output as it arrives; raise if it failed, ran too long or wrote too much."""
        total = 0
        for block in self._pump():
            total += len(block)
            if max_output is not None and total > max_output:
                self.close()
                raise GitOutputTooLarge(f"{self._name} wrote more than {max_output} bytes.")
            yield block
        code = self._wait()
        if code not in accept:
            raise self._failure(code)

    def close(self) -> None:
        """End the process and all it started."""
        if self._process.poll() is None and self._patience:
            self._let_finish()
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def join_input(self, timeout: float = INPUT_GRACE) -> bool:
        """Wait until the input has been read to its end; False when that takes over `timeout` seconds."""
        if self._feeder is None:
            return True
        self._feeder.join(timeout)
        return not self._feeder.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _let_finish(self) -> None:
        """End the input and wait: git removes the temporary files of a push only when it is not ended by a signal."""
        self._abandoned = True
        self._deadline, self._patience = time.monotonic() + self._patience, 0.0
        with contextlib.suppress(GitTimeout):
            for _ in self._pump():
                pass
            self._wait()

    @property
    def _name(self) -> str:
        return " ".join(self.args[:2])

    def _pump(self) -> Iterator[bytes]:
        """Read both pipes until they close; standard output is yielded, standard error kept up to a limit."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        out, err = self._process.stdout.fileno(), self._process.stderr.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            selector.register(err, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(self._remaining()):
                    block = os.read(key.fd, BLOCK)
                    self._moved = time.monotonic()
                    if not block:
                        selector.unregister(key.fd)
                    elif key.fd == out:
                        yield block
                        self._moved = time.monotonic()  # waiting for a slow reader is no stall
                    else:
                        self.stderr = (self.stderr + block)[-MAX_STDERR:]

    def _remaining(self) -> float | None:
        """Seconds until the process has to be ended, None for never; ends it when they are over."""
        ends = [self._deadline, None if self._stall is None else self._moved + self._stall]
        known = [end for end in ends if end is not None]
        if not known:
            return None
        left = min(known) - time.monotonic()
        if left <= 0:
            self.close()
            raise GitTimeout(f"{self._name} took too long and was ended.", stderr=self.stderr)
        return left

    def _wait(self) -> int:
        try:
            return self._process.wait(self._remaining())
        except subprocess.TimeoutExpired:
            self.close()
            raise GitTimeout(f"{self._name} took too long and was ended.", stderr=self.stderr) from None

    def _failure(self, code: int) -> GitError:
        text = self.stderr.decode("utf-8", "replace").strip()
        message = f"{self._name} ended with code {code}" + (f": {text[-500:]}" if text else ".")
        lowered = self.stderr.lower()
        kind = GitNotFound if any(sign in lowered for sign in _MISSING) else GitError
        error = kind(message, returncode=code, stderr=self.stderr)
        error.__cause__ = self.input_error
        return error

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _feed(self, chunks: Iterable[bytes]) -> None:
        assert self._process.stdin is not None
        pipe, listening = self._process.stdin, True
        try:
            for chunk in chunks:
                if self._abandoned:
                    break
                self._moved = time.monotonic()
                if listening:
                    listening = _write(pipe.fileno(), chunk)
        except Exception as error:  # A thread has no caller: told together with git's own failure.
            self.input_error = error
        finally:
            with contextlib.suppress(OSError):
                pipe.close()


def _write(descriptor: int, chunk: bytes) -> bool:
    """Write the whole chunk; False when nobody reads any more."""
    view = memoryview(chunk)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except (BrokenPipeError, ValueError):
        return False
    return True
