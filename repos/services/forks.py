"""Forks: made from a repository that one may read, and brought up to date with it."""

from __future__ import annotations

import shutil

from django.db import transaction
from django.db.models import F

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Owner
from accounts.names import check_repo_name
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound, QuotaExceeded
from repos import signals
from repos.access import level_for
from repos.git import refs
from repos.git.forking import copy_bare
from repos.git.maintenance import measure
from repos.git.merging import is_ancestor
from repos.git.refs import BRANCHES, ZERO, RefMoved, RefUpdate
from repos.git.taking import TooMuch, take_objects
from repos.models import FormerName, Repository, Visibility
from repos.paths import git_dir
from repos.services import activity, protection, pushes
from repos.services.families import check_width
from repos.services.repositories import count_bytes, may_create_for, save_under_free_name


def fork_repository(
    *,
    actor: Actor,
    parent: Repository,
    owner: Owner,
    name: str = "",
    description: str | None = None,
    visibility: str | None = None,
    only_default: bool = False,
) -> Repository:
    """A copy of the code under `owner`, which may be changed freely and asks the parent to take changes back.

    Expects that the actor may read the parent. Visibility is the parent's unless a narrower one is wanted.
    Raises Forbidden, Invalid, Conflict (name taken, forked already), QuotaExceeded.
    """
    if not may_create_for(actor, owner):
        raise Forbidden(f"You may not create repositories under {owner.slug}.")
    name = name or parent.name
    check_repo_name(name)
    chosen = visibility or parent.visibility
    check_width(parent, chosen)
    if parent.is_empty:
        raise Invalid(f"{parent.full_name} is empty: there is nothing to fork.")
    existing = Repository.objects.select_related("owner").filter(parent=parent, owner=owner).first()
    if existing is not None:
        raise Conflict(
            f"{owner.slug} has a fork already: {existing.full_name}.", next_step="Make a branch there, or sync it."
        )
    _check_room(owner, parent)
    with transaction.atomic():
        fork = Repository(
            owner=owner,
            name=name,
            description=parent.description if description is None else description,
            visibility=chosen,
            default_branch=parent.default_branch,
            parent=parent,
            family_id=parent.family_id or parent.pk,
        )
        save_under_free_name(fork)
        FormerName.objects.filter(owner=owner, name__lower=name.lower()).delete()
        Repository.objects.filter(pk=parent.pk).update(forks_count=F("forks_count") + 1)
    # Outside of the transaction: on SQLite everybody who writes would wait for a large copy.
    try:
        # SECURITY: the number is new; what lies in its place is left of a repository that was never to be.
        shutil.rmtree(git_dir(fork), ignore_errors=True)
        copy_bare(git_dir(parent), git_dir(fork), default_branch=parent.default_branch, only_default=only_default)
        _finish(actor, parent, fork)
    except BaseException:  # Interrupted or failed: half a fork must not stand under a name.
        _undo(parent, fork)
        raise
    return fork


def sync_branch(*, actor: Actor, repository: Repository, branch: str) -> RefUpdate | None:
    """The branch of a fork stands where its parent's does; None when it did already. Expects WRITE.

    Raises NotFound, Conflict when the fork has commits of its own there, Forbidden, QuotaExceeded.
    """
    parent = repository.parent
    if parent is None or level_for(actor, parent) < Level.READ:
        raise NotFound(f"{repository.full_name} has no parent that you may see.")
    protection.check_branch(actor=actor, repository=repository, branch=branch)
    wanted, here = refs.branch_tip(git_dir(parent), branch), refs.branch_tip(git_dir(repository), branch)
    if wanted is None:
        raise NotFound(f"{parent.full_name} has no branch {branch}.", field="branch")
    if wanted == here:
        return None
    take_from(parent, repository, wanted)
    if here is not None and is_ancestor(git_dir(repository), wanted, here):
        return None
    if here is not None and not is_ancestor(git_dir(repository), here, wanted):
        raise Conflict(
            f"{branch} has commits that {parent.full_name} lacks; nothing was changed.",
            next_step="Open a pull request from the parent into the fork, or merge it on your machine.",
        )
    update = RefUpdate(f"{BRANCHES}{branch}", here or ZERO, wanted)
    try:
        refs.move_refs(git_dir(repository), [update])
    except RefMoved:
        raise Conflict(f"{branch} moved meanwhile; nothing was changed.", next_step="Try again.") from None
    with transaction.atomic():
        signals.forked.send(sender=Repository, repository=repository, parent=parent, user_id=actor.user_id)
    # Outside of the transaction: it asks git what came.
    pushes.record_push(actor=actor, repository=repository, updates=[update])
    return update


def take_from(source: Repository, target: Repository, commit: str) -> None:
    """A commit of one repository, and all it needs, are in another; raises QuotaExceeded."""
    room = pushes.room_left(target)
    try:
        take_objects(git_dir(target), git_dir(source) / "objects", [commit], max_bytes=room)
    except TooMuch:
        raise QuotaExceeded(
            f"The commits of {source.full_name} do not fit into the quota of {target.owner.slug}; nothing was kept.",
            next_step="Ask the owner to make room.",
        ) from None


def _check_room(owner: Owner, parent: Repository) -> None:
    row = Owner.objects.only("quota_bytes", "used_bytes").get(pk=owner.pk)
    room = None if row.quota is None else row.quota - row.used_bytes
    if room is not None and parent.size_bytes > room:
        raise QuotaExceeded(
            f"{parent.full_name} takes {parent.size_bytes} bytes, the quota of {owner.slug} has {max(room, 0)} left.",
            next_step="Delete what is no longer needed, or ask an administrator for more room.",
        )


def _finish(actor: Actor, parent: Repository, fork: Repository) -> None:
    size = measure(git_dir(fork))
    with transaction.atomic():
        fork.is_empty, fork.size_bytes, fork.pushed_at = False, size, parent.pushed_at
        fork.save(update_fields=["is_empty", "size_bytes", "pushed_at"])
        count_bytes(owner=fork.owner, size=size)
        signals.forked.send(sender=Repository, repository=fork, parent=parent, user_id=actor.user_id)
        # SECURITY: all who read the parent read this, and not all of them may know what a narrower fork is called.
        shown = fork.full_name if fork.visibility == parent.visibility != Visibility.PRIVATE else ""
        activity.record(actor=actor, repository=parent, verb="forked", subject=shown, data={"fork": fork.pk})
        activity.record(actor=actor, repository=fork, verb="created repository", subject=fork.full_name)


def _undo(parent: Repository, fork: Repository) -> None:
    shutil.rmtree(git_dir(fork), ignore_errors=True)
    with transaction.atomic():
        Repository.objects.filter(pk=parent.pk).update(forks_count=F("forks_count") - 1)
        Repository.objects.filter(pk=fork.pk).delete()
