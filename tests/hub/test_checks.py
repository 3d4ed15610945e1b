"""Wrong configuration is told at start."""

from __future__ import annotations

import pytest
from django.core import checks

from hub.checks import address_is_whole, git_is_there, strangers_on_plain_http
from hub.settings import env


def ids(found: list[checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_git_is_needed(monkeypatch):
    assert git_is_there() == []
    monkeypatch.setenv("PATH", "/nowhere")
    assert ids(git_is_there()) == ["hub.E001"]


@pytest.mark.parametrize(
    ("url", "found"),
    [("", []), ("https://hub.example.org", []), ("hub.example.org", ["hub.E002"]), ("https://x.org/hub", ["hub.E002"])],
)
def test_address_is_whole(settings, url, found):
    settings.HUB_URL = url
    assert ids(address_is_whole()) == found


def test_plain_http_beyond_this_machine_is_warned_of(settings):
    settings.HUB_HOST, settings.HUB_URL = "0.0.0.0", ""
    assert ids(strangers_on_plain_http()) == ["hub.W001"]
    settings.HUB_HOST = "127.0.0.1"
    assert strangers_on_plain_http() == []


def test_mail_settings():
    assert env.mail("")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    found = env.mail("smtps://me:se%40cret@mail.example.org")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_HOST_PASSWORD"]) == (
        "mail.example.org",
        465,
        "se@cret",
    )
    with pytest.raises(SystemExit, match="HUB_EMAIL"):
        env.mail("imap://x")
