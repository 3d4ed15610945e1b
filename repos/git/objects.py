"""Objects read in process: opening a repository, resolving what an address points at, blobs and their sizes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tag
from dulwich.refs import Ref, check_ref_format
from dulwich.repo import Repo

from repos.git import names
from repos.git.process import run, stream

RefKind = Literal["branch", "tag", "commit"]
PREFIXES: tuple[tuple[RefKind, bytes], ...] = (("branch", b"refs/heads/"), ("tag", b"refs/tags/"))
BINARY_PROBE = 8000
_pointer = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n.*?oid sha256:([0-9a-f]{64})\nsize (\d+)\n", re.S
)


class Missing(LookupError):
    """There is no such ref, path or object in this repository."""


@dataclass(frozen=True, slots=True)
class Place:
    """What an address points at: a ref, the commit it stands for now, and a path inside that commit's tree."""

    kind: RefKind
    ref: str
    commit: str
    path: bytes = b""

    @property
    def text(self) -> str:
        """`ref/path` as addresses carry it."""
        return f"{self.ref}/{self.path_text}" if self.path else self.ref

    @property
    def path_text(self) -> str:
        """The path as text."""
        return names.as_text(self.path)

    @property
    def above(self) -> str:
        """The text of the folder that holds the path."""
        above = self.path_text.rpartition("/")[0]
        return f"{self.ref}/{above}" if above else self.ref

    @property
    def short_ref(self) -> str:
        """The ref for a label: commit ids shortened."""
        return self.ref[:10] if self.kind == "commit" else self.ref


@contextmanager
def opened(git_dir: Path) -> Iterator[Repo]:
    """The repository, opened for one question: a kept one would outlive the pack files that gc replaces."""
    repo = Repo(str(git_dir), bare=True)
    try:
        yield repo
    finally:
        repo.close()


def resolve(git_dir: Path, text: str) -> Place:
    """The place a `ref/path` text means: the longest ref that matches, branches before tags before commit ids.

    Raises Missing when its first words name no ref or commit. The path is not looked up here.
    """
    with opened(git_dir) as repo:
        for raw in names.readings(text.strip("/")):
            place = _resolve(repo, raw)
            if place:
                return place
    raise Missing(text)


def _resolve(repo: Repo, raw: bytes) -> Place | None:
    steps = raw.split(b"/")
    if not {b"", b".", b".."}.isdisjoint(steps):
        return None
    for length in range(len(steps), 0, -1):
        candidate, path = b"/".join(steps[:length]), b"/".join(steps[length:])
        for kind, prefix in PREFIXES:
            commit = _commit_of_ref(repo, prefix + candidate)
            if commit:
                return Place(kind, names.as_text(candidate), commit, path)
    commit = _commit_of_word(repo, names.as_text(steps[0]))
    return Place("commit", commit, commit, b"/".join(steps[1:])) if commit else None


def _commit_of_ref(repo: Repo, name: bytes) -> str | None:
    # SECURITY: the check keeps `..` and friends away from the file system, where loose refs live.
    if not check_ref_format(Ref(name)):
        return None
    try:
        found = repo.refs[Ref(name)]
    except (KeyError, OSError, ValueError):
        return None
    return _peeled(repo, found)


def _commit_of_word(repo: Repo, word: str) -> str | None:
    if word == "HEAD":
        try:
            return _peeled(repo, repo.refs[Ref(b"HEAD")])
        except KeyError:
            return None
    if not names.may_be_commit_id(word):
        return None
    if names.is_commit_id(word):
        return _peeled(repo, ObjectID(word.encode()))
    found = {commit for sha in repo.object_store.iter_prefix(word.encode()) if (commit := _peeled(repo, sha))}
    return found.pop() if len(found) == 1 else None


def _peeled(repo: Repo, sha: ObjectID) -> str | None:
    for _ in range(10):
        try:
            found: ShaFile = repo[sha]
        except (KeyError, ValueError):
            return None
        if isinstance(found, Commit):
            return found.id.decode()
        if not isinstance(found, Tag):
            return None
        sha = found.object[1]
    return None


def known_commits(git_dir: Path, ids: Iterable[str]) -> set[str]:
    """Those of the full commit ids that the repository holds."""
    with opened(git_dir) as repo:
        return {each for each in ids if names.is_commit_id(each) and _peeled(repo, ObjectID(each.encode())) == each}


def blob_size(git_dir: Path, blob_id: str) -> int:
    """Bytes of a blob, without reading it; raises Missing when there is no such object."""
    answer = run(git_dir, "cat-file", "--batch-check", input=blob_id.encode() + b"\n").split()
    if len(answer) != 3 or answer[1] != b"blob":
        raise Missing(blob_id)
    return int(answer[2])


def blob_sizes(git_dir: Path, blob_ids: Iterable[str]) -> dict[str, int]:
    """Bytes of many blobs by one process; what is no blob is left out."""
    wanted = list(dict.fromkeys(blob_ids))
    if not wanted:
        return {}
    answers = run(git_dir, "cat-file", "--batch-check", input="".join(f"{each}\n" for each in wanted).encode())
    rows = (line.split() for line in answers.splitlines())
    return {row[0].decode(): int(row[2]) for row in rows if len(row) == 3 and row[1] == b"blob"}


def read_blobs(git_dir: Path, blob_ids: Iterable[str]) -> dict[str, bytes]:
    """Many small blobs, whole: ask blob_sizes first. What is no blob is left out."""
    found: dict[str, bytes] = {}
    with opened(git_dir) as repo:
        for each in blob_ids:
            try:
                blob = repo[ObjectID(each.encode())]
            except (KeyError, ValueError):
                continue
            if isinstance(blob, Blob):
                found[each] = blob.data
    return found


def read_blob(git_dir: Path, blob_id: str) -> bytes:
    """The whole blob, in memory: ask blob_size first. Raises Missing."""
    with opened(git_dir) as repo:
        try:
            found = repo[ObjectID(blob_id.encode())]
        except (KeyError, ValueError):
            raise Missing(blob_id) from None
    if not isinstance(found, Blob):
        raise Missing(blob_id)
    return found.data


def blob_range(git_dir: Path, blob_id: str, offset: int, length: int) -> Iterator[bytes]:
    """`length` bytes of a blob from `offset`, in blocks and flat memory."""
    skip, left = offset, length
    for block in stream(git_dir, "cat-file", "blob", blob_id):
        if skip >= len(block):
            skip -= len(block)
            continue
        piece = block[skip : skip + left]
        skip, left = 0, left - len(piece)
        yield piece
        if not left:
            return


def is_binary(data: bytes) -> bool:
    """git's own rule: a NUL among the first 8000 bytes."""
    return b"\0" in data[:BINARY_PROBE]


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a Git LFS pointer file stands for."""

    sha256: str
    size: int


def lfs_pointer(data: bytes) -> Pointer | None:
    """The pointer in a small text file that Git LFS left in place of a big one, if it is one."""
    if len(data) > 1024 or not (match := _pointer.match(data)):
        return None
    return Pointer(match[1].decode(), int(match[2]))
