"""The two people of the demonstration: they have asked, reviewed and judged, and nobody can sign in as one of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Organization, User
from accounts.services import create_user
from accounts.services.organizations import add_member
from accounts.services.users import change_profile, delete_user, random_password, set_active
from hub.lib.errors import Conflict
from repos.models import Repository
from repos.services.people import set_collaborator

NAMES = {"demo-ida": "Ida Moss", "demo-tor": "Tor Lindqvist"}


@dataclass(frozen=True, slots=True)
class People:
    """Who does what is shown: the owner of the demonstration, Ida, who keeps the data, and Tor, who trains."""

    owner: Actor
    ida: Actor
    tor: Actor


def create_people(*, owner: Actor, organization: Organization, repository: Repository) -> People:
    """Ida and Tor belong to the organisation and may write to the repository. Raises Conflict for a taken name."""
    for name in NAMES:
        if User.objects.filter(username__iexact=name).exists():
            raise Conflict(
                f"The demonstration needs the name {name}, which somebody has.",
                next_step="Rename or delete them first.",
            )
    with transaction.atomic():
        ida, tor = (_person(name, organization) for name in NAMES)
        for user in (ida, tor):
            set_collaborator(actor=owner, repository=repository, user=user, level=Level.WRITE)
    return People(owner, Actor(user=ida), Actor(user=tor))


def _person(name: str, organization: Organization) -> User:
    user = create_user(username=name, password=random_password())
    user = change_profile(user=user, full_name=NAMES[name])
    add_member(organization=organization, user=user)
    return user


def switch_off(people: People) -> None:
    """Ida and Tor have done what they had to do, and cannot sign in.

    SECURITY: the demonstration opens no way in: nobody has ever known their passwords, and no other will be set.
    """
    for actor in (people.ida, people.tor):
        assert actor.user is not None
        set_active(user=actor.user, active=False)


def people_of(organization: Organization) -> list[User]:
    """Those of the demonstration's people who belong to it; somebody else who has their name does not."""
    return list(User.objects.filter(username__in=NAMES, memberships__organization=organization))


def remove_people(users: list[User]) -> None:
    """They are gone with their names; raises Conflict while one owns repositories."""
    for user in users:
        delete_user(user=user, confirmation=user.username)
