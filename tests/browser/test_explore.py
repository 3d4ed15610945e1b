"""Explore narrows its list while somebody types, and works by its button without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import Visitor
from tests.factories.repos import make_repo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _repositories(alice: User) -> None:
    for name in ("stones", "pebbles", "sand"):
        make_repo(alice, name, visibility="public")


def test_typing_narrows_the_list_and_the_address(visit: Visitor) -> None:
    page = visit()
    page.goto("/-/explore")
    expect(page.locator("#repositories .row")).to_have_count(3)
    page.get_by_label("Words in owner, name or description").press_sequentially("peb")
    expect(page.locator("#repositories .row")).to_have_count(1)
    expect(page.locator("#repositories .row")).to_contain_text("pebbles")
    page.wait_for_url("**/-/explore?q=peb&sort=recent")
    page.get_by_label("Sort by").select_option("name")
    page.wait_for_url("**/-/explore?q=peb&sort=name")
    page.go_back()
    page.go_back()
    expect(page.locator("#repositories .row")).to_have_count(3)


def test_button_works_without_javascript(visit: Visitor) -> None:
    page = visit(scripts=False)
    page.goto("/-/explore")
    page.get_by_label("Words in owner, name or description").fill("sand")
    page.locator(".finder button").click()
    assert page.locator("#repositories .row").count() == 1


def test_whole_row_is_the_link(visit: Visitor, alice: User) -> None:
    page = visit(alice)
    page.goto("/-/explore")
    row = page.locator("#repositories .row").first
    box = row.bounding_box()
    assert box is not None
    with page.expect_navigation():
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    assert page.url.endswith("/alice/sand")
