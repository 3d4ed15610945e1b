"""What a folder holds, and the last commit of each of its entries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core.cache import cache

from repos import overlays
from repos.git import history, tree
from repos.git.history import Commit
from repos.git.objects import Place
from repos.git.tree import Entry
from repos.models import Repository
from repos.overlays import Laid
from repos.paths import git_dir

MAX_ENTRIES = 1000
QUICK = 0.25
PATIENT = 25.0
README_NAMES = ("readme.md", "readme.markdown", "readme.rst", "readme.txt", "readme")


@dataclass(frozen=True, slots=True)
class FolderRow:
    """One name in a folder: git's entry, what an overlay knows of it, or both; and the newest commit that touched it.

    `commit` is None while it is not known; of what git does not hold it is its pointer's.
    """

    entry: Entry | None
    commit: Commit | None
    laid: Laid | None = None

    @property
    def name(self) -> str:
        """The last step of the path, as text."""
        return self.entry.name if self.entry else self.laid.name if self.laid else ""

    @property
    def kind(self) -> str:
        """What git calls it; `dir` or `file` where only an overlay knows it."""
        return self.entry.kind if self.entry else "dir" if self.laid and self.laid.is_dir else "file"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder at a commit. `is_complete` is False while last commits are still to be found."""

    rows: list[FolderRow]
    latest: Commit
    readme: Entry | None
    is_complete: bool
    hidden: int


def folder(repository: Repository, place: Place, entry: Entry, *, patient: bool = False) -> Folder:
    """The folder at a place, with last commits as far as they are found quickly (or, patient, all of them).

    At most MAX_ENTRIES entries; `hidden` counts the rest.
    """
    path = git_dir(repository)
    entries = tree.entries(path, entry.id, entry.path)
    shown = entries[:MAX_ENTRIES]
    commits = last_commits(repository, place, entry.path, shown, budget=PATIENT if patient else QUICK)
    return Folder(
        rows=_rows(shown, commits, overlays.gathered(repository, place, shown)),
        latest=latest(repository, place, entry.path),
        readme=_readme(entries),
        is_complete=patient or len(commits) == len(shown),
        hidden=len(entries) - len(shown),
    )


def _rows(entries: list[Entry], commits: dict[bytes, Commit], laid: dict[str, Laid]) -> list[FolderRow]:
    rows = [FolderRow(each, commits.get(each.path), laid.pop(each.name, None)) for each in entries]
    rows += [FolderRow(None, commits.get(each.pointer), each) for each in laid.values()]
    return sorted(rows, key=lambda row: (row.kind not in {"dir", "submodule"}, row.name.lower()))


def last_commits(
    repository: Repository, place: Place, path: bytes, entries: list[Entry], *, budget: float
) -> dict[bytes, Commit]:
    """The newest commit of each entry, as many as `budget` seconds allow; kept by commit and path."""
    key = f"last:{repository.pk}:{place.commit}:{hashlib.sha256(path).hexdigest()[:32]}"
    known: dict[bytes, Commit] | None = cache.get(key)
    if known is not None:
        return known
    found = history.last_commits(git_dir(repository), place.commit, [each.path for each in entries], budget=budget)
    if len(found) == len(entries):
        cache.set(key, found)
    return found


def latest(repository: Repository, place: Place, inside: bytes) -> Commit:
    """The newest commit that touched a path; the place's own commit for the root."""
    path = git_dir(repository)
    found = history.log(path, place.commit, path=inside, limit=1)
    return found[0] if found else history.commit(path, place.commit)


def _readme(entries: list[Entry]) -> Entry | None:
    files = {entry.name.lower(): entry for entry in reversed(entries) if entry.kind == "file"}
    return next((files[name] for name in README_NAMES if name in files), None)
