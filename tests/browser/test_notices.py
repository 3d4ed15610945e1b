"""Being told and answering in a real browser: the bell, the inbox by keys, stars, watching, talk on lines and pictures."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from collab.models import Notification, Thread, Watch
from repos.models import Repository, Star
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_bell_and_inbox(noticed: None, repo: Repository, alice: User, visit: Visitor) -> None:
    page = visit(alice)
    page.goto("/-/notifications")
    count = page.locator(".bell__count")
    expect(count).to_have_text("3")
    # Down to the second line, put it away by a key.
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator(".notice")).to_have_count(2)
    expect(count).to_have_text("2")
    # Opening the page of what one was told of reads it.
    page.locator(".notice .row__link", has_text="Loss is NaN").click()
    page.wait_for_url(re.compile("/issues/1"))
    expect(count).to_have_text("1")
    assert not Notification.objects.get(user=alice, topic__number=1).is_unread
    page.goto("/-/notifications")
    page.get_by_role("button", name="Mark all of this list as read").click()
    expect(page.get_by_role("heading", name="Nothing is unread")).to_be_visible()
    expect(count).to_be_hidden()


def test_star_and_watch_without_a_new_page(repo: Repository, alice: User, visit: Visitor) -> None:
    page = visit(alice)
    page.goto("/alice/stones")
    star = page.get_by_role("button", name="Star")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="Stars: 1")).to_be_visible()
    assert Star.objects.filter(user=alice, repository=repo).exists()
    page.locator("summary[aria-label=Watch]").click()
    page.get_by_role("button", name="Everything").click()
    expect(page.locator(".menu__item[value=all]")).to_have_attribute("aria-current", "true")
    assert Watch.objects.get(user=alice, repository=repo).level == "all"
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    assert not Star.objects.filter(repository=repo).exists()


def test_star_without_scripts(repo: Repository, carol: User, visit: Visitor) -> None:
    page = visit(carol, scripts=False)
    page.goto("/alice/stones")
    page.get_by_role("button", name="Star").click()
    expect(page.get_by_text("You star alice/stones.")).to_be_visible()
    page.get_by_role("button", name="No longer star").click()
    assert not Star.objects.filter(repository=repo).exists()


def test_talk_on_lines_of_a_file(history: None, repo: Repository, carol: User, visit: Visitor) -> None:
    page = visit(carol)
    page.goto("/alice/stones/src/main/src/train.py")
    expect(page.locator("talk-about")).to_be_attached()
    page.locator("#L8").click(position={"x": 6, "y": 6})
    page.locator("#L10").click(position={"x": 6, "y": 6}, modifiers=["Shift"])
    page.get_by_role("button", name="Talk about lines 8-10").click()
    expect(page.get_by_label("Where")).to_have_value("lines 8-10")
    page.locator("#talk-body").fill("Is the *square* right here?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".talk__thread em")).to_have_text("square")
    expect(page.locator(".talk__count")).to_have_text("1")
    assert Thread.objects.get().place == {"side": "new", "start": 8, "line": 10}
    expect(page.locator("#L10 .talk-mark[href^='#thread-']")).to_have_count(1)
    # A place that is not there is told beside, and what was written stays.
    page.get_by_label("Where").fill("lines 700")
    page.locator("#talk-body").fill("Hm")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("There are 22 lines.")
    expect(page.locator("#talk-body")).to_have_value("Hm")


def test_talk_on_an_area_of_a_picture(history: None, repo: Repository, carol: User, visit: Visitor) -> None:
    page = visit(carol)
    page.goto("/alice/stones/src/main/docs/picture.png")
    expect(page.locator("talk-about")).to_be_attached()
    page.locator("summary.talk__head").click()
    page.get_by_role("button", name="Mark an area").click()
    frame = page.locator(".talk-stage").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] * 0.25, frame["y"] + frame["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.75, frame["y"] + frame["height"] * 0.5, steps=4)
    page.mouse.up()
    expect(page.get_by_label("Where")).to_have_value(
        re.compile(r"^area 2\d(\.\d)?% 2\d(\.\d)?% [45]\d(\.\d)?% 2\d(\.\d)?%$")
    )
    page.locator("#talk-body").fill("What is this?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("a.talk-area")).to_have_count(1)
