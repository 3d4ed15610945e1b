"""Lets people and teams into a repository, and out again; protects branches."""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Team, User
from hub.lib.errors import Invalid
from repos.models import Collaborator, ProtectedBranch, Repository, TeamGrant
from repos.services import activity


def set_collaborator(*, actor: Actor, repository: Repository, user: User, level: Level) -> Collaborator:
    """The person has exactly this level by name from now on; raises Invalid for the owner."""
    if repository.owner.user_id == user.pk:
        raise Invalid(f"{user.username} owns the repository and has every right already.", field="user")
    if level < Level.READ:
        raise Invalid("Choose read, write or admin.", field="level")
    with transaction.atomic():
        row, _ = Collaborator.objects.update_or_create(repository=repository, user=user, defaults={"level": level})
        data = {"level": Level(level).label}
        activity.record(actor=actor, repository=repository, verb="let in", subject=user.username, data=data)
    return row


def remove_collaborator(*, actor: Actor, repository: Repository, user: User) -> None:
    """The person keeps only what others grant (visibility, teams); doing it twice changes nothing."""
    with transaction.atomic():
        if Collaborator.objects.filter(repository=repository, user=user).delete()[0]:
            activity.record(actor=actor, repository=repository, verb="removed", subject=user.username)


def set_team(*, actor: Actor, repository: Repository, team: Team, level: Level) -> TeamGrant:
    """The team has this level; raises Invalid when it belongs to another organisation."""
    if team.organization_id != repository.owner.organization_id:
        raise Invalid(f"{team.name} is not a team of {repository.owner.slug}.", field="team")
    with transaction.atomic():
        row, _ = TeamGrant.objects.update_or_create(repository=repository, team=team, defaults={"level": level})
        data = {"level": Level(level).label}
        activity.record(actor=actor, repository=repository, verb="let in team", subject=team.name, data=data)
    return row


def remove_team(*, actor: Actor, repository: Repository, team: Team) -> None:
    """The team has no rights of its own here any more."""
    with transaction.atomic():
        if TeamGrant.objects.filter(repository=repository, team=team).delete()[0]:
            activity.record(actor=actor, repository=repository, verb="removed team", subject=team.name)


class MergeWishes(TypedDict, total=False):
    """What a rule wants of pull requests: fields of ProtectedBranch."""

    merge_level: int
    required_approvals: int
    require_code_owners: bool
    dismiss_stale_approvals: bool
    block_on_requested_changes: bool
    block_on_open_threads: bool
    require_up_to_date: bool
    required_checks: list[str]


def protect_branch(
    *,
    actor: Actor,
    repository: Repository,
    pattern: str,
    push_level: int = Level.WRITE,
    allow_force: bool = False,
    allow_delete: bool = False,
    **merging: Unpack[MergeWishes],
) -> ProtectedBranch:
    """Branches that match `pattern` (fnmatch, e.g. `release/*`) follow this rule; a second call replaces it.

    What it wants of pull requests stays as it was (at first as the model says) unless it is named.
    """
    pattern = pattern.strip()
    if not pattern or len(pattern) > 200 or any(ch.isspace() for ch in pattern):
        raise Invalid("Give a branch name or a pattern such as release/*, without spaces.", field="pattern")
    if push_level not in dict(ProtectedBranch.PUSH_CHOICES):
        raise Invalid("Choose who may push: writers, administrators or nobody.", field="push_level")
    if merging.get("merge_level", Level.WRITE) not in dict(ProtectedBranch.PUSH_CHOICES):
        raise Invalid("Choose who may merge: writers, administrators or nobody.", field="merge_level")
    with transaction.atomic():
        rule, _ = ProtectedBranch.objects.update_or_create(
            repository=repository,
            pattern=pattern,
            defaults={
                "push_level": push_level,
                "allow_force": allow_force,
                "allow_delete": allow_delete,
                **merging,
            },
        )
        activity.record(actor=actor, repository=repository, verb="protected branch", subject=pattern)
    return rule


def unprotect_branch(*, actor: Actor, rule: ProtectedBranch) -> None:
    """The rule is gone; branches are as free as other rules leave them."""
    with transaction.atomic():
        activity.record(actor=actor, repository=rule.repository, verb="unprotected branch", subject=rule.pattern)
        rule.delete()
