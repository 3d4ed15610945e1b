"""Organisations and teams: who comes in, who goes, and who has to stay."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.models import Membership, Organization, Owner, Team
from accounts.services import create_organization
from accounts.services.organizations import (
    add_member,
    change_organization,
    change_role,
    delete_organization,
    remove_member,
)
from accounts.services.owners import set_quota
from accounts.services.teams import add_to_team, change_team, create_team, delete_team, remove_from_team
from hub.lib.errors import Conflict, Invalid
from repos.services.repositories import create_repository

OWNER, MEMBER = Membership.Role.OWNER, Membership.Role.MEMBER


@pytest.fixture
def northwind(alice) -> Organization:
    return create_organization(creator=alice, slug="northwind", display_name="North Wind")


def test_creator_owns_the_organisation(northwind, alice):
    assert northwind.owner.slug == "northwind"
    assert list(northwind.memberships.values_list("user", "role")) == [(alice.pk, OWNER)]


@pytest.mark.parametrize("slug", ["alice", "NORTHWIND"])
def test_create_organization_refuses_a_taken_name(northwind, alice, slug):
    with pytest.raises(Conflict) as refused:
        create_organization(creator=alice, slug=slug)
    assert refused.value.field == "slug"
    assert Organization.objects.count() == 1


@pytest.mark.parametrize("slug", ["new", "api", "a b", ""])
def test_create_organization_refuses_a_bad_name(alice, slug):
    with pytest.raises(Invalid) as refused:
        create_organization(creator=alice, slug=slug)
    assert refused.value.field == "slug"


def test_change_organization_keeps_to_its_lengths(northwind):
    change_organization(organization=northwind, display_name=" N ", description="Winds.")
    assert str(northwind) == "N"
    with pytest.raises(Invalid) as refused:
        change_organization(organization=northwind, display_name="", description="x" * 501)
    assert refused.value.field == "description"


def test_add_member_once(northwind, bob):
    assert add_member(organization=northwind, user=bob).role == MEMBER
    with pytest.raises(Conflict, match="member already"):
        add_member(organization=northwind, user=bob, role=OWNER)
    with pytest.raises(Invalid):
        add_member(organization=northwind, user=bob, role="king")


def test_last_owner_can_neither_leave_nor_step_down(northwind, bob):
    first = northwind.memberships.get()
    second = add_member(organization=northwind, user=bob)
    for act in (lambda: remove_member(membership=first), lambda: change_role(membership=first, role=MEMBER)):
        with pytest.raises(Conflict, match="last owner of northwind"):
            act()
    change_role(membership=second, role=OWNER)
    remove_member(membership=first)
    assert northwind.memberships.get().user == bob


def test_leaving_takes_out_of_the_teams_too(northwind, bob):
    """The attack: a former member keeps the rights of a team."""
    membership = add_member(organization=northwind, user=bob)
    team = create_team(organization=northwind, name="Curves")
    add_to_team(team=team, user=bob)
    remove_member(membership=membership)
    assert not team.members.exists()


def test_teams_have_unique_names_within_their_organisation(northwind, alice):
    team = create_team(organization=northwind, name="Curves", description="Draws")
    with pytest.raises(Conflict) as refused:
        create_team(organization=northwind, name="curves")
    assert refused.value.field == "name"
    other = create_team(organization=northwind, name="Data")
    with pytest.raises(Conflict):
        change_team(team=other, name="CURVES", description="")
    assert create_team(organization=create_organization(creator=alice, slug="other"), name="Curves")
    assert change_team(team=team, name="Lines", description="").name == "Lines"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_create_team_refuses_a_bad_name(northwind, name):
    with pytest.raises(Invalid):
        create_team(organization=northwind, name=name)


def test_only_members_join_teams(northwind, alice, mallory):
    team = create_team(organization=northwind, name="Curves")
    with pytest.raises(Invalid, match="not a member"):
        add_to_team(team=team, user=mallory)
    add_to_team(team=team, user=alice)
    assert list(team.members.all()) == [alice]
    remove_from_team(team=team, user=alice)
    remove_from_team(team=team, user=alice)
    assert not team.members.exists()


def test_delete_team_keeps_its_people(northwind):
    delete_team(team=create_team(organization=northwind, name="Curves"))
    assert not Team.objects.exists()
    assert northwind.memberships.count() == 1


def test_delete_organization_frees_the_name(northwind, alice):
    with pytest.raises(Invalid, match="Type northwind"):
        delete_organization(organization=northwind, confirmation="north")
    delete_organization(organization=northwind, confirmation="northwind")
    assert not Owner.objects.filter(slug="northwind").exists()
    assert create_organization(creator=alice, slug="northwind")


def test_delete_organization_is_refused_while_it_owns_repositories(northwind, alice):
    create_repository(actor=Actor(user=alice), owner=northwind.owner, name="sails")
    with pytest.raises(Conflict, match=r"owns 1 repository: northwind/sails\."):
        delete_organization(organization=northwind, confirmation="northwind")
    assert Organization.objects.count() == 1


def test_set_quota_is_none_or_a_number_of_bytes(northwind):
    assert set_quota(owner=northwind.owner, quota_bytes=0).quota_bytes == 0
    assert set_quota(owner=northwind.owner, quota_bytes=None).quota_bytes is None
    with pytest.raises(Invalid):
        set_quota(owner=northwind.owner, quota_bytes=-1)
