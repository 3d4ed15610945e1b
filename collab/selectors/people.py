"""The people of a repository: those who can be given its issues and pull requests."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.models import Membership, User
from repos.models import Collaborator, Repository, TeamGrant


def members(repository: Repository) -> QuerySet[User]:
    """Everybody who was let in by name: the owner, collaborators, people of teams, owners of the organisation."""
    owner = repository.owner
    let_in = Collaborator.objects.filter(repository=repository).values("user")
    in_teams = TeamGrant.objects.filter(repository=repository).values("team__members")
    rows = Q(pk__in=let_in) | Q(pk__in=in_teams)
    if owner.organization_id is not None:
        leaders = Membership.objects.filter(organization=owner.organization_id, role=Membership.Role.OWNER)
        rows |= Q(pk__in=leaders.values("user"))
    else:
        rows |= Q(pk=owner.user_id)
    return User.objects.filter(rows, is_active=True).order_by("username")


def people_named(names: Iterable[str]) -> list[User]:
    """Those of these names that somebody has, compared without case; one query."""
    plain = (name.replace("\0", "").strip() for name in names)
    wanted = list(dict.fromkeys(name.removeprefix("@").lower() for name in plain if name))[:100]
    if not wanted:
        return []
    rows = Q()
    for name in wanted:
        rows |= Q(username__iexact=name)
    return list(User.objects.filter(rows).order_by("username"))
