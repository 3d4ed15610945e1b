"""Where the lines of a file went between two commits: what was moved along, and what was changed or is gone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from repos.git import names
from repos.git.diffs import MAX_PATCH, TIMEOUT, FileChange, changed_files
from repos.git.process import lines

_hunk = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_index = re.compile(rb"index ([0-9a-f]{40})\.\.([0-9a-f]{40})")

Hunk = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Moved:
    """A file after a change: its path (None: it is gone), and the hunks without context that led to it."""

    path: bytes | None
    hunks: Sequence[Hunk] = ()

    def lines(self, start: int, end: int) -> tuple[int, int] | None:
        """Where lines `start` to `end` stand now; None when one of them was changed, or something put between them."""
        if self.path is None:
            return None
        shift = 0
        for old_start, old_count, _, new_count in self.hunks:
            # A hunk that only adds names the line after which it does.
            first, last = (old_start, old_start + old_count - 1) if old_count else (old_start + 1, old_start)
            if last < start and (old_count or first <= start):
                shift += new_count - old_count
            elif first <= end:
                return None
        return start + shift, end + shift


def moved(git_dir: Path, old: str, new: str, paths: Iterable[bytes]) -> dict[bytes, Moved]:
    """What became of some files of commit `old` in commit `new`, renames followed. Two git processes for any number."""
    wanted = set(paths)
    if old == new:
        return {path: Moved(path) for path in wanted}
    changes = {each.old_path: each for each in changed_files(git_dir, old, new, counts=False) if _goes_on(each, wanted)}
    edited = [each for each in changes.values() if each.status != "deleted" and each.old_id != each.new_id]
    hunks = _hunks(git_dir, old, new, edited)
    found = {}
    for path in wanted:
        change = changes.get(path)
        if change is None:
            found[path] = Moved(path)
        elif change.old_id == change.new_id:
            found[path] = Moved(change.new_path)
        else:
            here = hunks.get((change.old_id, change.new_id))
            is_there = here is not None and change.status not in {"deleted", "retyped"}
            found[path] = Moved(change.new_path if is_there else None, here or ())
    return found


def _goes_on(change: FileChange, wanted: set[bytes]) -> bool:
    return change.old_path in wanted and change.status not in {"added", "copied"}


def _hunks(git_dir: Path, old: str, new: str, changes: Sequence[FileChange]) -> dict[tuple[str, str], list[Hunk]]:
    """Hunks by old and new blob, as `-U0` prints them."""
    if not changes:
        return {}
    paths = [names.as_argument(path) for each in changes for path in {each.old_path, each.new_path}]
    words = ["-p", "-r", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--full-index", "-U0", old, new]
    output = lines(git_dir, "diff-tree", *words, "--", *paths, timeout=TIMEOUT, max_output=4 * MAX_PATCH)
    found: dict[tuple[str, str], list[Hunk]] = {}
    here: list[Hunk] = []
    left = 0
    with closing(output):  # type: ignore[type-var]
        for raw in output:
            # Lines of a hunk begin with + or - or \, its head with @: only a head can be taken for one.
            if left and raw[:1] in {b"+", b"-"}:
                left -= 1
            elif match := _hunk.match(raw):
                old_start, old_count, new_start, new_count = (int(part or 1) for part in match.groups())
                here.append((old_start, old_count, new_start, new_count))
                left = old_count + new_count
            elif index := _index.match(raw):
                here = found.setdefault((index[1].decode(), index[2].decode()), [])
                here.clear()
    return found
