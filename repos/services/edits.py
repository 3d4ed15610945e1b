"""Commits made in the browser: rights, quota, the commit itself, and its record as a push."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid, QuotaExceeded
from repos.git import commits, names, objects
from repos.git.commits import Change, Move, Person, Put
from repos.git.refs import BRANCHES, ZERO, RefUpdate
from repos.models import Repository
from repos.paths import git_dir
from repos.services import protection, pushes


def person_of(actor: Actor) -> Person:
    """Whom commits of an actor name as their author; raises Forbidden for somebody who has not signed in."""
    if actor.user is None:
        raise Forbidden("Sign in to commit.")
    user = actor.user
    return Person(user.display_name, user.email or noreply_of(user))


def noreply_of(user: User) -> str:
    """The address of somebody in commits that others make, who have not been asked to publish theirs."""
    return f"{user.username}@users.noreply.invalid"


def commit_changes(
    *,
    actor: Actor,
    repository: Repository,
    branch: str,
    changes: Sequence[Change],
    message: str,
    new_branch: str = "",
) -> RefUpdate:
    """The changes are one commit on `branch`, or on `new_branch` made from it, recorded as a push; what moved.

    Raises Conflict when a file was changed meanwhile or the new branch exists, Forbidden on a protected branch,
    QuotaExceeded, and Invalid for names, paths and contents that make no commit. Nothing has changed then.
    """
    target = new_branch or branch
    if not names.is_branch_name(target):
        raise Invalid(f"“{target}” cannot be the name of a branch.", field="new_branch" if new_branch else "branch")
    author = person_of(actor)
    protection.check_branch(actor=actor, repository=repository, branch=target)
    _check_room(repository, changes)
    folder = git_dir(repository)
    start = _head(repository, branch) if new_branch else None
    try:
        before, after = commits.commit_to_branch(folder, target, changes, author=author, message=message, start=start)
    except commits.CommitRefused as refusal:
        raise _told(refusal, target) from None
    update = RefUpdate(f"{BRANCHES}{target}", before or ZERO, after)
    pushes.record_push(actor=actor, repository=repository, updates=[update])
    return update


def _head(repository: Repository, branch: str) -> str:
    try:
        place = objects.resolve(git_dir(repository), branch)
    except objects.Missing:
        raise Invalid(f"There is no branch {branch} to start from.", field="branch") from None
    return place.commit


def _check_room(repository: Repository, changes: Sequence[Change]) -> None:
    room = pushes.room_left(repository)
    wanted = sum(len(change.data or b"") for change in changes if isinstance(change, Put | Move))
    if room is not None and wanted > room:
        raise QuotaExceeded(
            f"The owner's quota has {max(room, 0)} bytes left, this needs {wanted}.",
            next_step="Delete what is no longer needed, or ask an administrator for more room.",
        )


def _told(refusal: commits.CommitRefused, branch: str) -> HubError:
    """What the engine refused, in the words of a door."""
    if isinstance(refusal, commits.Stale):
        return Conflict(str(refusal), next_step="Your text is kept below. Compare it with the file as it is now.")
    if isinstance(refusal, commits.Taken):
        return Conflict(
            f"A branch called {branch} exists already, or one whose name stands in its way.",
            field="new_branch",
            next_step="Choose another name.",
        )
    if isinstance(refusal, commits.NothingChanged):
        return Invalid("Nothing was changed, so there is nothing to commit.")
    return Invalid(str(refusal), field="path")
