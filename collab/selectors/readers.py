"""Who may read or write a repository: the same rule as repos.access, asked the other way round."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.levels import Level
from accounts.models import Membership, User
from repos.models import Collaborator, Repository, TeamGrant, Visibility


def readers_of(repository: Repository) -> QuerySet[User]:
    """The people with an account who may read it; everybody when it is public or internal."""
    people = User.objects.filter(is_active=True)
    if repository.visibility != Visibility.PRIVATE:
        return people
    return people.filter(Q(is_superuser=True) | _named(repository))


def insiders_of(repository: Repository) -> QuerySet[User]:
    """Those of them who were let in by name, team or ownership."""
    return User.objects.filter(_named(repository), is_active=True)


def writers_of(repository: Repository) -> QuerySet[User]:
    """The people who may write to it."""
    return User.objects.filter(Q(is_superuser=True) | _named(repository, Level.WRITE), is_active=True)


def _named(repository: Repository, least: Level = Level.NONE) -> Q:
    # Sub-queries in place of joins: no duplicates.
    granted = TeamGrant.objects.filter(repository=repository, level__gte=least).values("team")
    rule = Q(pk__in=Collaborator.objects.filter(repository=repository, level__gte=least).values("user")) | Q(
        pk__in=User.teams.through.objects.filter(team__in=granted).values("user")
    )
    if repository.owner.organization_id is not None:
        owners = Membership.objects.filter(organization=repository.owner.organization_id, role=Membership.Role.OWNER)
        return rule | Q(pk__in=owners.values("user"))
    return rule | Q(pk=repository.owner.user_id)
