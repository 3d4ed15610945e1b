"""Pages of organisations: their owners use them, others are refused."""

from __future__ import annotations

import pytest

from accounts.models import Membership, Organization, Team
from accounts.services import create_organization
from accounts.services.organizations import add_member
from accounts.services.teams import add_to_team, create_team
from tests.factories.accounts import make_user

BASE = "/-/organizations/northwind"


@pytest.fixture
def northwind(alice, bob) -> Organization:
    """alice owns it, bob is a member."""
    organization = create_organization(creator=alice, slug="northwind")
    add_member(organization=organization, user=bob)
    return organization


@pytest.fixture
def team(northwind) -> Team:
    return create_team(organization=northwind, name="Curves")


@pytest.fixture
def browser(browser_of, alice):
    return browser_of(alice)


def test_create(browser, alice):
    answer = browser.post("/-/organizations/new", {"slug": "lab", "display_name": "The Lab", "description": ""})
    assert answer["Location"] == "/-/organizations/lab/members"
    assert Membership.objects.get().user == alice


@pytest.mark.parametrize("slug", ["alice", "new", "a b", "", "x" * 40])
def test_create_says_beside_the_field_what_is_wrong(browser, slug):
    answer = browser.post("/-/organizations/new", {"slug": slug})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["slug"]
    assert not Organization.objects.exists()


def test_profile(browser, northwind):
    assert browser.post(BASE, {"display_name": "North Wind", "description": "Blows."}).status_code == 302
    assert b"North Wind" in browser.get(BASE).content
    assert browser.post(BASE, {"description": "x" * 501}).status_code == 400
    northwind.refresh_from_db()
    assert northwind.description == "Blows."


def test_members_are_added_by_name(browser, northwind, carol):
    assert browser.post(f"{BASE}/members", {"username": "Carol", "role": "owner"}).status_code == 302
    assert northwind.memberships.get(user=carol).role == "owner"
    for data in ({"username": "carol", "role": "member"}, {"username": "ghost", "role": "member"}, {"username": ""}):
        answer = browser.post(f"{BASE}/members", data)
        assert answer.status_code == 400
        assert "username" in answer.context["form"].errors
    assert browser.post(f"{BASE}/members", {"username": "mallory", "role": "king"}).status_code == 400


def test_roles_and_removal(browser, northwind, bob):
    assert browser.post(f"{BASE}/members/bob/role", {"role": "owner"}).status_code == 302
    assert northwind.memberships.get(user=bob).role == "owner"
    assert browser.post(f"{BASE}/members/bob/role", {"role": "king"}).status_code == 400
    assert browser.post(f"{BASE}/members/bob/removal").status_code == 302
    assert browser.post(f"{BASE}/members/bob/removal").status_code == 404
    assert browser.post(f"{BASE}/members/alice/removal").status_code == 409
    assert browser.post(f"{BASE}/members/alice/role", {"role": "member"}).status_code == 409
    assert northwind.memberships.count() == 1


def test_teams(browser, northwind, bob, mallory):
    answer = browser.post(f"{BASE}/teams", {"name": "Curves", "description": "Draws."})
    page = answer["Location"]
    assert browser.post(f"{BASE}/teams", {"name": "CURVES"}).status_code == 400
    assert browser.post(page, {"username": "bob"}).status_code == 302
    assert browser.post(page, {"username": "mallory"}).status_code == 400
    assert b"bob" in browser.get(page).content
    assert browser.post(f"{page}/profile", {"name": "Lines", "description": ""}).status_code == 302
    assert browser.post(f"{page}/profile", {"name": ""}).status_code == 400
    assert browser.post(f"{page}/members/bob/removal").status_code == 302
    assert browser.post(f"{page}/members/bob/removal").status_code == 404
    assert browser.post(f"{page}/deletion").status_code == 302
    assert browser.get(page).status_code == 404


def test_team_of_another_organisation_is_not_there(browser_of, northwind, team, mallory):
    """The attack: an owner of one organisation reaches into another's teams by number."""
    create_organization(creator=mallory, slug="lair")
    browser = browser_of(mallory)
    for page in (f"/-/organizations/lair/teams/{team.pk}", f"/-/organizations/lair/teams/{team.pk}/profile"):
        assert browser.get(page).status_code == 404
    assert browser.post(f"/-/organizations/lair/teams/{team.pk}", {"username": "mallory"}).status_code == 404
    assert browser.post(f"/-/organizations/lair/teams/{team.pk}/deletion").status_code == 404
    assert Team.objects.filter(pk=team.pk).exists()


def test_deletion(browser, northwind):
    assert browser.post(f"{BASE}/deletion", {"confirm": "north"}).status_code == 400
    assert browser.get(f"{BASE}/deletion").status_code == 200
    assert browser.post(f"{BASE}/deletion", {"confirm": "northwind"}).status_code == 302
    assert not Organization.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("mallory", 403), ("root", 200), (None, 302)])
@pytest.mark.parametrize("page", ["", "/members", "/teams", "/teams/{team}", "/teams/{team}/profile", "/deletion"])
def test_only_owners_and_administrators_see_settings(browser_of, request, northwind, team, who, status, page):
    user = request.getfixturevalue(who) if who else None
    assert browser_of(user).get(BASE + page.format(team=team.pk)).status_code == status


@pytest.mark.parametrize("count", [1, 3])
def test_member_and_team_lists_cost_the_same_for_any_number(browser, northwind, bob, count, django_assert_num_queries):
    for number in range(count):
        add_member(organization=northwind, user=make_user(f"user{number}"))
        add_to_team(team=create_team(organization=northwind, name=f"t{number}"), user=bob)
    with django_assert_num_queries(5):
        browser.get(f"{BASE}/members")
    with django_assert_num_queries(5):
        browser.get(f"{BASE}/teams")
