"""Lines of the table: forks, pull requests and what merges them."""

from __future__ import annotations

from tests.access.rules import ADMIN, READ, WRITE, get, post

_REPO = "/<owner>/<name>"
_PULL = f"{_REPO}/pulls/<number>"
_ONE = {"number": "{pull}"}  # By bob, who writes.


PULLS = [
    get(f"{_REPO}/forks", READ),
    get(f"{_REPO}/fork", READ),
    post(f"{_REPO}/fork", READ, 400),
    post(f"{_REPO}/fork/sync", WRITE, 400),
    post(f"{_REPO}/settings/merging", ADMIN, 400),
    get(f"{_REPO}/pulls/new", READ),
    get(f"{_REPO}/pulls/new/<span>", READ, span="main...feature"),
    post(f"{_REPO}/pulls/new/<span>", READ, 409, span="main...feature"),
    get(_PULL, READ, **_ONE),
    get(f"{_PULL}/commits", READ, **_ONE),
    get(f"{_PULL}/box", READ, **_ONE),
    post(f"{_PULL}/merge", READ, 400, **_ONE),
    post(f"{_PULL}/merge/end", WRITE, 302, **_ONE),
    post(f"{_PULL}/branch", READ, 400, **_ONE),
    post(f"{_PULL}/revert", WRITE, 409, **_ONE),
    post(f"{_PULL}/base", WRITE, 400, **_ONE),
    post(f"{_PULL}/draft", WRITE, 302, **_ONE),
    post(f"{_PULL}/maintainers", {**READ, "owner": 403, "reader": 403, "root": 403}, 302, **_ONE),
    post(f"{_PULL}/reviewers", WRITE, 302, **_ONE),
]
