"""Promotion by two people in a browser: asked, a gate not passed, a better version, approved, moved, and in the history."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from registry.models import ModelAlias
from repos.models import Repository
from tests.browser.conftest import Visitor
from tests.browser.pages import GOVERNED, MODEL
from tests.factories.registry import make_logged_model, make_model, make_version
from tests.factories.tracking import make_experiment, make_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GATED = "/alice/stones/models/gated"


def version_of_score(repo: Repository, score: float) -> None:
    """A version of `gated` whose run has this accuracy."""
    run = make_run(repo, make_experiment(repo, f"score {score}"), metrics={"acc": [score]})
    make_version(repo, "gated", logged=make_logged_model(repo, run))


def champion() -> int | None:
    return ModelAlias.objects.filter(model__name="gated").values_list("version__number", flat=True).first()


def ask(page: Page, number: int) -> None:
    """Ask for @champion on the page of a version."""
    page.goto(f"{GATED}/{number}")
    page.get_by_role("link", name="Ask for @champion").click()
    page.get_by_label("Why").fill(f"Version {number} is **better**.")
    page.get_by_role("button", name="Ask for it").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_two_people_promote_a_version(
    repo: Repository, cast: dict[str, User | None], visit: Visitor, scripts: bool
) -> None:
    make_model(repo, "gated")
    version_of_score(repo, 0.8)
    alice, bob = visit(cast["alice"], scripts=scripts), visit(cast["bob"], scripts=scripts)

    alice.goto(f"{GATED}/rules")
    alice.get_by_label("Which").fill("champion")
    alice.get_by_label("Metric gates").fill("metrics.acc >= 0.9")
    alice.get_by_role("button", name="Set rule").click()
    expect(alice.get_by_role("row", name=re.compile("champion.*metrics.acc >= 0.9"))).to_be_visible()

    ask(bob, 1)
    expect(bob.get_by_text("acc is 0.8, not ≥ 0.9")).to_be_visible()
    expect(bob.get_by_role("button", name="Approve")).to_have_count(0)
    alice.goto("/alice/stones/models")
    alice.get_by_role("link", name="Requests 1").click()
    alice.get_by_role("link", name="gated version 1 to @champion").click()
    alice.get_by_label("Comment").fill("It is too weak.")
    alice.get_by_role("button", name="Refuse").click()
    expect(alice.get_by_text("Request 1 is refused; @champion has not moved.")).to_be_visible()
    bob.reload()
    expect(bob.get_by_text("It is too weak.").first).to_be_visible()
    assert champion() is None

    version_of_score(repo, 0.95)
    ask(bob, 2)
    expect(bob.get_by_text("acc is 0.95, as wanted ≥ 0.9")).to_be_visible()
    assert champion() is None
    alice.goto(f"{GATED}/requests/2")
    expect(alice.locator("strong", has_text="better")).to_be_visible()
    alice.get_by_role("button", name="Approve").click()
    expect(alice.get_by_text("Version 2 has @champion now.")).to_be_visible()
    assert champion() == 2

    bob.goto(f"{GATED}/history")
    expect(bob.locator(".models-event__words").first).to_have_text("set @champion to version 2, as asked")
    for words in ("approved version 2 to be @champion", "refused version 1 to be @champion", "promoted version 2"):
        expect(bob.get_by_text(words).first).to_be_visible()
    bob.get_by_label("What was changed").select_option("aliases")
    bob.get_by_role("button", name="Show").click()
    expect(bob.locator(".models-event")).to_have_count(1)


def test_an_administrator_overrides_with_a_reason(
    registered: None, cast: dict[str, User | None], visit: Visitor
) -> None:
    page = visit(cast["alice"])
    page.goto(f"{GOVERNED}/requests/4")
    page.get_by_text("Override the rule").click()
    page.get_by_label("Why the rule is overridden").fill("The service is down.")
    page.get_by_role("button", name="Promote against the rule").click()
    expect(page.get_by_text("Version 4 has @champion now.")).to_be_visible()
    expect(page.get_by_text("The service is down.")).to_be_visible()
    page.goto(f"{GOVERNED}/history?kind=promotions")
    expect(page.get_by_text("overrode the rule for @champion for version 4")).to_be_visible()


def test_the_graph_is_walked_by_keyboard_and_followed(
    registered: None, cast: dict[str, User | None], visit: Visitor
) -> None:
    page = visit(cast["carol"])
    page.goto(f"{MODEL}/2")
    graph = page.get_by_role("group", name="Lineage as a graph")
    graph.get_by_role("link", name=re.compile("^Version")).focus()
    expect(page.locator("hub-lineage.is-traced")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    expect(graph.get_by_role("link", name=re.compile("^Logged model"))).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/runs/"))
    registered_as = page.locator("#registered")
    expect(registered_as.get_by_role("link", name="iris-classifier version 2")).to_be_visible()
    registered_as.get_by_role("link", name="The lineage as a graph").click()
    data = page.get_by_role("group", name="Lineage as a graph").get_by_role("link", name=re.compile("^Data"))
    data.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Made of iris.csv")
    expect(page.get_by_role("link", name=re.compile("^Version"))).to_have_count(2)


def test_narrow_screens_have_the_chain(registered: None, cast: dict[str, User | None], visit: Visitor) -> None:
    page = visit(cast["carol"])
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{MODEL}/2")
    expect(page.locator(".models-graph")).to_be_hidden()
    expect(page.locator(".models-lineage")).to_be_visible()
