"""Lines of the table: talk on topics and threads, and discussions."""

from __future__ import annotations

from tests.access.rules import ADMIN, READ, WRITE, get, post

_REPO = "/<owner>/<name>"
_TOPIC = {"number": "{issue}"}
_DISCUSSION = {"number": "{discussion}"}
_COMMENT = {"pk": "{comment}"}
_THREAD = {"pk": "{thread}"}

TALK = [
    get(f"{_REPO}/topics/<number>", READ, 302, **_TOPIC),
    post(f"{_REPO}/topics/<number>/comments", READ, 400, **_TOPIC),
    get(f"{_REPO}/topics/<number>/folded", READ, 302, query="?start=0&stop=20", **_TOPIC),
    get(f"{_REPO}/topics/<number>/latest", READ, 302, query="?seen=0", **_TOPIC),
    get(f"{_REPO}/topics/<number>/source", READ, **_TOPIC),
    get(f"{_REPO}/topics/<number>/edit", WRITE, **_TOPIC),
    post(f"{_REPO}/topics/<number>/edit", WRITE, 409, **_TOPIC),
    post(f"{_REPO}/topics/<number>/closure", WRITE, 302, **_TOPIC),
    post(f"{_REPO}/topics/<number>/lock", WRITE, 302, **_TOPIC),
    post(f"{_REPO}/topics/<number>/pin", WRITE, 302, **_TOPIC),
    post(f"{_REPO}/topics/<number>/reactions", READ, 400, **_TOPIC),
    get(f"{_REPO}/topics/<number>/deletion", ADMIN, **_TOPIC),
    post(f"{_REPO}/topics/<number>/deletion", ADMIN, 400, **_TOPIC),
    get(f"{_REPO}/comments/<pk>", READ, 302, **_COMMENT),
    get(f"{_REPO}/comments/<pk>/source", READ, **_COMMENT),
    get(f"{_REPO}/comments/<pk>/edit", WRITE, **_COMMENT),
    post(f"{_REPO}/comments/<pk>/edit", WRITE, 400, **_COMMENT),
    get(f"{_REPO}/comments/<pk>/hiding", WRITE, **_COMMENT),
    post(f"{_REPO}/comments/<pk>/hiding", WRITE, 302, **_COMMENT),
    get(f"{_REPO}/comments/<pk>/deletion", WRITE, **_COMMENT),
    post(f"{_REPO}/comments/<pk>/deletion", WRITE, 302, **_COMMENT),
    post(f"{_REPO}/comments/<pk>/reactions", READ, 400, **_COMMENT),
    get(f"{_REPO}/threads/<pk>", READ, **_THREAD),
    post(f"{_REPO}/threads/<pk>/replies", READ, 400, **_THREAD),
    post(f"{_REPO}/threads/<pk>/resolution", WRITE, 302, **_THREAD),
    post(f"{_REPO}/composer/preview", READ, 200),
    get(f"{_REPO}/composer/people", READ),
    get(f"{_REPO}/composer/topics", READ),
    get(f"{_REPO}/discussions", READ),
    get(f"{_REPO}/discussions/new", {**READ, "nobody": 404}),
    post(f"{_REPO}/discussions/new", READ, 400),
    get(f"{_REPO}/discussions/categories", WRITE),
    post(f"{_REPO}/discussions/categories", WRITE, 400),
    get(f"{_REPO}/discussions/categories/<slug>", WRITE, slug="ideas"),
    post(f"{_REPO}/discussions/categories/<slug>", WRITE, 400, slug="ideas"),
    get(f"{_REPO}/discussions/categories/<slug>/removal", WRITE, slug="ideas"),
    post(f"{_REPO}/discussions/categories/<slug>/removal", WRITE, 302, slug="ideas"),
    get(f"{_REPO}/discussions/<number>", READ, **_DISCUSSION),
    post(f"{_REPO}/discussions/<number>/answer", WRITE, 302, **_DISCUSSION),
    post(f"{_REPO}/discussions/<number>/votes", READ, 302, **_DISCUSSION),
    post(f"{_REPO}/discussions/<number>/poll", READ, 400, **_DISCUSSION),
    post(f"{_REPO}/discussions/<number>/poll/end", WRITE, 400, **_DISCUSSION),
    post(f"{_REPO}/discussions/<number>/category", WRITE, 400, **_DISCUSSION),
    post(f"{_REPO}/comments/<pk>/votes", READ, 302, pk="{remark}"),
    get(f"{_REPO}/issues/<number>/conversion", WRITE, **_TOPIC),
    post(f"{_REPO}/issues/<number>/conversion", WRITE, 400, **_TOPIC),
]
