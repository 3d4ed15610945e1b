"""Signing in, up and out, and passwords, as a browser does it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.services import create_organization
from accounts.services.users import set_active
from hub.lib.errors import Conflict
from tests.factories.accounts import PASSWORD

NEW = {"username": "dora", "email": "dora@example.org", "password1": PASSWORD, "password2": PASSWORD}


def errors_of(answer) -> dict[str, list[str]]:
    assert answer.status_code == 400
    return dict(answer.context["form"].errors)


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.org", " alice "])
def test_sign_in_by_name_or_email(client, alice, login):
    answer = client.post("/-/login", {"login": login, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert get_user(client) == alice


@pytest.mark.parametrize(
    ("login", "password"), [("alice", "wrong"), ("nobody-here", PASSWORD), ("alice@example.org", "x")]
)
def test_sign_in_refuses_wrong_credentials_with_one_answer(client, alice, login, password):
    answer = client.post("/-/login", {"login": login, "password": password})
    assert "do not match" in str(errors_of(answer))
    assert get_user(client).is_anonymous


@pytest.mark.parametrize(
    "data", [{}, {"login": "alice"}, {"login": "a\0b", "password": "x"}, {"login": "x" * 5000, "password": "x"}]
)
def test_sign_in_refuses_nonsense(client, alice, data):
    errors_of(client.post("/-/login", data))


def test_sign_in_goes_on_to_the_page_that_asked(client, alice):
    answer = client.post("/-/login?next=/-/settings", {"login": "alice", "password": PASSWORD, "next": "/-/settings"})
    assert answer["Location"] == "/-/settings"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_never_leads_elsewhere(client, alice, target):
    """The attack: a link to the sign-in page sends people on to a copy of the hub."""
    answer = client.post("/-/login", {"login": "alice", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_sign_in_of_a_disabled_person_says_so_only_to_who_knows_the_password(client, alice):
    set_active(user=alice, active=False)
    assert client.post("/-/login", {"login": "alice", "password": PASSWORD})["Location"] == "/-/inactive"
    assert get_user(client).is_anonymous
    assert "do not match" in str(errors_of(client.post("/-/login", {"login": "alice", "password": "wrong"})))


def test_disabled_person_loses_the_session(browser_of, alice):
    browser = browser_of(alice)
    assert browser.get("/-/settings").status_code == 200
    set_active(user=alice, active=False)
    answer = browser.get("/-/settings")
    assert (answer.status_code, answer["Location"]) == (302, "/-/login?next=/-/settings")


def test_failed_sign_ins_are_slowed_down(client, alice, settings):
    """The attack: guessing a password through the form."""
    settings.ACCOUNT_RATE_LIMITS = {}
    for _ in range(5):
        client.post("/-/login", {"login": "alice", "password": "wrong"})
    answer = client.post("/-/login", {"login": "alice", "password": PASSWORD})
    assert "too many" in str(errors_of(answer)).lower()


def test_sign_out_needs_a_post(browser_of, alice):
    browser = browser_of(alice)
    assert browser.get("/-/logout").status_code == 200
    assert get_user(browser) == alice
    assert browser.post("/-/logout").status_code == 302
    assert get_user(browser).is_anonymous


def test_forms_refuse_a_post_without_the_csrf_token(alice):
    """The attack: another site signs the reader in as somebody else."""
    answer = Client(enforce_csrf_checks=True).post("/-/login", {"login": "alice", "password": PASSWORD})
    assert answer.status_code == 403


def test_sign_up_makes_a_person_with_an_address(client, db):
    assert client.post("/-/signup", NEW).status_code == 302
    dora = User.objects.get(username="dora")
    assert dora.owner.slug == "dora"
    assert get_user(client) == dora
    assert not dora.is_superuser


def test_sign_up_works_without_an_email(client, db):
    assert client.post("/-/signup", {**NEW, "email": ""}).status_code == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "alice"}, "username"),
        ({"username": "NorthWind"}, "username"),
        ({"username": "settings"}, "username"),
        ({"username": "a/b"}, "username"),
        ({"username": "x" * 40}, "username"),
        ({"email": "alice@example.org"}, "email"),
        ({"email": "nowhere"}, "email"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password2": "something else entirely"}, "password2"),
    ],
)
def test_sign_up_says_beside_the_field_what_is_wrong(client, alice, change, field):
    create_organization(creator=alice, slug="northwind")
    assert list(errors_of(client.post("/-/signup", {**NEW, **change}))) == [field]
    assert User.objects.count() == 1


def test_sign_up_losing_a_race_is_told_beside_the_field(client, db, monkeypatch):
    """The name was free when the form was checked and is taken when it is saved."""

    def too_late(**_):
        raise Conflict("The name dora is taken.", field="username", next_step="Choose another name.")

    monkeypatch.setattr("accounts.services.users.create_user", too_late)
    errors = errors_of(client.post("/-/signup", NEW))
    assert errors == {"username": ["The name dora is taken. Choose another name."]}
    assert get_user(client).is_anonymous


def test_sign_up_can_be_closed(client, db, settings):
    settings.SIGNUP_OPEN = False
    assert b"closed" in client.get("/-/signup").content
    client.post("/-/signup", NEW)
    assert not User.objects.exists()


def test_password_change_wants_the_current_one_and_ends_other_sessions(browser_of, alice):
    browser, other = browser_of(alice), browser_of(alice)
    wanted = {"password1": "another long password", "password2": "another long password"}
    assert "oldpassword" in errors_of(browser.post("/-/settings/password", {**wanted, "oldpassword": "wrong"}))
    assert browser.post("/-/settings/password", {**wanted, "oldpassword": PASSWORD}).status_code == 302
    assert get_user(browser) == alice
    assert other.get("/-/settings").status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("another long password")


def test_password_change_needs_a_session(client, db):
    assert client.get("/-/settings/password")["Location"] == "/-/login?next=/-/settings/password"


def test_password_reset_says_when_no_mail_is_configured(client, alice):
    assert b"sends no mail" in client.get("/-/password/reset").content
    assert client.post("/-/password/reset", {"email": alice.email}).status_code == 403
    assert not mail.outbox


@pytest.fixture
def with_mail(settings):
    settings.MAIL_URL, settings.HUB_URL = "smtp://mail.example", "https://hub.example"


def reset_link() -> str:
    return re.search(r"https://hub\.example(/\S+)", mail.outbox[-1].body).group(1)


def test_password_reset_by_mail(client, alice, with_mail):
    assert client.post("/-/password/reset", {"email": "ALICE@example.org"}).status_code == 302
    link = reset_link()
    form = client.get(link, follow=True)
    assert form.status_code == 200
    new = {"password1": "another long password", "password2": "another long password"}
    assert errors_of(client.post(form.request["PATH_INFO"], {**new, "password2": "x"}))
    assert client.post(form.request["PATH_INFO"], new)["Location"] == "/-/password/reset/done"
    alice.refresh_from_db()
    assert alice.check_password("another long password")
    assert Client().get(link).status_code == 404


def test_password_reset_link_never_names_the_host_that_was_asked(client, alice, with_mail):
    """The attack: a reset asked for with a forged Host sends the victim a link to the attacker's server."""
    client.post("/-/password/reset", {"email": alice.email}, headers={"host": "evil.example"})
    assert "evil" not in mail.outbox[-1].body + mail.outbox[-1].subject
    assert reset_link()


def test_password_reset_tells_nobody_who_has_an_account(client, alice, with_mail):
    known = client.post("/-/password/reset", {"email": alice.email})
    unknown = client.post("/-/password/reset", {"email": "stranger@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_password_reset_is_not_sent_to_the_disabled(client, alice, with_mail):
    set_active(user=alice, active=False)
    client.post("/-/password/reset", {"email": alice.email})
    assert not mail.outbox


def test_a_flood_of_sign_ins_is_refused_with_a_page(client, db, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    answers = [client.post("/-/login", {"login": "x", "password": "y"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert b"Wait a minute" in answers[-1].content
