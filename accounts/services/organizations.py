"""Makes organisations, and lets people into them and out again."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Membership, Organization, Owner, Team, User
from accounts.names import check_owner_name
from accounts.services.owners import delete_owner
from hub.lib.errors import Conflict, Invalid


def create_organization(*, creator: User, slug: str, display_name: str = "", description: str = "") -> Organization:
    """An organisation with `creator` as its first owner; raises Invalid (name) or Conflict (name taken)."""
    try:
        check_owner_name(slug)
    except Invalid as error:
        raise Invalid(error.message, field="slug", next_step=error.next_step) from None
    organization = Organization(display_name=display_name.strip(), description=description.strip())
    _clean(organization)
    try:
        with transaction.atomic():
            organization.save()
            Owner.objects.create(slug=slug, organization=organization)
            Membership.objects.create(organization=organization, user=creator, role=Membership.Role.OWNER)
    except IntegrityError:
        raise Conflict(f"The name {slug} is taken.", field="slug", next_step="Choose another name.") from None
    return organization


def change_organization(*, organization: Organization, display_name: str, description: str) -> Organization:
    """Change the words that introduce it; raises Invalid when they are too long."""
    organization.display_name, organization.description = display_name.strip(), description.strip()
    _clean(organization)
    organization.save(update_fields=["display_name", "description"])
    return organization


def _clean(row: Organization) -> None:
    try:
        row.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(" ".join(messages), field=field) from None


def delete_organization(*, organization: Organization, confirmation: str) -> None:
    """The organisation, its teams and memberships are gone, and its name is free.

    Raises Invalid unless `confirmation` is its name, Conflict while it owns repositories.
    """
    owner = organization.owner
    if confirmation != owner.slug:
        raise Invalid(f"Type {owner.slug} to confirm.", field="confirm")
    with transaction.atomic():
        delete_owner(owner)
        organization.delete()


def add_member(*, organization: Organization, user: User, role: str = Membership.Role.MEMBER) -> Membership:
    """The person belongs to the organisation; raises Conflict when they do already, Invalid (role)."""
    _check_role(role)
    try:
        with transaction.atomic():
            return Membership.objects.create(organization=organization, user=user, role=role)
    except IntegrityError:
        raise Conflict(f"{user.username} is a member already.", field="username") from None


def change_role(*, membership: Membership, role: str) -> Membership:
    """The member has this role; raises Conflict when the organisation would lose its last owner."""
    _check_role(role)
    with transaction.atomic():
        if role != Membership.Role.OWNER:
            _keep_an_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def remove_member(*, membership: Membership) -> None:
    """The person has left the organisation and its teams; raises Conflict for its last owner."""
    with transaction.atomic():
        _keep_an_owner(membership)
        for team in Team.objects.filter(organization=membership.organization, members=membership.user):
            team.members.remove(membership.user)
        membership.delete()


def _check_role(role: str) -> None:
    if role not in Membership.Role.values:
        raise Invalid("A role is owner or member.", field="role")


def _keep_an_owner(membership: Membership) -> None:
    # The rows are locked, so that two owners cannot remove each other at the same time.
    rows = Membership.objects.select_for_update().filter(
        organization=membership.organization, role=Membership.Role.OWNER
    )
    if {row.pk for row in rows.order_by("pk")} == {membership.pk}:
        raise Conflict(
            f"{membership.user.username} is the last owner of {membership.organization.owner.slug}.",
            next_step="Make another member an owner first, or delete the organisation.",
        )
