"""Where a run comes from: its commit in the repository, what holds that, and the file that was started."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from django.core.cache import cache

from repos.git import history, holding, names, objects, tree
from repos.git.history import Commit
from repos.git.holding import Holders
from repos.git.objects import Missing
from repos.git.process import GitError
from repos.models import Repository
from repos.paths import git_dir
from tracking.selectors.run_table import COMMIT, SOURCE

BRANCH = "mlflow.source.git.branch"
REMOTES = ("mlflow.source.git.repoURL", "mlflow.gitRepoURL")
ENTRY_POINT = "mlflow.project.entryPoint"
KIND = "mlflow.source.type"
MOST_STEPS = 40
HELD_SECONDS = 60
KEPT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class RunSource:
    """What a run says of its source, and what the repository knows about it.

    `shown` is the commit where the repository holds it; `file` the path at that commit of what was started, "" when
    there is none; `name` the same as the client wrote it. `holders` is None where nobody could tell in time.
    """

    commit: str
    name: str
    branch: str
    remote: str
    entry_point: str
    kind: str
    shown: Commit | None
    file: str
    holders: Holders | None

    @property
    def is_known(self) -> bool:
        """Whether the run says anything about where it comes from."""
        return bool(self.commit or self.name)

    @property
    def parent(self) -> str:
        """The commit before, "" for the first."""
        return self.shown.parents[0] if self.shown and self.shown.parents else ""


def source_of(repository: Repository, tags: Mapping[str, str]) -> RunSource:
    """The source that a run's tags name."""
    commit, name = tags.get(COMMIT, "").strip(), tags.get(SOURCE, "").strip()
    shown = commit_here(repository, commit)
    remote = next((tags[key] for key in REMOTES if tags.get(key)), "")
    return RunSource(
        commit=commit,
        name=name,
        branch=tags.get(BRANCH, ""),
        remote=without_secrets(remote),
        entry_point=tags.get(ENTRY_POINT, ""),
        kind=tags.get(KIND, ""),
        shown=shown,
        file=file_at(repository, shown.id, name) if shown and name else "",
        holders=_holders(repository, shown.id) if shown else Holders(),
    )


def commit_here(repository: Repository, commit: str) -> Commit | None:
    """The commit, when the repository holds it."""
    # SECURITY: anybody may write anything into the tag; what is no full commit id never reaches git.
    if repository.is_empty or not names.is_commit_id(commit):
        return None
    key = f"run-commit:{repository.pk}:{commit}"
    kept: Commit | None = cache.get(key)
    if kept is None:
        folder = git_dir(repository)
        try:
            kept = history.commit(folder, commit) if objects.known_commits(folder, [commit]) else None
        except (Missing, GitError):
            return None
        if kept is not None:  # What is missing today may be pushed in a minute.
            cache.set(key, kept, HELD_SECONDS)
    return kept


def file_at(repository: Repository, commit: str, name: str) -> str:
    """The path in a commit's tree of a file that a client named by where it lay there; "" when there is none.

    Of `/home/ada/stones/src/train.py` the longest end that is a file of the tree is taken.
    """
    key = f"run-source:{repository.pk}:{commit}:{_hash_of(name)}"
    kept: str | None = cache.get(key)
    if kept is None:
        kept = longest_end(name, lambda path: _is_file(repository, commit, path))
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def longest_end(name: str, holds: Callable[[str], bool]) -> str:
    """The longest end of a path, in whole steps, for which `holds`; "" for none."""
    steps = [step for step in re.split(r"[/\\]", name.strip()) if step not in ("", ".", "..")]
    for length in range(min(len(steps), MOST_STEPS), 0, -1):
        path = "/".join(steps[-length:])
        if "\0" not in path and holds(path):
            return path
    return ""


def without_secrets(address: str) -> str:
    """An address without the name and password that some remotes are called with."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=host, query="", fragment="")) if parts.scheme else address
    except ValueError:
        return ""


def _hash_of(text: str) -> str:
    """A short name for a text of any length, for keys of the cache."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def _is_file(repository: Repository, commit: str, path: str) -> bool:
    try:
        found = tree.find(git_dir(repository), commit, path.encode("utf-8", "replace"))
    except Missing:
        return False
    return found is not None and found.kind == "file"


def _holders(repository: Repository, commit: str) -> Holders | None:
    key = f"run-holders:{repository.pk}:{commit}"
    kept: Holders | None = cache.get(key)
    if kept is None:
        try:
            kept = holding.holders(git_dir(repository), commit)
        except GitError:
            return None
        if kept is not None:
            cache.set(key, kept, HELD_SECONDS)
    return kept
