"""Credentials become actors, or are refused."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from django.test import RequestFactory
from django.utils import timezone

from accounts.authn import actor_of, token_text
from accounts.levels import Level
from accounts.models import AccessToken, User, fresh_nonce
from accounts.services import create_token, revoke_token
from hub.lib.errors import Unauthenticated
from tests.factories.accounts import PASSWORD


def asking(header: str = ""):
    return RequestFactory().get("/", **({"HTTP_AUTHORIZATION": header} if header else {}))


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def token(alice: User) -> AccessToken:
    return create_token(user=alice, name="laptop", scope=Level.READ)


def test_no_header_is_anonymous(db):
    assert actor_of(asking()).is_anonymous


@pytest.mark.parametrize(
    "form", ["Bearer {t}", "bearer {t}", "token {t}", "basic:alice:{t}", "basic:{t}:{t}", "basic:{t}:", "basic:any:{t}"]
)
def test_token_is_accepted_in_every_form(alice, token, form):
    text = form.format(t=token_text(token))
    header = basic(*text.split(":")[1:]) if text.startswith("basic:") else text
    actor = actor_of(asking(header))
    assert actor.user == alice
    assert actor.ceiling(None) == Level.READ


def test_user_and_password_are_accepted(alice):
    assert actor_of(asking(basic("Alice", PASSWORD))).user == alice


@pytest.mark.parametrize(
    "header",
    [
        basic("alice", "wrong"),
        basic("nobody", "wrong"),
        "Basic %%%",
        "Bearer cairn_1_" + "0" * 40,
        "Bearer cairn_999999_" + "0" * 40,
        "Bearer cairn_" + "9" * 30 + "_0",
        "Bearer x",
        "Digest x",
    ],
)
def test_wrong_credentials_are_refused(alice, token, header):
    with pytest.raises(Unauthenticated):
        actor_of(asking(header))


def test_changed_password_is_forgotten_at_once(alice):
    assert actor_of(asking(basic("alice", PASSWORD))).user == alice
    alice.set_password("another good password")
    alice.save()
    with pytest.raises(Unauthenticated):
        actor_of(asking(basic("alice", PASSWORD)))


def test_new_nonce_expiry_and_disabled_user_close_the_door(alice, token):
    header = "Bearer " + token_text(token)
    AccessToken.objects.update(nonce=fresh_nonce())
    with pytest.raises(Unauthenticated):
        actor_of(asking(header))
    token.refresh_from_db()
    header = "Bearer " + token_text(token)
    AccessToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        actor_of(asking(header))
    AccessToken.objects.update(expires_at=None)
    User.objects.update(is_active=False)
    with pytest.raises(Unauthenticated):
        actor_of(asking(header))
    User.objects.update(is_active=True)
    assert actor_of(asking(header)).user == alice
    revoke_token(token=token)
    with pytest.raises(Unauthenticated):
        actor_of(asking(header))


def test_token_is_nowhere_in_the_database(alice, token):
    """The attack: somebody reads a stolen copy of the database and looks for tokens to use."""
    proof = token_text(token).rsplit("_", 1)[1]
    row = AccessToken.objects.values().get(pk=token.pk)
    assert all(proof not in str(value) for value in row.values())


def test_last_use_is_noted_once_a_minute(token, django_assert_num_queries):
    header = "Bearer " + token_text(token)
    with django_assert_num_queries(2):
        actor_of(asking(header))
    with django_assert_num_queries(1):
        actor_of(asking(header))
    token.refresh_from_db()
    assert token.last_used_at is not None
