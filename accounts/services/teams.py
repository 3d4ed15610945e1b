"""Makes teams, and lets members of their organisation into them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Membership, Organization, Team, User
from hub.lib.errors import Conflict, Invalid


def create_team(*, organization: Organization, name: str, description: str = "") -> Team:
    """A team without members; raises Invalid (name) or Conflict (name taken in this organisation)."""
    team = Team(organization=organization, name=name.strip(), description=description.strip())
    _clean(team)
    _save_team(team)
    return team


def change_team(*, team: Team, name: str, description: str) -> Team:
    """Rename or describe a team; raises like create_team."""
    team.name, team.description = name.strip(), description.strip()
    _clean(team)
    _save_team(team)
    return team


def _save_team(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        raise Conflict(f"There is a team {team.name} already.", field="name") from None


def delete_team(*, team: Team) -> None:
    """The team and every right it gave are gone; its people stay members."""
    team.delete()


def add_to_team(*, team: Team, user: User) -> None:
    """The person has the team's rights; raises Invalid unless they belong to the organisation."""
    if not Membership.objects.filter(organization=team.organization_id, user=user).exists():
        raise Invalid(
            f"{user.username} is not a member of the organisation.",
            field="username",
            next_step="Add them to the organisation first.",
        )
    team.members.add(user)


def remove_from_team(*, team: Team, user: User) -> None:
    """The person has the team's rights no more; doing it twice changes nothing."""
    team.members.remove(user)


def _clean(team: Team) -> None:
    try:
        team.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(" ".join(messages), field=field) from None
