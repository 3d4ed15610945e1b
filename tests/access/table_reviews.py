"""Lines of the table: files changed, reviews and suggestions of pull requests."""

from __future__ import annotations

from tests.access.rules import READ, WRITE, get, post

_PULL = "/<owner>/<name>/pulls/<number>"
_ONE = {"number": "{pull}"}  # By bob, who writes; alice has approved it.
_REVIEW = {**_ONE, "pk": "{review}"}

REVIEWS = [
    get(f"{_PULL}/files", READ, **_ONE),
    get(f"{_PULL}/files/list", READ, query="?q=txt", **_ONE),
    get(f"{_PULL}/files/context", READ, query="?path=feature.txt&file=1", **_ONE),
    post(f"{_PULL}/files/comments", READ, 400, **_ONE),
    post(f"{_PULL}/files/viewed", READ, 409, **_ONE),
    get(f"{_PULL}/suggestions", READ, **_ONE),
    post(f"{_PULL}/suggestions", {**READ, "reader": 403}, 400, **_ONE),
    get(f"{_PULL}/review", READ, **_ONE),
    post(f"{_PULL}/review", READ, 400, **_ONE),
    get(f"{_PULL}/review/discard", READ, 409, **_ONE),
    post(f"{_PULL}/review/discard", READ, 409, **_ONE),
    post(f"{_PULL}/reviews/again", READ, 400, **_ONE),
    get(f"{_PULL}/reviews/<pk>/dismissal", WRITE, **_REVIEW),
    post(f"{_PULL}/reviews/<pk>/dismissal", WRITE, 400, **_REVIEW),
]
