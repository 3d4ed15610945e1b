"""Fills an empty repository with a history that was written elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.actor import Actor
from hub.lib.errors import Conflict
from repos.git import refs
from repos.git.imports import Written, write_history
from repos.models import Repository
from repos.paths import git_dir
from repos.services.pushes import record_push


def import_history(*, actor: Actor, repository: Repository, history: Sequence[Written]) -> list[str]:
    """The repository holds the history, recorded as one push; the ids of its commits in the order given.

    Raises Conflict when there are branches or tags already; nothing is changed then.
    """
    folder = git_dir(repository)
    before = refs.snapshot(folder)
    if before:
        raise Conflict(f"{repository.full_name} has commits already.", next_step="Import into a new repository.")
    commits = write_history(folder, history)
    record_push(actor=actor, repository=repository, updates=refs.changes(before, refs.snapshot(folder)))
    return commits
