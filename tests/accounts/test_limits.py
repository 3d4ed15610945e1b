"""Guessing passwords at the wire doors is slowed down; tokens are not."""

from __future__ import annotations

import base64
import logging

import pytest
from django.test import RequestFactory

from accounts.authn import actor_of
from accounts.limits import MOST_FOR_A_NAME, MOST_FROM_AN_ADDRESS, client_address
from hub.lib.errors import Unauthenticated
from tests.factories.accounts import PASSWORD


def ask(name: str, password: str, address: str = "192.0.2.1"):
    header = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    return actor_of(RequestFactory().get("/", HTTP_AUTHORIZATION=header, REMOTE_ADDR=address))


def fail(name: str, times: int, address: str = "192.0.2.1") -> None:
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            ask(name, "wrong", address)


def test_many_failures_close_the_door_for_that_name_and_address(alice, bob, token_for):
    """The attack: trying passwords of alice through git or MLflow."""
    fail("Alice", MOST_FOR_A_NAME)
    with pytest.raises(Unauthenticated, match="too many wrong passwords"):
        ask("alice", PASSWORD)
    assert ask("alice", PASSWORD, "192.0.2.2").user == alice
    assert ask("bob", PASSWORD).user == bob
    assert ask("alice", token_for(alice)).user == alice


def test_remembered_password_does_not_open_a_closed_door(alice):
    """The attack: a process that remembers the right password would answer guesses past the limit."""
    assert ask("alice", PASSWORD).user == alice
    fail("alice", MOST_FOR_A_NAME)
    with pytest.raises(Unauthenticated, match="too many"):
        ask("alice", PASSWORD)


def test_a_few_failures_do_no_harm(alice):
    fail("alice", MOST_FOR_A_NAME - 1)
    assert ask("alice", PASSWORD).user == alice


def test_many_names_from_one_address_are_counted_too(alice, monkeypatch):
    """The attack: one likely password tried on everybody."""
    monkeypatch.setattr("accounts.authn.check_password", lambda *_: False)
    for number in range(MOST_FROM_AN_ADDRESS):
        fail(f"user{number}", 1)
    with pytest.raises(Unauthenticated, match="too many"):
        ask("alice", PASSWORD)


def test_tokens_are_not_counted_and_cost_no_look_into_the_cache(alice, token_for, monkeypatch):
    def broken(*_, **__):
        raise AssertionError("the cache was asked")

    monkeypatch.setattr("accounts.limits.cache.get_many", broken)
    assert ask("alice", token_for(alice)).user == alice


@pytest.mark.parametrize(
    ("trusted", "forwarded", "found"),
    [
        (False, "203.0.113.9", "192.0.2.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (True, "", "192.0.2.1"),
        (True, "not an address", "not an address"),
    ],
)
def test_client_address_believes_only_the_own_proxy(settings, trusted, forwarded, found):
    """The attack: a made-up X-Forwarded-For gives every guess an address of its own."""
    settings.TRUST_PROXY = trusted
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == found


def test_client_address_takes_an_ipv6_network_for_one(settings):
    addresses = {
        client_address(RequestFactory().get("/", REMOTE_ADDR=address))
        for address in ("2001:db8::1", "2001:db8::ffff:2")
    }
    assert addresses == {"2001:db8::"}


def test_credentials_never_reach_the_log(client, alice, token_for, caplog, capfd):
    """The attack: somebody reads the logs and finds what others typed."""
    secrets = ["hunter2-hunter2", token_for(alice), "cairn_1_" + "ab" * 20]
    with caplog.at_level(logging.DEBUG):
        client.post("/-/login", {"login": "alice", "password": secrets[0]})
        client.post("/-/login", {"login": secrets[0], "password": secrets[2]})
        for header in (f"Bearer {secrets[2]}", f"Bearer {secrets[1]}x", f"token {secrets[1]}", f"Digest {secrets[1]}"):
            client.get("/alice/none.git/info/refs?service=git-upload-pack", headers={"authorization": header})
        for name, password in (("alice", secrets[0]), ("alice", secrets[2]), (secrets[1], "")):
            header = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
            client.get("/alice/none.git/info/refs?service=git-upload-pack", headers={"authorization": header})
    said = caplog.text + "".join(capfd.readouterr()) + "".join(str(record.__dict__) for record in caplog.records)
    assert not [secret for secret in secrets if secret in said]
