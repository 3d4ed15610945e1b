"""Reviews by two people in real browsers, by mouse, by keyboard, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from collab.models import PullRequest, Review
from repos.models import Repository
from tests.browser.conftest import Visitor
from tests.browser.scenes import Words
from tests.factories.pulls import make_pull, put

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PULL = "/alice/stones/pulls/1"
LINES = [f"line {number}" for number in range(1, 41)]


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def pull(repo: Repository, alice: User, bob: User) -> PullRequest:
    """bob changes two lines."""
    put(repo, alice, {"a.py": text(*LINES)})
    return make_pull(repo, bob, files={"a.py": text(*LINES[:9], "ten", "eleven", *LINES[11:]), "b.py": "new\n"})


def number(page: Page, line: int) -> str:
    return f"#file-1 a.diff-talk[aria-label='Comment on line {line}']"


def test_two_people_review_suggest_apply_and_approve(visit: Visitor, alice: User, bob: User, pull: PullRequest) -> None:
    reviewer = visit(alice)
    reviewer.goto(f"{PULL}/files")
    reviewer.locator(number(reviewer, 10)).hover()
    reviewer.mouse.down()
    reviewer.locator(number(reviewer, 11)).hover()
    reviewer.mouse.up()
    box = reviewer.locator(".diff-say")
    expect(box).to_contain_text("Comment on lines 10 to 11")
    box.get_by_role("button", name="Suggest a change").click()
    area = box.get_by_role("textbox")
    expect(area).to_have_value("```suggestion\nten\neleven\n```\n")
    area.fill("Shorter:\n```suggestion\nten and eleven\n```")
    box.get_by_role("button", name="Start a review").click()
    expect(reviewer.locator(".thread")).to_contain_text("Suggested change")
    expect(reviewer.locator("#review-send > summary")).to_contain_text("Finish review 1")
    author = visit(bob)
    author.goto(f"{PULL}/files")
    expect(author.locator(".thread")).to_have_count(0)
    reviewer.locator("#review-send > summary").click()
    reviewer.get_by_label("What you think of it").fill("Nearly there.")
    reviewer.get_by_text("Request changes").click()
    with reviewer.expect_navigation():
        reviewer.get_by_role("button", name="Send review").click()
    expect(reviewer.locator(".reviewed")).to_contain_text("asked for changes")
    author.reload()
    with author.expect_navigation():
        author.get_by_role("link", name="Apply …").click()
    with author.expect_navigation():
        author.get_by_role("button", name="Apply as one commit").click()
    expect(author.locator("#file-1")).to_contain_text("ten and eleven")
    expect(author.locator("#file-1 .thread")).to_have_count(0)
    reviewer.goto(f"{PULL}/files")
    reviewer.locator("#file-1 [data-viewed]").click()
    expect(reviewer.locator("#viewed-count")).to_contain_text("1 of 2 viewed")
    expect(reviewer.locator("#file-1 > details")).not_to_have_attribute("open", "")
    reviewer.locator("#review-send > summary").click()
    reviewer.get_by_text("Approve", exact=True).click()
    with reviewer.expect_navigation():
        reviewer.get_by_role("button", name="Send review").click()
    expect(reviewer.locator(".reviewed").last).to_contain_text("approved these changes")
    assert list(Review.objects.order_by("pk").values_list("state", "is_stale")) == [
        ("changes", True),
        ("approved", False),
    ]


def test_lines_are_reached_and_commented_by_keyboard(visit: Visitor, carol: User, pull: PullRequest) -> None:
    page = visit(carol)
    page.goto(f"{PULL}/files")
    page.keyboard.press("n")
    expect(page.locator("#file-1 > details > summary")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator("#file-2 > details > summary")).to_be_focused()
    page.keyboard.press("p")
    page.locator(number(page, 7)).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(number(page, 8))).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("tr.is-picked")).to_have_count(2)
    page.keyboard.press("c")
    expect(page.locator(".diff-say")).to_contain_text("Comment on lines 8 to 9")
    expect(page.locator(".diff-say textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".diff-say")).to_have_count(0)
    page.get_by_role("link", name="Show all lines here").last.click()
    expect(page.locator(number(page, 39))).to_be_attached()
    page.locator(number(page, 39)).click()
    expect(page.locator(".diff-say")).to_contain_text("Comment on line 39")
    page.locator(".diff-say textarea").fill("Far below")
    page.get_by_role("button", name="Comment now").click()
    expect(page.locator(".diff-below .thread")).to_contain_text("Far below")


def test_a_review_needs_no_scripts(visit: Visitor, carol: User, pull: PullRequest) -> None:
    page = visit(carol, scripts=False)
    page.goto(f"{PULL}/files")
    page.locator(number(page, 10)).click()
    page.locator("#say textarea").fill("Why eleven?")
    page.get_by_role("button", name="Comment now").click()
    expect(page.locator("#file-1 .thread")).to_contain_text("Why eleven?")
    page.locator("#file-2 [data-viewed]").click()
    expect(page.locator("#viewed-count")).to_contain_text("1 of 2 viewed")
    page.locator("#review-send > summary").click()
    page.get_by_label("Approve").check()
    page.get_by_role("button", name="Send review").click()
    expect(page.locator(".reviewed")).to_contain_text("approved these changes")


def test_files_are_loaded_as_they_come_into_view(visit: Visitor, repo: Repository, carol: User, bob: User) -> None:
    make_pull(repo, bob, files={f"f{number:02}.txt": text(*LINES[:20]) for number in range(50)})
    page = visit(carol)
    page.goto(f"{PULL}/files")
    expect(page.locator(".review-file")).to_have_count(20)
    page.get_by_label("Filter changed files").fill("f49")
    expect(page.locator(".review-tree__file")).to_have_count(1)
    page.locator(".review__more").scroll_into_view_if_needed()
    expect(page.locator(".review-file")).to_have_count(40)
    page.locator(".review__more").scroll_into_view_if_needed()
    expect(page.locator(".review-file")).to_have_count(50)
    page.locator(".review-tree__file").click()
    expect(page.locator("#file-50 > details > summary")).to_be_focused()
    assert page.url.endswith("/files#file-50")


def test_a_page_in_the_middle_of_a_review(visit: Visitor, carol: User, reviewed: Words) -> None:
    """A thread on a line that was moved along, and one that the conversation keeps."""
    page = visit(carol)
    page.goto(f"/alice/stones/pulls/{reviewed['number']}/files")
    expect(page.locator(".review-file .thread")).to_have_count(3)
    page.locator("summary", has_text="Conversations").click()
    expect(page.locator(".review__thread")).to_have_count(3)
    with page.expect_navigation():
        page.locator(".review__thread", has_text="Outdated").click()
    expect(page.locator(".thread", has_text="Outdated")).to_contain_text("Steps remember the one before.")
