"""Trees: what a folder holds at a commit, and finding one path in it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes

from dulwich.objects import Commit, ObjectID, Tree
from dulwich.repo import Repo

from repos.git import names
from repos.git.objects import Missing, Place, opened, resolve
from repos.git.process import lines, run

Kind = Literal["dir", "file", "symlink", "submodule"]
SUBMODULE_MODE = 0o160000
MAX_LISTED = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder: its path from the root, mode and object id."""

    path: bytes
    mode: int
    id: str

    @property
    def kind(self) -> Kind:
        """What the mode says it is."""
        if stat.S_IFMT(self.mode) == SUBMODULE_MODE:
            return "submodule"
        if stat.S_ISDIR(self.mode):
            return "dir"
        return "symlink" if stat.S_ISLNK(self.mode) else "file"

    @property
    def name(self) -> str:
        """The last step of the path, as text."""
        return names.as_text(self.path.rpartition(b"/")[2])

    @property
    def path_text(self) -> str:
        """The path as text."""
        return names.as_text(self.path)

    @property
    def is_executable(self) -> bool:
        """Whether it is a file marked executable."""
        return self.kind == "file" and bool(self.mode & 0o100)


def locate(git_dir: Path, text: str) -> tuple[Place, Entry]:
    """The place a `ref/path` text means, and what stands there; raises Missing.

    The root folder is an entry with an empty path.
    """
    place = resolve(git_dir, text)
    for path in dict.fromkeys((place.path, unquote_to_bytes(place.path))):
        entry = find(git_dir, place.commit, path)
        if entry:
            return replace(place, path=path), entry
    raise Missing(text)


def find(git_dir: Path, commit: str, path: bytes) -> Entry | None:
    """What stands at a path of a commit's tree, if anything."""
    if b"\0" in path:
        return None
    with opened(git_dir) as repo:
        return _find(repo, commit, path)


def _find(repo: Repo, commit: str, path: bytes) -> Entry | None:
    tree = tree_of(repo, commit)
    if not path:
        return Entry(b"", stat.S_IFDIR, tree.id.decode())
    steps = path.split(b"/")
    for depth, step in enumerate(steps):
        if step not in tree:
            return None
        mode, sha = tree[step]
        if depth == len(steps) - 1:
            return Entry(path, mode, sha.decode())
        child = repo.object_store[sha] if stat.S_ISDIR(mode) else None
        if not isinstance(child, Tree):
            return None
        tree = child
    return None


def tree_of(repo: Repo, commit: str) -> Tree:
    """The root tree of a commit; raises Missing."""
    try:
        found = repo[ObjectID(commit.encode())]
        tree = repo[found.tree] if isinstance(found, Commit) else None
    except (KeyError, ValueError):
        raise Missing(commit) from None
    if not isinstance(tree, Tree):
        raise Missing(commit)
    return tree


def entries(git_dir: Path, tree_id: str, path: bytes) -> list[Entry]:
    """What a folder holds: folders and submodules first, then files, each by name. `path` is the folder's own."""
    with opened(git_dir) as repo:
        try:
            tree = repo[ObjectID(tree_id.encode())]
        except (KeyError, ValueError):
            raise Missing(tree_id) from None
    if not isinstance(tree, Tree):
        raise Missing(tree_id)
    prefix = path + b"/" if path else b""
    found = [Entry(prefix + name, mode, sha.decode()) for name, mode, sha in tree.iteritems()]
    return sorted(found, key=lambda entry: (entry.kind not in {"dir", "submodule"}, entry.path.lower()))


def all_files(git_dir: Path, commit: str) -> tuple[list[bytes], bool]:
    """Every file path of a commit in git's order, at most MAX_LISTED, and whether that is all of them."""
    listed = run(git_dir, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).split(b"\0")[:-1]
    return listed[:MAX_LISTED], len(listed) <= MAX_LISTED


def find_named(git_dir: Path, commit: str, endings: tuple[bytes, ...], limit: int) -> list[Entry]:
    """The files of a commit whose paths end in one of `endings`, in git's order, at most `limit`."""
    found: list[Entry] = []
    for row in lines(git_dir, "ls-tree", "-r", "-z", "--full-tree", commit, separator=b"\0", max_output=None):
        facts, _, path = row.partition(b"\t")
        if path.endswith(endings) and facts.startswith(b"100"):
            mode, _, sha = facts.split()
            found.append(Entry(path, int(mode, 8), sha.decode()))
            if len(found) == limit:
                break
    return found


def all_blobs(git_dir: Path, commit: str, limit: int) -> Iterator[tuple[bytes, str, int]]:
    """Path, blob and bytes of the files of a commit in git's order, links to elsewhere left out; at most `limit`."""
    rows = lines(git_dir, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, separator=b"\0", max_output=None)
    for row in islice(rows, limit):
        facts, _, path = row.partition(b"\t")
        mode, kind, blob, size = facts.split()
        if kind == b"blob" and mode != b"120000":
            yield path, blob.decode(), int(size)


def file_sizes(git_dir: Path, commit: str) -> list[tuple[bytes, int]]:
    """Path and bytes of every file of a commit, links to elsewhere left out; at most MAX_LISTED."""
    listed = run(git_dir, "ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0")[:-1]
    found = []
    for row in listed[:MAX_LISTED]:
        facts, _, path = row.partition(b"\t")
        mode, kind, _, size = facts.split()
        if kind == b"blob" and mode != b"120000":
            found.append((path, int(size)))
    return found
