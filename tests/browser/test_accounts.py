"""What people do with their account in a real browser: set up, sign in, make a token, change the theme."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.authn import actor_for_token
from accounts.models import User
from accounts.services import new_setup_link
from repos.models import Repository
from tests.browser.checking import AXE, THEMES, WIDTHS, faults_now, open_page, shoot
from tests.browser.conftest import Visitor
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def check_as_it_stands(page: Page, picture: str) -> None:
    """Hold a page that was reached by acting to the checks of the listed ones."""
    page.evaluate(AXE.read_text())
    faults = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            faults += [f"{width} {theme}: {fault}" for fault in faults_now(page)]
            shoot(page, f"{picture}-{width}-{theme}")
    assert not faults, "\n".join(faults)


def test_first_administrator_sets_up_the_hub(visit: Visitor) -> None:
    page = visit()
    open_page(page, new_setup_link())
    check_as_it_stands(page, "setup")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create administrator").click()
    expect(page.get_by_text("too short")).to_be_visible()
    check_as_it_stands(page, "setup-refused")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()
    expect(page.get_by_text("You administer this hub as ada")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_person_signs_in_with_the_keyboard_and_out(visit: Visitor, alice: User, scripts: bool) -> None:
    page = visit(scripts=scripts)
    page.goto("/-/settings")
    page.get_by_label("User name or e-mail").fill("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    page.locator("summary[aria-label='Account of alice']").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/-/settings")
    expect(page.get_by_role("heading", name="Sign in to Cairn")).to_be_visible()


def test_token_is_made_copied_and_gone(visit: Visitor, alice: User, repo: Repository) -> None:
    page = visit(alice, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/-/settings/tokens")
    page.get_by_label("What is it for").fill("training")
    page.get_by_label("Only for the repository").fill("alice/stones")
    page.get_by_role("button", name="Create token").click()
    card = page.get_by_role("region", name="Token “training”")
    text = card.get_by_text(re.compile(r"^cairn_\d+_[0-9a-f]{40}$")).first.inner_text()
    assert actor_for_token(text).user == alice
    check_as_it_stands(page, "token-fresh")
    card.get_by_role("button", name=re.compile("Copy")).first.click()
    assert page.evaluate("navigator.clipboard.readText()") == text
    expect(card.get_by_text("git clone http")).to_be_attached()
    page.reload()
    expect(page.get_by_text(text)).to_have_count(0)


def test_theme_is_remembered(visit: Visitor, alice: User) -> None:
    page = visit(alice)
    page.goto("/-/settings")
    page.locator("summary[aria-label='Account of alice']").click()
    with page.expect_response(lambda answer: answer.url.endswith("/-/theme")) as saved:
        page.get_by_role("button", name="Dark").click()
    assert saved.value.status == 204
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/-/settings/tokens")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_account_deletion_waits_for_the_name(visit: Visitor, mallory: User) -> None:
    page = visit(mallory)
    page.goto("/-/settings/account")
    button = page.get_by_role("button", name="Delete my account")
    expect(button).to_be_disabled()
    page.get_by_label("Type mallory to confirm").fill("mallory")
    button.click()
    expect(page.get_by_text("Your account is deleted")).to_be_visible()
