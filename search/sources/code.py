"""Files of default branches as entries of the index: text of bounded size, only what changed since the last time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from repos.git import objects, tree
from repos.git.refs import branch_tip
from repos.models import Repository
from repos.paths import git_dir
from search.models import MAX_BODY, MAX_TITLE, Kind
from search.sources.base import Found

MOST_FILES = 20_000
MOST_BYTES = 64 * 1024 * 1024
LARGEST = MAX_BODY
MAX_PATH = 500
AT_ONCE = 200
# Written by programs, in no words that anybody looks for.
_SKIPPED = (b".lock", b".min.js", b".min.css", b".map", b"-lock.json", b".svg", b".csv", b".tsv", b".jsonl")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The files that belong into the index at a commit: blob by path; `is_cut` when there are more."""

    commit: str
    blobs: dict[str, str]
    is_cut: bool


def tip(repository: Repository) -> str:
    """The commit of the default branch, "" without one."""
    return branch_tip(git_dir(repository), repository.default_branch) or ""


def wanted(repository: Repository, commit: str) -> Wanted:
    """What of a commit is indexed: files of text by their names and sizes, the first ones in git's order."""
    blobs: dict[str, str] = {}
    left, seen = MOST_BYTES, 0
    for path, blob, size in tree.all_blobs(git_dir(repository), commit, MOST_FILES + 1):
        seen += 1
        text = path.decode("utf-8", "surrogateescape")
        if size > LARGEST or path.endswith(_SKIPPED) or len(text) > MAX_PATH or not _is_clean(text):
            continue
        left -= size
        if left < 0 or seen > MOST_FILES:
            return Wanted(commit, blobs, True)
        blobs[text] = blob
    return Wanted(commit, blobs, False)


def _is_clean(path: str) -> bool:
    return "\0" not in path and not any(0xD800 <= ord(letter) < 0xE000 for letter in path)


def read(repository: Repository, blobs: dict[str, str]) -> Iterator[Found]:
    """Entries for files by path and blob; what is binary has its name alone."""
    folder = git_dir(repository)
    every = list(blobs.items())
    for some in (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE)):
        contents = objects.read_blobs(folder, dict.fromkeys(blob for _, blob in some))
        for path, blob in some:
            yield _entry(repository, path, blob, contents.get(blob, b""))


def _entry(repository: Repository, path: str, blob: str, data: bytes) -> Found:
    body = "" if objects.is_binary(data) else data.decode("utf-8", "replace").replace("\0", "")
    return Found(
        kind=Kind.CODE,
        repository_id=repository.pk,
        object_id=repository.pk,
        title=path[:MAX_TITLE],
        url=f"/src/{quote(repository.default_branch)}/{quote(path)}",
        icon="file-code",
        body=body,
        stamp=blob,
        key=path,
    )
