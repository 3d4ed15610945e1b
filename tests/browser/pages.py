"""The pages that are opened in a real browser. Each room adds its own: who looks, where, and what the answer is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page to hold to look.md's checks. `who` is one of the cast, or "" for somebody who has not signed in.

    The `repo` fixture of tests/conftest.py (alice/stones) is there, public as alice/open; `setup` names further
    fixtures of tests/browser/conftest.py that the page needs.
    """

    name: str
    path: str
    who: str = "alice"
    status: int = 200
    setup: tuple[str, ...] = ()


PAGES = [
    # web
    PageRow("welcome", "/", who=""),
    PageRow("home", "/"),
    PageRow("start", "/", who="mallory"),
    PageRow("start-administrator", "/", who="root"),
    PageRow("explore", "/-/explore"),
    PageRow("explore-nothing", "/-/explore?q=no-such-words"),
    PageRow("search", "/-/search?q=al"),
    PageRow("owner", "/alice/", who="bob"),
    PageRow("organisation", "/northwind/", setup=("northwind",)),
    PageRow("not-found", "/alice/nothing-here", status=404),
    PageRow("not-found-anonymous", "/alice/stones", who="", status=404),
    PageRow("bad-request", "/-/explore?sort=size", status=400),
]
