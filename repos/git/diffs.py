"""What changed between two commits: files with their counts, and their hunks line by line, within bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
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
ONE_FILE = Bounds(lines_per_file=5_000, lines=5_000)
SUBMODULE = "160000"
NOTHING = "0" * 40


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

    @property
    def ids(self) -> str:
        """What it was and what it is, as one word: as long as it is the same, the change is."""
        return f"{self.old_id}:{self.new_id}"


@dataclass(frozen=True, slots=True)
class Diff:
    """The files that differ between two commits, the first MAX_FILES of `total_files`."""

    files: tuple[FileChange, ...]
    total_files: int
    additions: int
    deletions: int


def diff(git_dir: Path, old: str, new: str, *, bounds: Bounds | None = None, ignore_space: bool = False) -> Diff:
    """The difference of two commits or trees, with hunks as far as the bounds reach.

    Files past the bounds come with `hunks=None` or `is_cut`: ask for them one by one with file_diff.
    """
    changes = changed_files(git_dir, old, new, ignore_space=ignore_space)
    return Diff(
        files=tuple(with_hunks(git_dir, old, new, changes[:MAX_FILES], bounds, ignore_space=ignore_space)),
        total_files=len(changes),
        additions=sum(change.additions or 0 for change in changes),
        deletions=sum(change.deletions or 0 for change in changes),
    )


def changed_files(
    git_dir: Path, old: str, new: str, *paths: bytes, counts: bool = True, ignore_space: bool = False
) -> list[FileChange]:
    """The files that differ, renames found, in git's order; only those at `paths` if given. No hunks.

    Without `counts` no file is read but to find renames: a list of thousands costs milliseconds.
    """
    options = ["--raw", *(["--numstat"] if counts else []), *(["-w"] if ignore_space else [])]
    return _parse_raw(_tree_diff(git_dir, "-M", *options, old=old, new=new, paths=paths))


def file_diff(
    git_dir: Path, old: str, new: str, old_path: bytes, new_path: bytes, *, ignore_space: bool = False
) -> FileChange | None:
    """One file of a diff with many more of its lines; None when it does not differ."""
    paths = tuple(dict.fromkeys((old_path, new_path)))
    if not all(map(names.may_be_in_tree, paths)):
        return None
    changes = changed_files(git_dir, old, new, *paths, ignore_space=ignore_space)
    wanted = [change for change in changes if change.new_path == new_path or change.path == old_path][:1]
    return next(iter(with_hunks(git_dir, old, new, wanted, ONE_FILE, ignore_space=ignore_space)), None)


def counted(
    git_dir: Path, old: str, new: str, changes: Sequence[FileChange], *, ignore_space: bool = False
) -> list[FileChange]:
    """Some changes of a diff with their counts, for lists that were read without."""
    found: dict[bytes, tuple[int | None, int | None]] = {}
    space = ["-w"] if ignore_space else []
    for renames, paths in _ways(changes):
        found.update(_counts(_tree_diff(git_dir, renames, "--numstat", *space, old=old, new=new, paths=paths)))
    return [_with_counts(each, found) for each in changes]


def with_hunks(
    git_dir: Path,
    old: str,
    new: str,
    changes: Sequence[FileChange],
    bounds: Bounds | None = None,
    *,
    ignore_space: bool = False,
) -> list[FileChange]:
    """Some changes of a diff with their hunks, as far as the bounds reach."""
    reach = bounds or Bounds()
    reader = PatchReader(reach)
    space = ["-w"] if ignore_space else []
    is_whole = True
    for renames, paths in _ways([each for each in changes if each.old_id != each.new_id]):
        is_whole = is_whole and _read_patch(reader, git_dir, renames, *space, old=old, new=new, paths=paths)
    return list(_filled(changes, reader, is_whole, reach.lines))


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


def _tree_diff(git_dir: Path, *options: str, old: str, new: str, paths: Sequence[bytes]) -> bytes:
    words = [*options, "--no-ext-diff", old, new, "--", *map(names.as_argument, paths)]
    return run(git_dir, "diff-tree", "-r", "-z", *words, timeout=TIMEOUT)


def _ways(changes: Sequence[FileChange]) -> Iterator[tuple[str, list[bytes]]]:
    """How to ask for a part of the changes so that git pairs the same files as when it was asked for all."""
    moved = [each for each in changes if each.status in {"renamed", "copied"}]
    plain = [each for each in changes if each.status not in {"renamed", "copied"}]
    if plain:
        yield "--no-renames", [each.path for each in plain]
    if moved:
        yield "-M", [path for each in moved for path in (each.old_path, each.new_path)]


def _read_patch(reader: PatchReader, git_dir: Path, *options: str, old: str, new: str, paths: Sequence[bytes]) -> bool:
    """Hand a patch to the reader; False when there is more of it than was read."""
    form = ["--no-ext-diff", "--no-textconv", "--no-color", "--full-index", "-U3"]
    words = [*options, *form, old, new, "--", *map(names.as_argument, paths)]
    output = lines(git_dir, "diff-tree", "-p", "-r", *words, timeout=TIMEOUT, max_output=MAX_PATCH)
    with closing(output):  # type: ignore[type-var]
        try:
            for line in output:
                if not reader.take(line):
                    return False
        except (GitOutputTooLarge, GitTimeout):
            return False
    reader.finish()
    return True


def _filled(changes: Sequence[FileChange], reader: PatchReader, is_whole: bool, most: int) -> Iterator[FileChange]:
    total = 0
    for change in changes:
        pairs = [(change.old_id, change.new_id)]
        if change.status == "retyped":
            pairs = [(change.old_id, NOTHING), (NOTHING, change.new_id)]
        found = [reader.files[pair] for pair in pairs if pair in reader.files]
        hunks = tuple(hunk for part, _ in found for hunk in part)
        # Copies of one file are read once, but count each: a page draws them all.
        is_read = len(found) == len(pairs) and total < most
        total += sum(len(hunk.lines) for hunk in hunks)
        if change.old_id == change.new_id or (is_whole and not found):
            yield replace(change, hunks=())
        else:
            yield replace(change, hunks=hunks, is_cut=any(cut for _, cut in found)) if is_read else change


def _parse_raw(output: bytes) -> list[FileChange]:
    fields = iter(output.split(b"\0"))
    changes: list[FileChange] = []
    rest: list[bytes] = []
    for field in fields:
        if not field.startswith(b":"):
            rest = [field, *fields]
            break
        changes.append(_raw_change(field, fields))
    found = _counts(b"\0".join(rest))
    # With -w git counts no lines of a file in which only spaces changed, and does not name it either.
    return [_with_counts(each, found) for each in changes]


def _counts(output: bytes) -> dict[bytes, tuple[int | None, int | None]]:
    """Lines added and removed by path, None for binary files, from `--numstat -z`."""
    fields = iter(output.split(b"\0"))
    found: dict[bytes, tuple[int | None, int | None]] = {}
    for field in fields:
        if field:
            added, deleted, path = field.split(b"\t", 2)
            if not path:  # A rename: both paths follow.
                next(fields)
                path = next(fields)
            found[path] = (None, None) if added == b"-" else (int(added), int(deleted))
    return found


def _with_counts(change: FileChange, found: dict[bytes, tuple[int | None, int | None]]) -> FileChange:
    added, deleted = found.get(change.path, (0, 0))
    return replace(change, additions=added, deletions=deleted)


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
