"""The branch that a pull request comes from: brought up to date, deleted after the merge, brought back."""

from __future__ import annotations

import contextlib

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.levels import Level
from collab.access import check_talk
from collab.models import PullRequest, Topic
from collab.services.happening import note
from collab.services.manifest_merge import data_resolver
from collab.services.pulls import change_base
from hub.lib.errors import Conflict, Forbidden, HubError, NotFound
from repos.access import level_for
from repos.git import merging, refs
from repos.git.refs import BRANCHES, RefMoved, RefUpdate
from repos.git.resolving import resolving
from repos.models import Repository
from repos.paths import git_dir
from repos.services import branches, protection
from repos.services.edits import person_of
from repos.services.families import is_wider
from repos.services.forks import take_from
from repos.services.pushes import record_push


def head_tip(pull: PullRequest) -> str | None:
    """Where the branch stands now; None when the branch or its repository is gone."""
    return refs.branch_tip(git_dir(pull.head_repository), pull.head_branch) if pull.head_repository else None


def may_push_to_head(actor: Actor, pull: PullRequest) -> bool:
    """Whether the actor may add commits to the branch: who may write there, or here if its author allows that."""
    head = pull.head_repository
    if head is None or actor.user is None:
        return False
    if level_for(actor, head) >= Level.WRITE:
        return True
    # SECURITY: what the author allows is given by people of the base, and only while the author may give it.
    author = pull.topic.author
    return (
        pull.allow_edits
        and pull.topic.is_open
        and level_for(actor, pull.repository) >= Level.WRITE
        and level_for(actor, head) >= Level.READ
        and author is not None
        and level_for(Actor(user=author), head) >= Level.WRITE
    )


def update_branch(*, actor: Actor, pull: PullRequest, expected_head: str = "") -> RefUpdate:
    """The base branch is merged into the head's: its author has what others did since.

    Raises Conflict (conflicts, moved, nothing to bring), Forbidden, NotFound; nothing has changed then.
    """
    check_talk(actor, pull.repository)
    head = pull.head_repository
    tip, base = head_tip(pull), refs.branch_tip(git_dir(pull.repository), pull.base_branch)
    if head is None or tip is None or base is None:
        raise NotFound("The branch is not there any more.")
    check_push(actor, pull, head)
    # SECURITY: the base may have been hidden since the fork was made; its commits must not come out by way of it.
    if is_wider(head.visibility, pull.repository.visibility):
        raise Forbidden(
            f"{head.full_name} is more open than {pull.repository.full_name}, whose commits would be seen there.",
            next_step="Merge without updating, or push the change to a branch here.",
        )
    if expected_head and expected_head != tip:
        raise Conflict("The branch got new commits meanwhile; nothing was changed.", next_step="Load the page again.")
    if head.pk != pull.repository_id:
        take_from(pull.repository, head, base)
    message = f"Merge branch '{pull.base_branch}' into {pull.head_branch}"
    try:
        with resolving(data_resolver(pull, keeps_for=actor, into=head)):
            made = merging.merge(git_dir(head), tip, base, person=person_of(actor), message=message)
        update = RefUpdate(f"{BRANCHES}{pull.head_branch}", tip, made)
        refs.move_refs(git_dir(head), [update])
    except merging.Conflicts as found:
        raise Conflict(
            f"{pull.base_branch} cannot be merged by itself: {', '.join(found.paths[:5])}.",
            next_step="Merge it on your machine, resolve the conflicts, and push.",
        ) from None
    except merging.MergeRefused as refusal:
        raise Conflict(str(refusal)) from None
    except RefMoved:
        raise Conflict("The branch moved meanwhile; nothing was changed.", next_step="Try again.") from None
    record_push(actor=actor, repository=head, updates=[update])
    return update


def delete_head(*, actor: Actor, pull: PullRequest) -> None:
    """The branch of a merged or closed pull request is gone; pull requests into it go to this one's base.

    Raises NotFound, Conflict when it has newer commits or is needed, Forbidden.
    """
    check_talk(actor, pull.repository)
    head = pull.head_repository
    if head is None or head_tip(pull) is None:
        raise NotFound("The branch is not there any more.")
    if pull.topic.is_open:
        raise Conflict("This pull request is open.", next_step="Merge or close it first.")
    if level_for(actor, head) < Level.WRITE:
        raise Forbidden(f"This needs write access to {head.full_name}.")
    others = _open_pulls(head_repository=head, head_branch=pull.head_branch).exclude(pk=pull.pk)
    other = others.select_related("topic").first()
    if other is not None:
        raise Conflict(f"Pull request #{other.topic.number} comes from {pull.head_branch}, too; it was kept.")
    branches.delete_branch(actor=actor, repository=head, name=pull.head_branch, expected=pull.head_commit)
    note(actor=actor, topic=pull.topic, verb="head_deleted", branch=pull.head_branch)
    if head.pk == pull.repository_id:
        for each in _open_pulls(repository=head, base_branch=pull.head_branch).select_related("topic__author"):
            _retarget(actor, each, pull.base_branch)


def clear_head(*, actor: Actor, pull: PullRequest) -> bool:
    """Delete the branch after a merge if that can be; whether it is gone. What speaks against it is no error."""
    with contextlib.suppress(HubError):
        delete_head(actor=actor, pull=pull)
        return True
    return False


def restore_head(*, actor: Actor, pull: PullRequest) -> None:
    """The branch is there again, at the commit the pull request had. Raises NotFound, Conflict, Forbidden."""
    check_talk(actor, pull.repository)
    head = pull.head_repository
    if head is None:
        raise NotFound("The fork is gone.")
    if level_for(actor, head) < Level.WRITE:
        raise Forbidden(f"This needs write access to {head.full_name}.")
    if head.pk != pull.repository_id:
        take_from(pull.repository, head, pull.head_commit)
    branches.create_branch(actor=actor, repository=head, name=pull.head_branch, start=pull.head_commit)
    note(actor=actor, topic=pull.topic, verb="head_restored", branch=pull.head_branch)


def check_push(actor: Actor, pull: PullRequest, head: Repository) -> None:
    """Raise Forbidden for somebody who may not add commits to the branch, whatever rule keeps them from it."""
    if not may_push_to_head(actor, pull):
        raise Forbidden(f"You may not push to {pull.head_branch} of {head.full_name}.")
    if level_for(actor, head) >= Level.WRITE:
        protection.check_branch(actor=actor, repository=head, branch=pull.head_branch)
    elif protection.merge_rule_for(head.protected_branches.all(), pull.head_branch).is_protected:
        raise Forbidden(f"{pull.head_branch} is protected in {head.full_name}.")


def _open_pulls(**where: object) -> QuerySet[PullRequest]:
    return PullRequest.objects.filter(topic__state=Topic.State.OPEN, **where)


def _retarget(actor: Actor, pull: PullRequest, base: str) -> None:
    with contextlib.suppress(HubError):
        change_base(actor=actor, pull=pull, branch=base)
