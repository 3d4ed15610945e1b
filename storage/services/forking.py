"""Gives a fork the data that its commits stand for: what its parent holds is held by both, and no bytes move."""

from __future__ import annotations

import structlog

from accounts.actor import ANONYMOUS
from hub.lib.errors import QuotaExceeded
from repos.git import refs
from repos.models import Repository
from repos.paths import git_dir
from storage.needs import needs_between
from storage.services.granting import grant_needs

log = structlog.get_logger()

MOST_BRANCHES = 200


def give_data_of_parent(repository_id: int) -> int:
    """The fork holds what the branches that stand where its parent's do need, as far as its owner has room.

    Returns how many objects came; nothing happens when it is no fork any more.
    """
    fork = Repository.objects.select_related("owner", "parent__owner").filter(pk=repository_id).first()
    if fork is None or fork.parent is None:
        return 0
    count = 0
    for commit in _shared_heads(fork, fork.parent):
        try:
            needs = needs_between(fork, None, commit)
            count += grant_needs(repository=fork, sources=[fork.parent], needs=needs, actor=ANONYMOUS).objects
        except QuotaExceeded:
            log.info("fork_without_data", repository=fork.pk, commit=commit)
    return count


def _shared_heads(fork: Repository, parent: Repository) -> list[str]:
    """Commits at which a branch stands in both; the default branch first."""
    # SECURITY: a pointer that somebody made up in the fork must not fetch data of the parent by its digest alone.
    theirs = refs.snapshot(git_dir(parent))
    shared = {
        name: commit
        for name, commit in refs.snapshot(git_dir(fork)).items()
        if name.startswith(refs.BRANCHES) and theirs.get(name) == commit
    }
    first = shared.pop(refs.BRANCHES + fork.default_branch, None)
    return list(dict.fromkeys([*([first] if first else []), *shared.values()]))[:MOST_BRANCHES]
