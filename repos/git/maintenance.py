"""Keeps repositories fast: packs, bitmaps, the commit graph, and leftovers of pushes that died."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from repos.git.process import run

TIMEOUT = 2 * 3600.0
ABANDONED = 24 * 3600.0
# Up to this many bytes everything is packed anew each time; above, packs are merged as they grow.
SMALL = 256 * 1024 * 1024
LOCK = "hub-maintenance.lock"
STAMP = "hub-packed-whole"
WHOLE_EVERY = 7 * 24 * 3600.0

CONFIG: Mapping[str, str] = {
    "repack.writeBitmaps": "true",
    "gc.writeCommitGraph": "false",
    # Unreachable objects stay this long, so that a push or fetch which started before still finds them.
    "gc.pruneExpire": "2.weeks.ago",
    "pack.threads": "1",
    "pack.windowMemory": "256m",
}


class Busy(Exception):
    """Another process maintains this repository now."""


def maintain(git_dir: Path, *, small: int = SMALL) -> None:
    """Pack refs and objects, write bitmaps and the commit graph; safe beside pushes and fetches.

    Repositories under `small` bytes, and once a week all others, are packed anew as a whole, which also drops
    what has been unreachable for two weeks. Raises Busy when another process is at it, GitError when git
    fails; the repository is whole in any case.
    """
    with alone(git_dir):
        remove_leftovers(git_dir)
        if measure(git_dir) < small or _is_due(git_dir / STAMP):
            run(git_dir, "gc", "--quiet", timeout=TIMEOUT, config=CONFIG)
            (git_dir / STAMP).touch()
        else:
            _merge_packs(git_dir)
        graph = ("commit-graph", "write", "--reachable", "--changed-paths", "--no-progress")
        run(git_dir, *graph, timeout=TIMEOUT, config=CONFIG)


def _is_due(stamp: Path) -> bool:
    try:
        return stamp.stat().st_mtime < time.time() - WHOLE_EVERY
    except FileNotFoundError:
        return True


def _merge_packs(git_dir: Path) -> None:
    """Merge small packs into bigger ones until sizes double: each object is rewritten only now and then."""
    run(git_dir, "pack-refs", "--all", "--prune", timeout=TIMEOUT)
    steps = ("repack", "-d", "-l", "-q", "--geometric=2", "--write-midx", "--write-bitmap-index")
    run(git_dir, *steps, timeout=TIMEOUT, config=CONFIG)


def measure(git_dir: Path) -> int:
    """Bytes that the repository's objects take on disk, those of running pushes included."""
    return sum(_file_sizes(git_dir / "objects"))


def remove_leftovers(git_dir: Path, *, older_than: float = ABANDONED) -> int:
    """Remove the temporary files of pushes that died more than `older_than` seconds ago; returns how many."""
    removed = 0
    for folder in (git_dir / "objects", git_dir / "objects" / "pack"):
        for entry in _temporary(folder, time.time() - older_than):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                Path(entry.path).unlink(missing_ok=True)
            removed += 1
    return removed


def _temporary(folder: Path, before: float) -> list[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return []
    drafts = (entry for entry in entries if entry.name.startswith(("tmp_", "incoming-")))
    return [entry for entry in drafts if _modified(entry) < before]


def _modified(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return float("inf")


def _file_sizes(folder: Path) -> Iterator[int]:
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                yield (Path(place) / name).stat(follow_symlinks=False).st_size
            except FileNotFoundError:  # a push or gc has just moved it
                continue


@contextmanager
def alone(git_dir: Path) -> Iterator[None]:
    """Hold the repository's maintenance lock; it ends with the process, however that ends. Raises Busy."""
    with (git_dir / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{git_dir.name} is being maintained already.") from None
        yield
