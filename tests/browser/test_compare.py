"""Comparing runs in a real browser: each part with seeded data, with a mouse, by keyboard, and without JavaScript."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import watched
from tests.browser.compare_scene import RUNS
from tests.browser.conftest import Visitor
from tests.browser.scenes import Words

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COMPARE = "/alice/stones/experiments/1/compare"


def runs_in(page: Page) -> list[str]:
    """The digits of the runs in the address, in order."""
    return [run[0] for run in parse_qs(urlsplit(page.url).query)["run"]]


def row(page: Page, name: str) -> Locator:
    """The row of a table with this name."""
    return page.locator("tr").filter(has=page.locator("th").get_by_text(name, exact=True))


def test_values_are_found_turned_and_rearranged(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{COMPARE}?{compared['runs']}")
        expect(page.get_by_role("heading", name="4 runs compared")).to_be_visible()
        expect(row(page, "team")).to_be_visible()
        page.get_by_label("Only what differs").check()
        expect(row(page, "team")).to_have_count(0)
        expect(row(page, "optimizer")).to_have_count(0)
        page.get_by_label("Find a row").fill("loss")
        expect(row(page, "lr")).to_have_count(0)
        expect(row(page, "val/loss")).to_be_visible()
        page.get_by_role("button", name="val/loss: say which way is better").click()
        expect(page.get_by_role("button", name="val/loss: higher is better")).to_be_visible()
        page.get_by_role("button", name="val/loss: higher is better").click()
        expect(row(page, "val/loss").get_by_label("Best")).to_have_count(1)
        expect(row(page, "val/loss").locator(".compared-delta--worse")).to_have_count(3)
        page.locator("select[name=baseline]").select_option(label="deeper")
        expect(row(page, "val/loss").locator(".compared-delta--better")).to_have_count(2)
        page.get_by_label("Runs as").select_option("rows")
        expect(page.locator(".compared-table--turned tbody tr")).to_have_count(4)
        page.get_by_role("button", name="Leave out lower-lr").click()
        expect(page.get_by_role("heading", name="3 runs compared")).to_be_visible()
        assert runs_in(page) == ["1", "3", "4"]
        page.go_back()
        expect(page.locator(".compared-table--turned tbody tr")).to_have_count(4)
    assert troubles == []


def test_runs_are_dragged_to_another_place(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{COMPARE}?{compared['runs']}")
    heads = page.locator("thead th[data-run]")
    heads.nth(0).locator(".compared-run .swatch").drag_to(heads.nth(2))
    expect(heads.nth(2)).to_contain_text("first-try")
    assert runs_in(page) == ["2", "3", "1", "4"]


def test_runs_are_arranged_by_keyboard(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{COMPARE}?{compared['runs']}")
    page.locator(".compared-bar summary", has_text="Runs").press("Enter")
    page.locator(".compared-runs__item", has_text="deeper").get_by_role("checkbox").press("Space")
    page.get_by_role("button", name="First", exact=True).press("Enter")
    expect(page.locator("thead th[data-run]").first).to_contain_text("deeper")
    assert runs_in(page) == ["3", "1", "2", "4"]


def test_charts_are_drawn_of_all_runs(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{COMPARE}/charts?{compared['runs']}")
        card = page.locator("figure", has_text="val/loss")
        expect(card.locator("canvas").first).to_be_visible()
        page.get_by_label("Find a metric").fill("accuracy")
        expect(page.locator("figure")).to_have_count(1)
        expect(page.locator("figure canvas").first).to_be_visible()
    assert troubles == []


def test_images_move_with_the_slider_and_with_buttons(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{COMPARE}/images?{compared['runs']}")
        heads = page.locator(".compared-images thead th")
        assert heads.all_inner_texts() == ["Run", "step 0", "step 10", "step 20", "step 30", "step 40"]
        expect(page.locator(".compared-images img").first).to_have_js_property("complete", True)
        assert page.locator(".compared-images img").first.evaluate("each => each.naturalWidth") > 0
        expect(page.locator(".compared-images tbody tr").nth(1).locator("img")).to_have_count(4)
        page.get_by_role("slider", name="Step").fill("7")
        expect(heads.last).to_have_text("step 70")
        page.get_by_role("button", name="Before").click()
        expect(page.locator(".is-shown")).to_have_text("step 60")
        page.locator("select[name=key]").select_option("pictures without steps")
        expect(heads.nth(1)).to_have_text("plots/confusion.png")
    assert troubles == []


def test_tables_are_joined_row_by_row(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{COMPARE}/files?{compared['runs']}")
        page.get_by_role("button", name="predictions.json").click()
        expect(page.get_by_text("Rows by question")).to_be_visible()
        expect(page.locator(".compared-joined tbody tr").first).to_contain_text("Which stone is heavier, number 0?")
        assert page.locator(".compared-joined td.is-apart").count() > 10
        expect(page.get_by_text("Page 1 of 2")).to_be_visible()
        page.get_by_role("navigation", name="Rows").get_by_role("button", name="Next").click()
        expect(page.locator(".compared-joined tbody tr").first).to_contain_text("number 25?")
        page.locator("summary", has_text="Columns").click()
        page.locator(".compared-runs__item", has_text="answer").get_by_role("checkbox").check()
        page.get_by_role("button", name="Show these").click()
        expect(page.locator(".compared-joined thead tr").first.locator("th")).to_have_text(["question", "answer"])
        page.get_by_role("link", name="All files").click()
        page.get_by_role("button", name="config.yaml").click()
        expect(page.locator(".diff-table .diff-del")).to_contain_text("lr: 0.1")
        page.get_by_label("Compared with").select_option(label="deeper")
        expect(page.locator(".diff-table .diff-add")).to_contain_text("0.001")
    assert troubles == []


def test_code_is_compared_by_commit_and_by_logged_sources(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{COMPARE}/code?{compared['runs']}")
        changes = page.locator(".compared-change")
        expect(changes).to_have_count(2)
        expect(changes.nth(0).locator("li").first).to_be_visible()
        expect(changes.nth(1)).to_contain_text("This commit is not in the repository")
        source = page.locator(".diff-file", has_text="train.py")
        expect(source.locator(".diff-add")).to_contain_text("LR = 0.01")
        changes.nth(0).get_by_role("link", name="Compare").click()
        expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    assert troubles == []


def test_environments_are_compared_package_by_package(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{COMPARE}/environment?{compared['runs']}")
    packages = page.get_by_role("region", name="Lines of model", exact=True)
    numpy = packages.locator("tr").filter(has=page.locator("th", has_text=re.compile("^numpy$")))
    expect(numpy.locator("td")).to_have_text(["1.26.4", "2.1.0", "1.26.4", "2.1.0"])
    expect(numpy.locator("td.is-apart")).to_have_count(2)
    expect(packages.get_by_text("removed").first).to_be_visible()
    page.get_by_label("Only what differs").check()
    expect(packages.locator("tr").filter(has=page.locator("th", has_text="mlflow client"))).to_have_count(0)


def test_it_all_works_without_javascript(compared: Words, bob: User, visit: Visitor) -> None:
    page = visit(bob, scripts=False)
    page.goto(f"{COMPARE}?{compared['runs']}")
    page.get_by_label("Find a row").fill("lr")
    page.locator("select[name=baseline]").select_option(label="lower-lr")
    page.locator(".compared-bar__apply").click()
    expect(row(page, "lr")).to_be_visible()
    expect(row(page, "val/loss")).to_have_count(0)
    assert parse_qs(urlsplit(page.url).query)["baseline"] == [RUNS[1]]
    page.get_by_role("button", name="Leave out first-try").click()
    expect(page.get_by_role("heading", name="3 runs compared")).to_be_visible()
    page.get_by_role("link", name="Images").click()
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".is-shown")).to_have_text("step 10")


def test_two_hundred_runs_stay_in_their_box(compared: Words, repo: Repository, bob: User, visit: Visitor) -> None:
    from tracking.models import Experiment, Param, Run

    experiment = Experiment.objects.get(repository=repo, number=1)
    many = Run.objects.bulk_create(
        Run(repository=repo, experiment=experiment, uuid=f"{number:032x}", name=f"run-{number}")
        for number in range(1, 201)
    )
    Param.objects.bulk_create(Param(run=run, key=f"p{key}", value=str(key)) for run in many for key in range(40))
    page = visit(bob)
    page.goto(f"{COMPARE}?{'&'.join(f'run={run.uuid}' for run in many)}")
    expect(page.locator(".compared-table--turned tbody tr")).to_have_count(200)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("navigation", name="Pages").get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 2 of")).to_be_visible()
