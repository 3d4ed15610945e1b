"""Trying a prompt in a browser: an endpoint is set up, two rows are typed, answers come in, a run is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from jobs.models import Job
from registry import tasks
from tests.browser.conftest import Visitor
from tests.support.language_model import KEY, LanguageModel, running_language_model

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def served(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageModel]:
    """A language model; jobs wait until the test does them."""
    settings.ALLOW_PRIVATE_TARGETS = True
    monkeypatch.setattr("jobs.services.send", lambda job, **words: None)
    with running_language_model() as found:
        yield found


def test_from_an_endpoint_to_answers(
    registered: None, cast: dict[str, User | None], visit: Visitor, served: LanguageModel
) -> None:
    page = visit(cast["alice"])
    page.goto("/alice/stones/prompts/summary")
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("link", name="Set up an endpoint").click()
    page.get_by_role("link", name="New endpoint").click()
    page.get_by_label("Name").fill("Own server")
    page.get_by_label("Base URL").fill(served.url)
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Save endpoint").click()
    page.get_by_role("button", name="Ask for its models").click()
    expect(page.get_by_text("Own server offers 2 models.")).to_be_visible()
    expect(page.get_by_label("Default model")).to_have_value("large")
    assert KEY not in page.content()
    page.goto("/alice/stones/prompts/summary/2/try")
    page.get_by_role("button", name="Add a row").click()
    rows = page.locator(".playground-row")
    expect(rows).to_have_count(2)
    for row, word in ((rows.nth(0), "granite"), (rows.nth(1), "slate")):
        for field in row.locator("textarea").all():
            field.fill(word)
    page.get_by_role("group", name="2", exact=True).get_by_label("Version").select_option("1")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("0 of 4 calls")).to_be_visible()
    tasks.try_prompt(Job.objects.get(task="registry.try_prompt").pk)
    expect(page.get_by_text("2 answered")).to_have_count(2)
    expect(page.locator(".playground-output").first).to_contain_text("large: ")
    expect(page.locator("#answers")).not_to_have_attribute("hx-get", re.compile("."))
    page.get_by_role("link", name="compare the answers row by row").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 runs")
    expect(page.get_by_text("granite").first).to_be_visible()
