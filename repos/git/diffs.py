"""What changed between two commits: files with their counts, and their hunks line by line, within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from repos.git import names
from repos.git.patches import Bounds, Hunk, Line, PatchReader
from repos.git.process import GitOutputTooLarge, GitTimeout, lines, run

Status = Literal["added", "deleted", "modified", "renamed", "copied", "retyped"]
_STATUS: dict[str, Status] = {
    "A": "added",
    "D": "deleted",
    "M": "modified",
    "R": "renamed",
    "C": "copied",
    "T": "retyped",
}

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
TIMEOUT = 20
MAX_PATCH = 16 * 1024 * 1024
MAX_FILES = 100
SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a diff. Counts are None for binary files, `hunks` is None while they are not loaded."""

    status: Status
    old_path: bytes
    new_path: bytes
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str
    additions: int | None = None
    deletions: int | None = None
    hunks: tuple[Hunk, ...] | None = None
    is_cut: bool = False

    @property
    def path(self) -> bytes:
        """The path by which the file is known now, or was before it was deleted."""
        return self.old_path if self.status == "deleted" else self.new_path

    @property
    def path_text(self) -> str:
        """That path as text."""
        return names.as_text(self.path)

    @property
    def old_path_text(self) -> str:
        """The earlier path as text."""
        return names.as_text(self.old_path)

    @property
    def is_binary(self) -> bool:
        """Whether git shows no lines for it."""
        return self.additions is None

    @property
    def is_submodule(self) -> bool:
        """Whether it is, or was, a link to a commit of another repository."""
        return SUBMODULE in {self.old_mode, self.new_mode}

    @property
    def mode_change(self) -> tuple[str, str] | None:
        """Old and new mode, if both exist and differ."""
        both = self.status not in {"added", "deleted"}
        return (self.old_mode, self.new_mode) if both and self.old_mode != self.new_mode else None

    @property
    def changed_lines(self) -> int:
        """Lines added and removed."""
        return (self.additions or 0) + (self.deletions or 0)


@dataclass(frozen=True, slots=True)
class Diff:
    """The files that differ between two commits, the first MAX_FILES of `total_files`."""

    files: tuple[FileChange, ...]
    total_files: int
    additions: int
    deletions: int


def diff(git_dir: Path, old: str, new: str, *, bounds: Bounds | None = None) -> Diff:
    """The difference of two commits or trees, with hunks as far as the bounds reach.

    Files past the bounds come with `hunks=None` or `is_cut`: ask for them one by one with file_diff.
    """
    changes = changed_files(git_dir, old, new)
    shown = changes[:MAX_FILES]
    return Diff(
        files=tuple(_with_hunks(git_dir, old, new, shown, bounds or Bounds())) if shown else (),
        total_files=len(changes),
        additions=sum(change.additions or 0 for change in changes),
        deletions=sum(change.deletions or 0 for change in changes),
    )


def changed_files(git_dir: Path, old: str, new: str, *paths: bytes) -> list[FileChange]:
    """The files that differ, renames found, in git's order; only those at `paths` if given. No hunks."""
    output = run(
        git_dir,
        "diff-tree",
        "-r",
        "-z",
        "-M",
        "--raw",
        "--numstat",
        "--no-ext-diff",
        old,
        new,
        "--",
        *map(names.as_argument, paths),
        timeout=TIMEOUT,
    )
    return _parse_raw(output)


def file_diff(git_dir: Path, old: str, new: str, old_path: bytes, new_path: bytes) -> FileChange | None:
    """One file of a diff with many more of its lines; None when it does not differ."""
    paths = tuple(dict.fromkeys((old_path, new_path)))
    if not all(map(names.may_be_in_tree, paths)):
        return None
    changes = changed_files(git_dir, old, new, *paths)
    wanted = [change for change in changes if change.new_path == new_path or change.path == old_path][:1]
    bounds = Bounds(lines_per_file=5_000, lines=5_000)
    return next(iter(_with_hunks(git_dir, old, new, wanted, bounds, *paths)), None) if wanted else None


def patch(git_dir: Path, old: str, new: str, *, limit: int = MAX_PATCH) -> bytes:
    """The whole difference as `git apply` takes it; raises GitOutputTooLarge past `limit` bytes."""
    return run(
        git_dir,
        "diff-tree",
        "-p",
        "-r",
        "-M",
        "--binary",
        "--full-index",
        old,
        new,
        "--",
        timeout=TIMEOUT,
        max_output=limit,
    )


def _with_hunks(
    git_dir: Path, old: str, new: str, changes: list[FileChange], bounds: Bounds, *paths: bytes
) -> list[FileChange]:
    # A file that changes its type (a link becomes a file) is printed as a deletion and a creation.
    reader = PatchReader([2 if change.status == "retyped" else 1 for change in changes], bounds)
    output = lines(
        git_dir,
        "diff-tree",
        "-p",
        "-r",
        "-M",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--full-index",
        "-U3",
        old,
        new,
        "--",
        *map(names.as_argument, paths),
        timeout=TIMEOUT,
        max_output=MAX_PATCH,
    )
    with closing(output), suppress(GitOutputTooLarge, GitTimeout):  # type: ignore[type-var]
        for line in output:
            if not reader.take(line):
                break
        else:
            reader.finish()
    return [
        replace(change, hunks=hunks, is_cut=is_cut)
        for change, (hunks, is_cut) in zip_longest(changes, reader.files, fillvalue=(None, False))
        if isinstance(change, FileChange)
    ]


def _parse_raw(output: bytes) -> list[FileChange]:
    fields = iter(output.split(b"\0"))
    changes: list[FileChange] = []
    position = 0
    for field in fields:
        if field.startswith(b":"):
            changes.append(_raw_change(field, fields))
        elif field:
            added, deleted, path = field.split(b"\t", 2)
            if not path:  # A rename: both paths follow.
                next(fields), next(fields)
            counts = (None, None) if added == b"-" else (int(added), int(deleted))
            changes[position] = replace(changes[position], additions=counts[0], deletions=counts[1])
            position += 1
    return changes


def _raw_change(field: bytes, rest: Iterator[bytes]) -> FileChange:
    old_mode, new_mode, old_id, new_id, status = field[1:].decode().split(" ")
    old_path = next(rest)
    new_path = next(rest) if status[0] in "RC" else old_path
    return FileChange(_STATUS.get(status[0], "modified"), old_path, new_path, old_mode, new_mode, old_id, new_id)


def side_by_side(hunk: Hunk) -> list[tuple[Line | None, Line | None]]:
    """The hunk as rows of two columns: what was left, what is right."""
    rows: list[tuple[Line | None, Line | None]] = []
    removed: list[Line] = []
    added: list[Line] = []
    for line in (*hunk.lines, None):
        if line is not None and line.kind == "-":
            removed.append(line)
        elif line is not None and line.kind == "+":
            added.append(line)
        else:
            rows.extend(zip_longest(removed, added))
            removed, added = [], []
            if line is not None:
                rows.append((line, line))
    return rows
