"""Lets whoever knows what a file means merge it where git sees a conflict: the callers of a merge offer a resolver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from repos.git import names
from repos.git.quarantine import Quarantine

MOST_BYTES = 8 * 1024 * 1024
_FILES = (b"100644", b"100755")


@dataclass(frozen=True, slots=True)
class Clash:
    """A file that both sides changed: its path, and its bytes in their common ancestor (b"" for none) and on each."""

    path: str
    base: bytes
    ours: bytes
    theirs: bytes


Resolver = Callable[[Clash], bytes | None]
"""The merged file, or None to leave it as a conflict."""

_resolver: ContextVar[Resolver | None] = ContextVar("resolver", default=None)


@contextmanager
def resolving(resolver: Resolver | None) -> Iterator[None]:
    """Merges within ask the resolver about conflicts."""
    token = _resolver.set(resolver)
    try:
        yield
    finally:
        _resolver.reset(token)


def resolved(room: Quarantine, tree: str, stages: Sequence[bytes]) -> tuple[str, list[bytes]]:
    """The tree of a merge with what could be resolved put in, and the paths that are left as conflicts.

    `stages` are the lines of `git merge-tree` on conflicted files: mode, object, stage and path of each side.
    """
    by_path: dict[bytes, dict[bytes, tuple[bytes, str]]] = {}
    for line in stages:
        facts, _, path = line.partition(b"\t")
        mode, sha, stage = facts.split()
        by_path.setdefault(path, {})[stage] = (mode, sha.decode())
    left = []
    for path, sides in by_path.items():
        data = _asked(room, path, sides)
        if data is None:
            left.append(path)
        else:
            tree = _with_file(room, tree, path.split(b"/"), room.write("blob", data))
    return tree, left


def _asked(room: Quarantine, path: bytes, sides: dict[bytes, tuple[bytes, str]]) -> bytes | None:
    resolver = _resolver.get()
    if resolver is None or not {b"2", b"3"} <= sides.keys():
        return None
    if any(mode not in _FILES for mode, _ in sides.values()) or len({mode for mode, _ in sides.values()}) > 1:
        return None
    texts = {stage: _text(room, sha) for stage, (_, sha) in sides.items()}
    if any(text is None for text in texts.values()):
        return None
    base, ours, theirs = (texts.get(stage) or b"" for stage in (b"1", b"2", b"3"))
    return resolver(Clash(names.as_text(path), base, ours, theirs))


def _text(room: Quarantine, sha: str) -> bytes | None:
    """A blob, unless it is too large to be understood here."""
    if int(room.run("cat-file", "-s", sha)) > MOST_BYTES:
        return None
    return room.run("cat-file", "blob", sha)


def _with_file(room: Quarantine, tree: str, steps: Sequence[bytes], blob: str) -> str:
    """The tree in which the file at a path, which is there, has other content."""
    rows = room.run("ls-tree", "-z", tree).split(b"\0")[:-1]
    for at, row in enumerate(rows):
        facts, _, name = row.partition(b"\t")
        if name == steps[0]:
            mode, kind, sha = facts.split()
            new = blob if len(steps) == 1 else _with_file(room, sha.decode(), steps[1:], blob)
            rows[at] = b" ".join((mode, kind, new.encode())) + b"\t" + name
    return room.run("mktree", "-z", input=b"".join(row + b"\0" for row in rows)).decode().strip()
