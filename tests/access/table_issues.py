"""Lines of the table: issues, what sorts them, and boards."""

from __future__ import annotations

from tests.access.rules import READ, WRITE, get, post

_REPO = "/<owner>/<name>"
_TOPIC = {"number": "{issue}"}
_LABEL = {"key": "{label}"}
_FIRST = {"number": "1"}  # Milestones are numbered by themselves.
_BOARD = {"board": "{wall}"}

ISSUES = [
    get(f"{_REPO}/issues", READ),
    get(f"{_REPO}/pulls", READ),
    get(f"{_REPO}/issues/new", READ),
    post(f"{_REPO}/issues/new", READ, 400),
    post(f"{_REPO}/issues/bulk", WRITE, 400),
    get(f"{_REPO}/issues/changes/<key>", WRITE, key="{change}"),
    get(f"{_REPO}/issues/<number>", READ, **_TOPIC),
    post(f"{_REPO}/topics/<number>/labels", WRITE, 302, **_TOPIC),
    post(f"{_REPO}/topics/<number>/assignees", WRITE, 302, **_TOPIC),
    post(f"{_REPO}/topics/<number>/milestone", WRITE, 302, **_TOPIC),
    post(f"{_REPO}/topics/<number>/due", WRITE, 302, **_TOPIC),
    get(f"{_REPO}/labels", READ),
    post(f"{_REPO}/labels", WRITE, 400),
    post(f"{_REPO}/labels/usual", WRITE, 302),
    get(f"{_REPO}/labels/<key>", WRITE, **_LABEL),
    post(f"{_REPO}/labels/<key>", WRITE, 400, **_LABEL),
    get(f"{_REPO}/labels/<key>/deletion", WRITE, **_LABEL),
    post(f"{_REPO}/labels/<key>/deletion", WRITE, 400, **_LABEL),
    get(f"{_REPO}/milestones", READ),
    get(f"{_REPO}/milestones/new", WRITE),
    post(f"{_REPO}/milestones/new", WRITE, 400),
    get(f"{_REPO}/milestones/<number>", READ, **_FIRST),
    get(f"{_REPO}/milestones/<number>/edit", WRITE, **_FIRST),
    post(f"{_REPO}/milestones/<number>/edit", WRITE, 400, **_FIRST),
    post(f"{_REPO}/milestones/<number>/closure", WRITE, 302, **_FIRST),
    get(f"{_REPO}/milestones/<number>/deletion", WRITE, **_FIRST),
    post(f"{_REPO}/milestones/<number>/deletion", WRITE, 400, **_FIRST),
    get(f"{_REPO}/boards", READ),
    post(f"{_REPO}/boards", WRITE, 400),
    get(f"{_REPO}/boards/<board>", READ, **_BOARD),
    get(f"{_REPO}/boards/<board>/settings", WRITE, **_BOARD),
    post(f"{_REPO}/boards/<board>/settings", WRITE, 400, **_BOARD),
    get(f"{_REPO}/boards/<board>/deletion", WRITE, **_BOARD),
    post(f"{_REPO}/boards/<board>/deletion", WRITE, 400, **_BOARD),
    post(f"{_REPO}/boards/<board>/cards", WRITE, 400, **_BOARD),
    post(f"{_REPO}/boards/<board>/cards/<card>", WRITE, 302, **_BOARD),
    post(f"{_REPO}/boards/<board>/columns", WRITE, 400, **_BOARD),
    post(f"{_REPO}/boards/<board>/columns/<column>", WRITE, 400, **_BOARD),
    get(f"{_REPO}/boards/<board>/columns/<column>/deletion", WRITE, **_BOARD),
    post(f"{_REPO}/boards/<board>/columns/<column>/deletion", WRITE, 400, **_BOARD),
]
