"""The page of results and the palette, as answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.models import User
from repos.models import Repository
from search import services
from tests.factories.collab import make_issue

BrowserOf = Callable[[User | None], Client]


def lines(client: Client, text: str, repo: str = "") -> dict[str, list[str]]:
    """The titles of the palette by group."""
    answer = client.get("/-/palette", {"q": text, "repo": repo})
    assert answer.status_code == 200
    return {group["label"]: [line["title"] for line in group["lines"]] for group in answer.json()["groups"]}


def test_results_by_kind_and_page(browser_of: BrowserOf, repo: Repository, alice: User) -> None:
    for number in range(25):
        make_issue(repo, alice, f"Pebble {number}")
    services.catch_up()
    page = browser_of(alice)
    first = page.get("/-/search", {"q": "pebble"})
    assert len(first.context["results"].hits) == 20 and first.context["has_next"]
    assert ("issue", "Issues", 25) in first.context["kinds"]
    second = page.get("/-/search", {"q": "pebble", "page": "2", "kind": "issue"})
    assert len(second.context["results"].hits) == 5 and not second.context["has_next"]
    assert page.get("/-/search", {"q": "pebble", "kind": "run"}).context["results"].hits == []
    assert page.get("/-/search", {"q": "x" * 400}).status_code == 400
    assert page.get("/-/search", {"q": "pebble", "page": "²"}).status_code == 200
    assert page.get("/-/search", {"q": "pebble", "page": "9" * 5000}).status_code == 200


def test_what_was_asked_and_found_is_escaped(browser_of: BrowserOf, repo: Repository, alice: User) -> None:
    """The attack: words of the address, titles and bodies that become HTML."""
    make_issue(repo, alice, "<script>alert(1)</script> stone", "stone <img src=x onerror=alert(2)>")
    services.catch_up()
    page = browser_of(alice).get("/-/search", {"q": 'stone "><script>alert(3)</script>'}).content.decode()
    page += browser_of(alice).get("/-/search", {"q": "stone"}).content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page and "&lt;script&gt;alert(1)" in page


def test_the_palette_offers_commands_and_finds(
    browser_of: BrowserOf, repo: Repository, alice: User, carol: User, mallory: User
) -> None:
    issue = make_issue(repo, alice, "Basalt is missing")
    services.catch_up()
    mine = lines(browser_of(alice), "", "alice/stones")
    assert "Go to Files" in mine["Commands"] and "New issue" in mine["Commands"]
    assert lines(browser_of(alice), "new issue", "alice/stones")["Commands"] == ["New issue"]
    assert lines(browser_of(alice), "basal", "alice/stones")["In alice/stones"] == ["#1 Basalt is missing"]
    assert lines(browser_of(alice), "basal")["Everywhere"] == ["#1 Basalt is missing"]
    assert lines(browser_of(carol), f"#{issue.number}", "alice/stones")["Here"] == ["#1 Basalt is missing"]
    assert "New branch" not in lines(browser_of(carol), "", "alice/stones")["Commands"]
    # The attack: a private repository named by somebody who may not know of it.
    for text in ("", "1", "basalt"):
        found: dict[str, Any] = lines(browser_of(mallory), text, "alice/stones")
        assert set(found) <= {"Commands"} and "New issue" not in found.get("Commands", []), text
