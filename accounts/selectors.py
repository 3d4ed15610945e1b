"""Questions about people, organisations and tokens."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts import places
from accounts.models import AccessToken, Membership, Organization, Owner, Team, User
from hub.lib.errors import NotFound


def user_named(name: str) -> User:
    """The person of this name, compared without case; raises NotFound."""
    user = User.objects.filter(username__lower=name.strip().lower()).first()
    if user is None:
        raise NotFound(f"There is no user called {name}.", field="username")
    return user


def organization_named(slug: str) -> Organization:
    """The organisation at an address, with its owner row; raises NotFound."""
    found = Organization.objects.select_related("owner").filter(owner__slug__lower=slug.lower()).first()
    if found is None:
        raise NotFound(f"There is no organisation called {slug}.")
    return found


def owner_named(slug: str) -> Owner:
    """The owner of a first address word; raises NotFound."""
    found = Owner.objects.select_related("user", "organization").filter(slug__lower=slug.lower()).first()
    if found is None:
        raise NotFound(f"There is no user or organisation called {slug}.")
    return found


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token as its owner's list shows it."""

    token: AccessToken
    repository: str
    """Full name; empty when the token opens all of the user's repositories."""
    is_stranded: bool
    """Bound to a repository that exists no more."""


def tokens_of(user: User, kind: AccessToken.Kind = AccessToken.Kind.TOKEN) -> list[ListedToken]:
    """The user's tokens or key pairs, the latest first, with the names of the repositories they are bound to."""
    rows = list(AccessToken.objects.filter(user=user, kind=kind))
    bound = places.names(row.repository_id for row in rows if row.repository_id is not None)
    return [
        ListedToken(
            token=row,
            repository=bound.get(row.repository_id or 0, ""),
            is_stranded=row.repository_id is not None and row.repository_id not in bound,
        )
        for row in rows
    ]


def organizations_of(user: User) -> QuerySet[Membership]:
    """The user's memberships with their organisations, by address, each with `people` counted."""
    return (
        Membership.objects.filter(user=user)
        .select_related("organization__owner")
        .annotate(people=Count("organization__memberships"))
        .order_by("organization__owner__slug")
    )


def members_of(organization: Organization) -> QuerySet[Membership]:
    """The organisation's people, owners first."""
    return organization.memberships.select_related("user").order_by("-role", "user__username")


def membership_of(organization: Organization, name: str) -> Membership:
    """A person's membership; raises NotFound."""
    found = organization.memberships.select_related("user").filter(user__username__lower=name.lower()).first()
    if found is None:
        raise NotFound(f"{name} is not a member.")
    return found


def teams_of(organization: Organization) -> QuerySet[Team]:
    """The organisation's teams, each with `people` counted."""
    return organization.teams.annotate(people=Count("members")).order_by("name")


def people_matching(text: str) -> QuerySet[User]:
    """People whose name, full name or e-mail contains `text`, with their owner rows, by name."""
    people = User.objects.select_related("owner").order_by("username")
    text = text.strip()
    if not text:
        return people
    return people.filter(Q(username__icontains=text) | Q(full_name__icontains=text) | Q(email__icontains=text))


def owners_matching(text: str) -> QuerySet[Owner]:
    """Addresses that contain `text`, those that use most bytes first."""
    owners = Owner.objects.select_related("user", "organization").order_by("-used_bytes", "slug")
    return owners.filter(slug__icontains=text.strip()) if text.strip() else owners
