"""The page of the API, on which operations can be tried."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from accounts.models import User
from collab.models import Topic
from repos.models import Repository
from tests.browser.conftest import Visitor


def test_an_operation_is_tried_as_the_reader(visit: Visitor, repo: Repository, alice: User) -> None:
    page = visit(alice)
    page.goto("/-/api")
    card = page.locator("#open_issue")
    card.get_by_text("Try POST").click()
    card.get_by_label("owner").fill("alice")
    card.get_by_label("name", exact=True).fill("stones")
    card.get_by_label("Body (JSON)").fill(json.dumps({"title": "From the page", "body": "It <b>works</b>"}))
    card.get_by_role("button", name="Send").click()
    expect(card.get_by_role("status")).to_contain_text("201")
    expect(card.get_by_role("status")).to_contain_text("From the page")
    assert Topic.objects.get().author == alice
    card.get_by_label("Body (JSON)").fill("{}")
    card.get_by_role("button", name="Send").click()
    expect(card.get_by_role("status")).to_contain_text("400")
    expect(card.get_by_role("status")).to_contain_text("A title is needed")
