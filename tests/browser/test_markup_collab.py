"""Markup in titles, labels, files and branches stays text where scripts draw it: offers, palette, filters, boards."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from accounts.actor import Actor
from accounts.models import User
from collab.services.board_cards import add_card
from collab.services.issue_boards import create_board
from collab.services.labels import create_label
from collab.services.sorting import set_labels
from repos.models import Repository
from search import services as search
from tests.browser.checking import watched
from tests.browser.conftest import Visitor
from tests.factories.collab import make_issue
from tests.factories.pulls import make_pull, put

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVIL = "pebble\"'><img src=x onerror=alert(1)>"
NAME = EVIL.replace(" ", "/")  # Of a branch, and of a file in folders.
# The policy of contents would stop such an attribute too: that it was ever made is what must not be.
MADE = "document.querySelectorAll('[onerror], img[src=x], img[src$=\"/x\"]').length"


@pytest.fixture
def evil(repo: Repository, alice: User, bob: User) -> None:
    """The attack in an issue on a board with a label, in a pull request, in the index."""
    actor = Actor(user=alice)
    issue = make_issue(repo, alice, EVIL)
    label = create_label(actor=actor, repository=repo, name=EVIL, colour="#d1453b", description=EVIL)
    set_labels(actor=actor, topic=issue, labels=[label])
    add_card(actor=actor, board=create_board(actor=actor, repository=repo, name=EVIL), topic=issue)
    put(repo, alice, {"README.md": "# Stones\n"})
    make_pull(repo, bob, branch=NAME, title=EVIL, files={"b.py": "b\n", NAME: f"{EVIL}\n"})
    search.catch_up()


def check(page: Page) -> None:
    assert page.evaluate(MADE) == 0, page.url


def test_what_scripts_draw_is_text(evil: None, repo: Repository, alice: User, visit: Visitor) -> None:
    """The attack: a title that is harmless on the page becomes an element in a list that a script draws of it."""
    page = visit(alice)
    said: list[str] = []

    def note(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    with watched(page) as troubles:
        page.goto("/alice/stones/issues/1")
        box = page.get_by_role("textbox", name="Comment", exact=True)
        box.press_sequentially("See #pebb")
        expect(page.get_by_role("option", name=EVIL).first).to_be_visible()
        check(page)
        box.press("Escape")
        box.fill(f"{EVIL}\n\n`{EVIL}`\n\n[x](javascript:alert(2))")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator(".composer__preview code")).to_have_text(EVIL)
        assert page.evaluate("document.querySelectorAll('[onerror], [href^=javascript]').length") == 0

        page.goto("/alice/stones")
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Search, or type a command").fill("pebble")
        expect(page.locator(".palette__title", has_text=EVIL).first).to_be_visible()
        check(page)

        page.goto("/alice/stones/pulls/2/files")
        page.get_by_label("Filter changed files").fill("pebble")
        expect(page.locator(".review-tree__file")).to_have_count(1)
        page.locator("#file-2 a.diff-talk").first.click()
        expect(page.locator(".diff-say")).to_be_visible()
        page.locator(".diff-say").get_by_role("button", name="Suggest a change").click()
        expect(page.locator(".diff-say textarea")).to_have_value(f"```suggestion\n{EVIL}\n```\n")
        check(page)

        page.goto(f"/alice/stones/boards/{repo.issue_boards.get().pk}")
        expect(page.locator("issue-board")).to_contain_text(EVIL)
        check(page)
    assert (said, [each for each in troubles if "alert" in each or "inline" in each]) == ([], [])
