"""S3 key pairs: made in settings, shown once, revoked; and what an access key stands for."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.authn import actor_for_token, token_text
from accounts.keys import access_key_of, secret_of, signing_key
from accounts.levels import Level
from accounts.models import AccessToken, User
from accounts.services import create_key_pair, create_token, revoke_token
from hub.lib.errors import Unauthenticated

PAIR = {"name": "backup", "scope": "write", "repository": "", "days": "90"}
SECRET = re.compile(r"<code>([0-9a-f]{40})</code>")
PAGE = "/-/settings/keys"


@pytest.fixture
def browser(browser_of, alice: User) -> Client:
    return browser_of(alice)


def test_fresh_pair_is_shown_once_and_never_cached(browser, alice):
    assert browser.post(PAGE, PAIR).status_code == 302
    page = browser.get(PAGE)
    pair = AccessToken.objects.get()
    assert SECRET.search(page.content.decode())[1] == secret_of(pair)
    assert "no-store" in page["Cache-Control"]
    again = browser.get(PAGE).content.decode()
    assert access_key_of(pair) in again
    assert not SECRET.search(again)


def test_the_access_key_stands_for_its_owner_with_its_scope_and_place(alice, repo):
    pair = create_key_pair(user=alice, name="a", scope=Level.READ, repository_id=repo.pk)
    key = signing_key(access_key_of(pair))
    assert (key.secret, key.actor.user, key.is_token) == (secret_of(pair), alice, False)
    assert key.actor.ceiling(repo.pk) == Level.READ
    assert key.actor.ceiling(repo.pk + 1) == Level.NONE


def test_a_token_is_its_own_secret(alice):
    text = token_text(create_token(user=alice, name="a"))
    key = signing_key(text)
    assert (key.secret, key.actor.user, key.is_token) == (text, alice, True)


def test_a_pair_is_no_token_and_a_token_no_pair(alice):
    """The attack: the text of one kind is computed from, or passes for, the other."""
    pair, token = create_key_pair(user=alice, name="a"), create_token(user=alice, name="b")
    with pytest.raises(Unauthenticated):
        actor_for_token(f"cairn_{pair.pk}_{secret_of(pair)}")
    with pytest.raises(Unauthenticated):
        actor_for_token(token_text(pair))
    with pytest.raises(Unauthenticated):
        signing_key(access_key_of(token))


def test_what_is_revoked_expired_or_of_a_disabled_person_signs_nothing(alice, bob):
    revoked = create_key_pair(user=alice, name="a")
    expired = create_key_pair(user=alice, name="b", lifetime=dt.timedelta(days=1))
    disabled = create_key_pair(user=bob, name="c")
    for pair in (revoked, expired, disabled):
        assert signing_key(access_key_of(pair)).secret == secret_of(pair)
    keys = [access_key_of(pair) for pair in (revoked, expired, disabled)]
    revoke_token(token=revoked)
    AccessToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    User.objects.filter(pk=bob.pk).update(is_active=False)
    for key in keys:
        with pytest.raises(Unauthenticated):
            signing_key(key)


@pytest.mark.parametrize(
    "text",
    ["", "cairnkey", "cairnkey_", "cairnkey_0", "cairnkey_-1", "cairnkey_²", "cairnkey_01", "cairnkey_" + "9" * 19,
     "cairnkey_" + "9" * 5000, "AKIAIOSFODNN7EXAMPLE", "cairn_1_", "cairnkey_1_x", "\0", "alice"],
)  # fmt: skip
def test_unknown_access_keys_are_refused(alice, text):
    create_key_pair(user=alice, name="a")
    with pytest.raises(Unauthenticated):
        signing_key(text)


def test_pair_is_revoked_after_asking_and_only_by_its_owner(browser, browser_of, alice, mallory):
    pair = create_key_pair(user=alice, name="laptop")
    page = f"{PAGE}/{pair.pk}/revocation"
    assert browser_of(mallory).post(page).status_code == 404
    assert browser.post(f"/-/settings/tokens/{pair.pk}/revocation").status_code == 404
    assert b"laptop" in browser.get(page).content
    assert AccessToken.objects.exists()
    assert browser.post(page).status_code == 302
    assert not AccessToken.objects.exists()


def test_pairs_and_tokens_have_lists_of_their_own(browser, alice):
    create_key_pair(user=alice, name="the pair")
    create_token(user=alice, name="the token")
    tokens, pairs = (browser.get(page).content.decode() for page in ("/-/settings/tokens", PAGE))
    assert ("the pair" in pairs, "the token" in pairs) == (True, False)
    assert ("the pair" in tokens, "the token" in tokens) == (False, True)


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_any_number(browser, alice, repo, count, django_assert_num_queries):
    for number in range(count):
        create_key_pair(user=alice, name=f"p{number}", repository_id=repo.pk)
    with django_assert_num_queries(5):
        browser.get(PAGE)
