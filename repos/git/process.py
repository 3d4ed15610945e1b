"""Asking git: all of its answer, its blocks or its lines, with a deadline, a cap, and no child left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from repos.git.child import (
    DEFAULT_TIMEOUT,
    GitError,
    GitNotFound,
    GitOutputTooLarge,
    GitProcess,
    GitTimeout,
)

__all__ = [
    "DEFAULT_TIMEOUT",
    "GitError",
    "GitNotFound",
    "GitOutputTooLarge",
    "GitProcess",
    "GitTimeout",
    "lines",
    "run",
    "stream",
    "succeeds",
]

DEFAULT_MAX_OUTPUT = 64 * 1024 * 1024


def run(
    git_dir: Path | None,
    *args: str,
    input: bytes | Iterable[bytes] | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
    max_output: int | None = DEFAULT_MAX_OUTPUT,
    accept: Sequence[int] = (0,),
    env: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
) -> bytes:
    """Return everything `git <args>` wrote to its standard output.

    `timeout` is in seconds, `max_output` in bytes (None: no limit), `accept` the exit codes of success;
    `env` and `config` are added to the clean environment.
    Raises GitNotFound, GitTimeout, GitOutputTooLarge, GitError.
    """
    with GitProcess(git_dir, args, input=input, timeout=timeout, env=env, config=config) as process:
        return b"".join(process.blocks(max_output=max_output, accept=accept))


def stream(
    git_dir: Path | None,
    *args: str,
    input: bytes | Iterable[bytes] | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
    max_output: int | None = None,
    accept: Sequence[int] = (0,),
    env: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Yield standard output in blocks of at most 64 KiB as it arrives; closing the iterator ends the process.

    Arguments and errors are those of `run`; a failure is raised after the last block.
    """
    with GitProcess(git_dir, args, input=input, timeout=timeout, env=env, config=config) as process:
        yield from process.blocks(max_output=max_output, accept=accept)


def lines(
    git_dir: Path | None,
    *args: str,
    separator: bytes = b"\n",
    input: bytes | Iterable[bytes] | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
    max_output: int | None = DEFAULT_MAX_OUTPUT,
    accept: Sequence[int] = (0,),
    env: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Yield standard output split at `separator` (b"\\0" with -z); stopping early ends the process."""
    blocks = stream(
        git_dir,
        *args,
        input=input,
        timeout=timeout,
        max_output=max_output,
        accept=accept,
        env=env,
        config=config,
    )
    with contextlib.closing(blocks):  # type: ignore[type-var]
        yield from _split(blocks, separator)


def succeeds(git_dir: Path | None, *args: str, timeout: float | None = DEFAULT_TIMEOUT) -> bool:
    """Ask git a yes-or-no question: exit code 0 is True, 1 is False, anything else raises as `run` does."""
    with GitProcess(git_dir, args, timeout=timeout) as process:
        for _ in process.blocks(accept=(0, 1)):
            pass
        return process.returncode == 0


def _split(blocks: Iterable[bytes], separator: bytes) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(separator)
        yield from whole
    if rest:
        yield rest
