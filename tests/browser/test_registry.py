"""Models in a browser: narrowing the list, comparing by the keyboard, moving an alias and being asked first."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from registry.models import ModelAlias
from tests.browser.conftest import Visitor
from tests.browser.pages import MODEL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_list_narrows_while_one_types(registered: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["alice"])
    page.goto("/alice/stones/models")
    page.get_by_label("Words in name or description").press_sequentially("petals")
    expect(page.locator("#models .row")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=petals"))
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="iris-classifier")).to_be_visible()


def test_an_alias_is_moved_after_being_asked(registered: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["bob"])
    page.goto(f"{MODEL}/1")
    page.get_by_text("Point an alias here").click()
    page.get_by_label("Alias").fill("champion")
    page.get_by_role("button", name="Set alias").click()
    expect(page.get_by_text("points at version 2 of iris-classifier now")).to_be_visible()
    assert ModelAlias.objects.get(name="champion", model__name="iris-classifier").version.number == 2
    page.get_by_role("button", name="Move to version 1").click()
    expect(page.get_by_text("@champion points at version 1.")).to_be_visible()
    assert ModelAlias.objects.get(name="champion", model__name="iris-classifier").version.number == 1
    expect(page.get_by_text("bob set @champion to version 1, from version 2")).to_be_visible()


def test_ticked_versions_are_compared(registered: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["carol"], scripts=False)
    page.goto(MODEL)
    for number in (1, 2):
        page.get_by_label(f"Compare version {number}").check()
    page.get_by_role("button", name="Compare the ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 versions of iris-classifier compared")
    expect(page.get_by_role("row", name="val/accuracy 0.9 0.925")).to_be_visible()
