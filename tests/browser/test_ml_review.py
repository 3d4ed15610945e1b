"""Comments on parts of changed data in a real browser: a cell by a click, a region drawn on a picture, both kept."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from collab.models import Thread
from tests.browser.conftest import Visitor
from tests.browser.scenes import Words

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def files(page: Page, words: Words) -> None:
    page.goto(f"/alice/stones/pulls/{words['number']}/files")


def test_a_cell_and_a_region_are_talked_about_where_they_are(experimented: Words, carol: User, visit: Visitor) -> None:
    page = visit(carol)
    files(page, experimented)
    # What was said before stands at its part: below the row, the cell, the picture.
    cell = page.locator("[data-talk-cell='1']")
    expect(cell.locator(".thread", has_text="Why four, not three?")).to_be_visible()
    row = page.locator("tr[data-talk-inner='pictures/99.png'] + tr")
    expect(row.get_by_text("Is this one of ours?")).to_be_visible()
    expect(page.get_by_role("link", name="What was said about this region")).to_be_visible()

    cell.get_by_role("button", name="Comment on cell 1").click()
    box = cell.locator(".diff-say")
    expect(box.get_by_text("Comment on cell 1")).to_be_visible()
    box.locator("textarea").fill("Four is one more than before.")
    box.get_by_role("button", name="Comment now").click()
    expect(cell.locator(".thread", has_text="Four is one more")).to_be_visible()

    plot = page.locator(".data-change__item[data-talk-file='plot.png']")
    plot.get_by_role("button", name="Comment on a region").click()
    expect(plot.get_by_text("Draw a region on the picture.")).to_be_visible()
    image = plot.locator("[data-talk-region] img").bounding_box()
    assert image is not None
    page.mouse.move(image["x"] + image["width"] * 0.5, image["y"] + image["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(image["x"] + image["width"] * 0.75, image["y"] + image["height"] * 0.75, steps=4)
    page.mouse.up()
    plot.locator(".diff-say textarea").fill("This corner is new.")
    plot.locator(".diff-say").get_by_role("button", name="Comment now").click()
    expect(plot.locator(".thread", has_text="This corner is new.")).to_be_visible()
    expect(plot.locator("a.mark-region-box")).to_have_count(2)
    place = Thread.objects.latest("pk").place
    assert place == pytest.approx({"x": 0.5, "y": 0.25, "w": 0.25, "h": 0.5}, abs=0.02)

    files(page, experimented)
    expect(page.locator("[data-talk-cell='1'] .thread")).to_have_count(2)
    expect(page.locator("a.mark-region-box")).to_have_count(2)


def test_a_region_is_given_in_numbers_by_keyboard(experimented: Words, carol: User, visit: Visitor) -> None:
    page = visit(carol)
    files(page, experimented)
    plot = page.locator(".data-change__item[data-talk-file='plot.png']")
    plot.get_by_role("button", name="Comment on a region").focus()
    page.keyboard.press("Enter")
    plot.get_by_label("Left").fill("60")
    plot.get_by_label("Width").fill("80")
    plot.locator(".diff-say textarea").fill("Too wide")
    plot.locator(".diff-say").get_by_role("button", name="Comment now").click()
    expect(plot.get_by_text("not within the picture")).to_be_visible()
    expect(plot.locator(".diff-say textarea")).to_have_value("Too wide")
    plot.get_by_label("Width").fill("30")
    plot.locator(".diff-say").get_by_role("button", name="Comment now").click()
    expect(plot.locator(".thread", has_text="Too wide")).to_be_visible()
    assert Thread.objects.latest("pk").place["w"] == 0.3
