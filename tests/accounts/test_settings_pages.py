"""What people see and change about themselves."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from accounts.authn import actor_for_token
from accounts.levels import Level
from accounts.models import AccessToken, User
from accounts.services import create_organization, create_token
from accounts.services.organizations import add_member
from tests.factories.accounts import PASSWORD

TOKEN = {"name": "laptop", "scope": "write", "repository": "", "days": "90"}
TEXT = re.compile(r"cairn_\d+_[0-9a-f]{40}")


@pytest.fixture
def browser(browser_of, alice):
    return browser_of(alice)


def test_profile_is_saved(browser, alice):
    answer = browser.post("/-/settings", {"full_name": "Alice A.", "bio": "Stacks stones.", "theme": "dark"})
    assert (answer.status_code, answer.cookies["theme"].value) == (302, "dark")
    alice.refresh_from_db()
    assert (alice.full_name, alice.bio, alice.theme) == ("Alice A.", "Stacks stones.", "dark")
    assert b"Alice A." in browser.get("/-/settings").content


@pytest.mark.parametrize("change", [{"theme": "pink"}, {"bio": "x" * 501}, {"full_name": "x" * 151}])
def test_profile_refuses_what_does_not_fit(browser, change):
    answer = browser.post("/-/settings", {"full_name": "", "bio": "", "theme": "system", **change})
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == change.keys()


def test_email_change_wants_the_password(browser, alice):
    """The attack: an unlocked screen is used to move the account to another mailbox."""
    answer = browser.post("/-/settings/email", {"mail-email": "eve@evil.example", "mail-password": "wrong"})
    assert answer.status_code == 400
    assert answer.context["email_form"].errors.keys() == {"password"}
    answer = browser.post("/-/settings/email", {"mail-email": "a@new.example", "mail-password": PASSWORD})
    assert answer.status_code == 302
    assert User.objects.get(pk=alice.pk).email == "a@new.example"


def test_email_change_refuses_somebody_elses(browser, alice, bob):
    answer = browser.post("/-/settings/email", {"mail-email": bob.email, "mail-password": PASSWORD})
    assert answer.context["email_form"].errors.keys() == {"email"}
    assert User.objects.get(pk=alice.pk).email == "alice@example.org"


def test_token_is_shown_once(browser, alice):
    assert browser.post("/-/settings/tokens", TOKEN).status_code == 302
    page = browser.get("/-/settings/tokens")
    shown = TEXT.search(page.content.decode()).group()
    assert "no-store" in page["Cache-Control"]
    actor = actor_for_token(shown)
    assert (actor.user, actor.ceiling(None)) == (alice, Level.WRITE)
    assert actor.token.expires_at - timezone.now() > dt.timedelta(days=89)
    assert not TEXT.search(browser.get("/-/settings/tokens").content.decode())


def test_fresh_token_of_an_older_list_is_shown_too(browser, alice):
    later = create_token(user=alice, name="from the future")
    AccessToken.objects.filter(pk=later.pk).update(created_at=timezone.now() + dt.timedelta(hours=1))
    browser.post("/-/settings/tokens", TOKEN)
    assert TEXT.search(browser.get("/-/settings/tokens").content.decode())


def test_token_bound_to_a_repository_opens_only_that(browser, repo, other_repo):
    browser.post("/-/settings/tokens", {**TOKEN, "repository": "alice/stones", "days": "never", "scope": "read"})
    text = browser.get("/-/settings/tokens").content.decode()
    token = actor_for_token(TEXT.search(text).group()).token
    assert (token.repository_id, token.expires_at, token.scope) == (repo.pk, None, Level.READ)
    assert "alice/stones.mlflow" in text
    assert 'option value="alice/pebbles"' in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scope": "root"}, "scope"),
        ({"days": "-1"}, "days"),
        ({"days": ""}, "days"),
        ({"repository": "alice/none"}, "repository"),
        ({"repository": "nonsense"}, "repository"),
        ({"repository": "//"}, "repository"),
    ],
)
def test_token_form_says_beside_the_field_what_is_wrong(browser, repo, change, field):
    answer = browser.post("/-/settings/tokens", {**TOKEN, **change})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not AccessToken.objects.exists()


def test_token_cannot_be_bound_to_what_one_may_not_see(browser_of, mallory, repo):
    """The attack: the form tells whether a private repository exists."""
    hidden, absent = (
        browser_of(mallory).post("/-/settings/tokens", {**TOKEN, "repository": name}).context["form"].errors
        for name in ("alice/stones", "alice/none")
    )
    assert hidden["repository"][0].replace("stones", "none") == absent["repository"][0]


def test_token_is_revoked_after_asking(browser, alice):
    token = create_token(user=alice, name="laptop")
    page = f"/-/settings/tokens/{token.pk}/revocation"
    assert b"laptop" in browser.get(page).content
    assert AccessToken.objects.exists()
    assert browser.post(page).status_code == 302
    assert not AccessToken.objects.exists()


def test_token_of_somebody_else_is_not_there(browser_of, alice, mallory):
    """The attack: revoking other people's tokens by counting numbers up."""
    token = create_token(user=alice, name="laptop")
    browser = browser_of(mallory)
    assert browser.get(f"/-/settings/tokens/{token.pk}/revocation").status_code == 404
    assert browser.post(f"/-/settings/tokens/{token.pk}/revocation").status_code == 404
    assert AccessToken.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_token_list_costs_the_same_for_any_number(browser, alice, repo, count, django_assert_num_queries):
    for number in range(count):
        create_token(user=alice, name=f"t{number}", repository_id=repo.pk)
    with django_assert_num_queries(5):
        browser.get("/-/settings/tokens")


@pytest.mark.parametrize("count", [1, 3])
def test_organisation_list_costs_the_same_for_any_number(browser, alice, count, django_assert_num_queries):
    for number in range(count):
        create_organization(creator=alice, slug=f"group{number}")
    with django_assert_num_queries(3):
        browser.get("/-/settings/organizations")


def test_leaving_an_organisation(browser_of, alice, bob):
    organization = create_organization(creator=alice, slug="northwind")
    add_member(organization=organization, user=bob)
    assert browser_of(bob).post("/-/settings/organizations/northwind/departure").status_code == 302
    assert organization.memberships.count() == 1
    assert browser_of(bob).post("/-/settings/organizations/northwind/departure").status_code == 404
    assert browser_of(alice).post("/-/settings/organizations/northwind/departure").status_code == 409
    assert organization.memberships.count() == 1


def test_account_is_deleted_and_signed_out(browser_of, mallory):
    browser = browser_of(mallory)
    assert browser.post("/-/settings/account", {"confirm": "mallory"})["Location"] == "/"
    assert not User.objects.filter(username="mallory").exists()
    assert browser.get("/-/settings").status_code == 302


def test_account_deletion_says_what_stands_in_its_way(browser, repo):
    answer = browser.post("/-/settings/account", {"confirm": "alice"})
    assert answer.status_code == 409
    assert b"alice/stones" in answer.content
    assert browser.post("/-/settings/account", {"confirm": "bob"}).status_code == 400
    assert browser.post("/-/settings/account").status_code == 400
    assert browser.get("/-/settings/account").status_code == 200


@pytest.mark.parametrize(("chosen", "kept"), [("dark", "dark"), ("light", "light"), ("system", "")])
def test_theme_is_kept_for_people_and_for_anonymous_readers(client, browser, alice, chosen, kept):
    answer = browser.post("/-/theme", {"theme": chosen, "next": "/-/settings"})
    assert (answer.status_code, answer["Location"], answer.cookies["theme"].value) == (302, "/-/settings", kept)
    alice.refresh_from_db()
    assert alice.theme == kept
    client.post("/-/theme", {"theme": chosen}, headers={"HX-Request": "true"})
    drawn = 'data-theme="' + kept if kept else "<html"
    assert drawn in client.get("/-/login").content.decode()
    assert ("data-theme" in client.get("/-/login").content.decode()) is bool(kept)


def test_theme_of_a_person_follows_them_to_another_browser(browser_of, alice):
    browser_of(alice).post("/-/theme", {"theme": "dark"})
    assert b'data-theme="dark"' in browser_of(User.objects.get(pk=alice.pk)).get("/-/settings").content


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""])
def test_theme_never_leads_elsewhere(client, db, target):
    """The attack: a form on another page uses the switch to send people on."""
    assert client.post("/-/theme", {"theme": "dark", "next": target})["Location"] == "/"


def test_theme_refuses_others(client, db):
    assert client.post("/-/theme", {"theme": "pink"}).status_code == 400
    assert client.get("/-/theme").status_code == 405
