"""Conversations by two people in a browser: offers, drafts, changes in place, answers; with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.actor import Actor
from accounts.models import User
from collab.models import Comment, Topic
from collab.services.comments import edit_comment
from repos.models import Repository
from tests.browser.conftest import Visitor
from tests.factories.collab import make_comment, make_issue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ISSUE = "/alice/stones/issues/1"


def test_a_comment_is_written_with_offers_posted_and_changed_in_place(
    repo: Repository, cast: dict[str, User | None], visit: Visitor, alice: User, bob: User
) -> None:
    make_issue(repo, alice, "Loss is NaN")
    page = visit(cast["carol"])
    page.goto(ISSUE)
    box = page.get_by_role("textbox", name="Comment", exact=True)
    box.press_sequentially("See @b")
    expect(page.get_by_role("option", name="@bob")).to_be_visible()
    box.press("Enter")
    box.press_sequentially("in #loss")
    expect(page.get_by_role("option", name=re.compile("#1 Loss is NaN"))).to_be_visible()
    box.press("Tab")
    expect(box).to_have_value("See @bob in #1 ")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".composer__preview").get_by_role("link", name="@bob")).to_be_visible()
    page.get_by_role("button", name="Write").click()
    for _ in range(100):
        if page.evaluate("localStorage.length"):
            break
        page.wait_for_timeout(100)
    page.reload()
    expect(box).to_have_value("See @bob in #1 ")  # The draft was kept.
    # What somebody else said meanwhile comes with it.
    make_comment(Topic.objects.get(), bob, "Meanwhile.")
    box.press("Control+Enter")
    mine = page.get_by_role("article").filter(has_text="See @bob")
    expect(mine).to_be_visible()
    expect(page.get_by_text("Meanwhile.")).to_be_visible()
    expect(box).to_have_value("")
    assert page.evaluate("localStorage.length") == 0

    mine.get_by_label("Add a sign").click()
    mine.get_by_role("button", name="heart", exact=True).click()
    expect(mine.get_by_role("button", name="heart: 1")).to_have_attribute("aria-pressed", "true")

    mine.get_by_label(re.compile("More on this text")).click()
    mine.get_by_role("link", name="Edit").click()
    comment = Comment.objects.get(author__username="carol")
    edit_comment(actor=Actor(user=bob), comment=comment, body="Bob was faster.", edits=0)
    area = page.get_by_role("textbox", name="Text", exact=True)
    area.fill("Carol's words")
    page.get_by_role("button", name="Save").click()
    # Neither text is lost.
    expect(page.get_by_role("alert")).to_contain_text("Bob was faster.")
    expect(area).to_have_value("Carol's words")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article").filter(has_text="Carol's words")).to_contain_text("edited")
    comment.refresh_from_db()
    assert (comment.body, comment.edits) == ("Carol's words", 2)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_two_people_ask_answer_and_vote(
    repo: Repository, cast: dict[str, User | None], visit: Visitor, scripts: bool
) -> None:
    carol, bob = visit(cast["carol"], scripts=scripts), visit(cast["bob"], scripts=scripts)
    carol.goto("/alice/stones/discussions")
    carol.get_by_role("link", name="Begin a discussion").click()
    carol.get_by_role("link", name="Questions").click()
    carol.get_by_label("Title").fill("How do I resume?")
    carol.get_by_role("textbox", name="Text").fill("After 13 of 40 runs.")
    carol.get_by_role("button", name="Ask", exact=True).click()
    bob.goto(carol.url)
    bob.get_by_role("textbox", name="Comment", exact=True).fill("Pass `--resume`.")
    bob.get_by_role("button", name="Comment", exact=True).click()
    said = bob.get_by_role("article").filter(has_text="Pass --resume")
    expect(said).to_be_visible()
    # What was sent is no draft any more.
    expect(bob.get_by_role("textbox", name="Comment", exact=True)).to_have_value("")
    carol.reload()
    carol.get_by_role("button", name="Mark as answer").click()
    expect(carol.get_by_text("Answered by bob")).to_be_visible()
    carol.get_by_role("article").filter(has_text="Pass").get_by_role("button", name="Vote up: 0").click()
    expect(carol.get_by_role("button", name="Vote up: 1")).to_be_visible()
    carol.locator("summary", has_text="Reply").click()
    carol.get_by_role("textbox", name="Reply").fill("Thanks!")
    carol.get_by_role("button", name="Reply").click()
    expect(carol.get_by_text("Thanks!")).to_be_visible()
    assert Comment.objects.get(body="Thanks!").parent == Comment.objects.get(author__username="bob")
