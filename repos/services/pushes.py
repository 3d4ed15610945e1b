"""What follows when refs have moved, by a push or a commit in the browser: rows, feed, signal, upkeep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Owner
from jobs.services import enqueue
from repos import signals
from repos.git.maintenance import measure
from repos.git.process import GitError
from repos.git.refs import (
    BRANCHES,
    RefUpdate,
    count_commits,
    head_branch,
    is_fast_forward,
    set_head,
    snapshot,
)
from repos.models import Repository
from repos.paths import git_dir
from repos.services import activity

PUSHES_BETWEEN_MAINTENANCE = 25
USUAL_NAMES = ("main", "master", "trunk", "develop")
MOST_ACTIVITIES = 20


def record_push(*, actor: Actor, repository: Repository, updates: Sequence[RefUpdate]) -> None:
    """Bring the rows up to date with refs that have moved, and announce them.

    In one transaction: an Activity per branch or tag, pushed_at, is_empty, sizes, and the default branch when
    HEAD names one that was never born. On commit `signals.pushed` is sent; at times maintenance is asked for.
    """
    shown = [update for update in updates if update.branch or update.tag]
    if not shown:
        return
    folder = git_dir(repository)
    told = [(update, _facts(folder, update)) for update in shown[:MOST_ACTIVITIES]]
    disk = look(folder)
    with transaction.atomic():
        for update, facts in told:
            activity.record(actor=actor, repository=repository, verb=_verb(update), subject=update.name, data=facts)
        _count_rest(actor, repository, shown[MOST_ACTIVITIES:])
        apply(repository=repository, disk=disk)
        Repository.objects.filter(pk=repository.pk).update(
            pushed_at=timezone.now(), pushes_since_maintenance=F("pushes_since_maintenance") + 1
        )
        _ask_for_maintenance(repository)
        transaction.on_commit(lambda: _announce(actor, repository.pk, list(updates)))


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What a repository's folder says and its row repeats."""

    is_empty: bool
    default_branch: str
    size_bytes: int


def look(folder: Path) -> OnDisk:
    """Read the folder; call it before the transaction, which on SQLite would keep every other writer waiting.

    A HEAD that names a branch which was never born is moved to one that was.
    """
    branches = [ref.removeprefix(BRANCHES) for ref in snapshot(folder) if ref.startswith(BRANCHES)]
    return OnDisk(not branches, _default_branch(folder, branches), measure(folder))


def apply(*, repository: Repository, disk: OnDisk) -> None:
    """Write what `look` found to the repository's row and its owner's sum, in the caller's transaction."""
    row = Repository.objects.select_for_update().get(pk=repository.pk)
    grown = disk.size_bytes - row.size_bytes
    Owner.objects.filter(pk=row.owner_id).update(used_bytes=F("used_bytes") + grown)
    for each in (row, repository):
        each.is_empty, each.default_branch, each.size_bytes = (
            disk.is_empty,
            disk.default_branch,
            disk.size_bytes,
        )
    row.save(update_fields=["is_empty", "default_branch", "size_bytes"])


def room_left(repository: Repository) -> int | None:
    """Bytes that the owner may still add, None without a quota; zero or less when there is no room."""
    owner = Owner.objects.only("quota_bytes", "used_bytes").get(pk=repository.owner_id)
    return None if owner.quota is None else owner.quota - owner.used_bytes


def _default_branch(folder: Path, branches: Sequence[str]) -> str:
    """The branch HEAD names; when that was never born and others are there, HEAD is moved to one of them."""
    current = head_branch(folder)
    if not branches or current in branches:
        return current
    chosen = next((name for name in USUAL_NAMES if name in branches), branches[0])
    set_head(folder, chosen)
    return chosen


def _facts(folder: Path, update: RefUpdate) -> dict[str, Any]:
    """What the feed and webhooks tell of an update; counting that takes too long is left out."""
    facts: dict[str, Any] = {"ref": update.ref, "old": update.old, "new": update.new}
    if update.branch is None or update.is_deletion:
        return facts
    try:
        facts["commits"] = count_commits(folder, update)
        facts["forced"] = not is_fast_forward(folder, update)
    except GitError:
        pass
    return facts


def _verb(update: RefUpdate) -> str:
    kind = "branch" if update.branch else "tag"
    if update.is_creation:
        return f"created {kind}"
    if update.is_deletion:
        return f"deleted {kind}"
    return "pushed" if update.branch else "moved tag"


def _count_rest(actor: Actor, repository: Repository, rest: Sequence[RefUpdate]) -> None:
    """One row for all the refs of a big push beyond the first ones: a mirror push must not flood the feed."""
    if rest:
        subject = f"{len(rest)} more branches and tags"
        data = {"refs": len(rest)}
        activity.record(actor=actor, repository=repository, verb="pushed", subject=subject, data=data)


def _ask_for_maintenance(repository: Repository) -> None:
    waiting = Repository.objects.values_list("pushes_since_maintenance", flat=True).get(pk=repository.pk)
    if waiting >= PUSHES_BETWEEN_MAINTENANCE:
        enqueue("repos.maintain", repository.pk, queue="git")


def _announce(actor: Actor, repository_id: int, updates: Iterable[RefUpdate]) -> None:
    signals.pushed.send(sender=Repository, repository_id=repository_id, user_id=actor.user_id, updates=list(updates))
