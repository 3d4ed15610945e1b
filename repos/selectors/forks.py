"""Forks: those of a repository, and how far one is from its parent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import F, QuerySet

from accounts.actor import Actor
from repos.git import refs
from repos.git.compare import TIMEOUT, Distance
from repos.git.process import GitError, run
from repos.git.taking import quoted
from repos.models import Repository
from repos.paths import git_dir


@dataclass(frozen=True, slots=True)
class Behind:
    """A fork beside its parent: `distance` of its default branch, None when that cannot be told."""

    parent: Repository
    branch: str
    distance: Distance | None


def forks_of(repository: Repository, actor: Actor) -> QuerySet[Repository]:
    """The direct forks that an actor may see, those pushed to last first."""
    rows = Repository.objects.visible_to(actor).filter(parent=repository)
    return rows.select_related("owner").order_by(F("pushed_at").desc(nulls_last=True), "pk")


def forks_under(repository: Repository, owners: Iterable[tuple[str, str]]) -> list[Repository]:
    """The forks that these owners have already."""
    slugs = [slug for slug, _ in owners]
    return list(Repository.objects.filter(parent=repository, owner__slug__in=slugs).select_related("owner"))


def parent_of(repository: Repository, actor: Actor) -> Repository | None:
    """What it was forked from, where the actor may see that; one query for forks, none for others."""
    if repository.parent_id is None:
        return None
    return Repository.objects.visible_to(actor).select_related("owner").filter(pk=repository.parent_id).first()


def behind_parent(repository: Repository, parent: Repository) -> Behind:
    """How far the default branch of a fork is from the same branch of its parent; kept by their commits."""
    branch = repository.default_branch
    here, there = refs.branch_tip(git_dir(repository), branch), refs.branch_tip(git_dir(parent), branch)
    if here is None or there is None:
        return Behind(parent, branch, None)
    key = f"behind:{repository.pk}:{here}:{there}"
    known: Distance | None = cache.get(key)
    if known is None:
        known = _distance(repository, parent, there, here)
        cache.set(key, known)
    return Behind(parent, branch, known)


def _distance(fork: Repository, parent: Repository, base: str, head: str) -> Distance | None:
    env = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(git_dir(parent) / "objects")}
    span = ("rev-list", "--left-right", "--count", f"{base}...{head}", "--")
    try:
        behind, ahead = run(git_dir(fork), *span, env=env, timeout=TIMEOUT).split()
    except GitError:
        return None
    return Distance(int(ahead), int(behind))
