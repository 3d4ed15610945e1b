"""The part of the table about notices, watching, stars, activity and feeds."""

from __future__ import annotations

from tests.access.rules import ANYONE, NOT_THERE, READ, SIGNED_IN, Row, get, post

_REPO = "/<owner>/<name>"
_STOP = "/-/notifications/stop/<token>"

NOTICES: list[Row] = [
    get("/-/notifications", SIGNED_IN),
    post("/-/notifications", SIGNED_IN, 400),
    get("/-/notifications/here", SIGNED_IN),
    post("/-/notifications/seen", SIGNED_IN, 302),
    # A link in a mail works without signing in; this one is not whole.
    get(_STOP, NOT_THERE, token="1-mail-0-abc"),
    post(_STOP, NOT_THERE, token="1-mail-0-abc"),
    get("/-/settings/notifications", SIGNED_IN),
    post("/-/settings/notifications", SIGNED_IN, 400),
    post("/-/settings/notifications/links", SIGNED_IN, 302),
    get("/-/activity", SIGNED_IN),
    get("/-/activity.atom", SIGNED_IN),
    get("/<owner>.atom", ANYONE),
    get(f"{_REPO}/activity", READ),
    get(f"{_REPO}/activity.atom", READ),
    get(f"{_REPO}/issues.atom", READ),
    get(f"{_REPO}/discussions.atom", READ),
    get(f"{_REPO}/talk", READ),
    post(f"{_REPO}/talk", READ, 400),
    get(f"{_REPO}/talk/about", READ, query="?subject=file&key=README.md"),
    get(f"{_REPO}/stars", READ),
    post(f"{_REPO}/star", READ, 302),
    get(f"{_REPO}/watch", READ),
    post(f"{_REPO}/watch", READ, 400),
    get(f"{_REPO}/subscription", READ, query="?topic={issue}"),
    post(f"{_REPO}/subscription", READ, 400),
]
