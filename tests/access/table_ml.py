"""Lines of the table: experiments of pull requests, comments on parts of data, metric gates."""

from __future__ import annotations

from tests.access.rules import ADMIN, READ, get, post

_REPO = "/<owner>/<name>"
_PULL = {"number": "{pull}"}
_GATE = {"pk": "{gate}"}

ML = [
    get(f"{_REPO}/pulls/<number>/experiments", READ, **_PULL),
    get(f"{_REPO}/pulls/<number>/experiments/series", READ, query="?key=loss", **_PULL),
    post(f"{_REPO}/pulls/<number>/experiments/checks", READ, 302, **_PULL),
    get(f"{_REPO}/pulls/<number>/marks", READ, query="?path=feature.txt", **_PULL),
    post(f"{_REPO}/pulls/<number>/marks", READ, 400, **_PULL),
    get(f"{_REPO}/settings/gates", ADMIN),
    post(f"{_REPO}/settings/gates", ADMIN, 400),
    get(f"{_REPO}/settings/gates/<pk>", ADMIN, **_GATE),
    post(f"{_REPO}/settings/gates/<pk>", ADMIN, 400, **_GATE),
    get(f"{_REPO}/settings/gates/<pk>/removal", ADMIN, **_GATE),
    post(f"{_REPO}/settings/gates/<pk>/removal", ADMIN, 302, **_GATE),
]
