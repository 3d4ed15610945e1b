"""Brings objects that lie elsewhere (in a fork, in a quarantine) into a repository: one pack, whole or absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from repos.git.process import GitError, GitOutputTooLarge, run, stream, succeeds

TIMEOUT = 600.0


class TooMuch(Exception):
    """The objects take more bytes than there is room for; nothing was taken."""


def take_objects(git_dir: Path, source: Path, tips: Sequence[str], *, max_bytes: int | None = None) -> None:
    """Copy what leads up to `tips` (whole commit ids) from the object folder `source`, unless it is here already.

    No ref is moved. Raises TooMuch when the pack is larger than `max_bytes`, GitError when an object is nowhere.
    """
    if not tips or is_connected(git_dir, tips):
        return
    known = set(run(git_dir, "for-each-ref", "--format=^%(objectname)").splitlines())
    wanted = b"\n".join([*(tip.encode() for tip in tips), *known, b""])
    pack = stream(
        git_dir,
        *("pack-objects", "--revs", "--thin", "--stdout", "-q", "--threads=1"),
        input=wanted,
        timeout=TIMEOUT,
        env={"GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(source)},
    )
    try:
        run(git_dir, "index-pack", "--stdin", "--fix-thin", input=_capped(pack, max_bytes), timeout=TIMEOUT)
    except GitError as error:
        if isinstance(error.__cause__, GitOutputTooLarge):
            raise TooMuch(f"The objects take more than {max_bytes} bytes.") from None
        raise


def is_connected(git_dir: Path, tips: Iterable[str]) -> bool:
    """Whether everything that the commits need is here, as git itself asks after a fetch."""
    try:
        return succeeds(git_dir, "rev-list", "--quiet", "--objects", *tips, "--not", "--all", timeout=TIMEOUT)
    except GitError:
        return False


def quoted(folder: Path) -> str:
    """A folder as git reads it in GIT_ALTERNATE_OBJECT_DIRECTORIES, whatever its name holds."""
    text = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _capped(blocks: Iterator[bytes], limit: int | None) -> Iterator[bytes]:
    total = 0
    for block in blocks:
        total += len(block)
        if limit is not None and total > limit:
            raise GitOutputTooLarge(f"more than {limit} bytes")
        yield block
