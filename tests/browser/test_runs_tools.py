"""The tools of a runs table in a real browser: completing filters, saving views, tagging many runs, exporting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import watched
from tests.browser.conftest import Visitor
from tests.factories.tracking import make_experiment
from tracking.models import NamedView, Run, RunTag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = "/alice/stones/experiments/1"


def test_a_filter_is_completed_by_keyboard_and_sent(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(TABLE)
        filter_box = page.get_by_role("combobox", name="Filter")
        filter_box.press_sequentially("params.l")
        option = page.get_by_role("option", name="params.lr")
        expect(option).to_be_visible()
        expect(filter_box).to_have_attribute("aria-expanded", "true")
        filter_box.press("ArrowDown")
        expect(option).to_have_attribute("aria-selected", "true")
        filter_box.press("Enter")
        expect(filter_box).to_have_value("params.lr ")
        expect(page.get_by_role("option", name="~ matches the expression")).to_be_visible()
        filter_box.press_sequentially("= ")
        expect(page.get_by_role("option").first).to_contain_text("'")
        filter_box.press("Escape")
        expect(page.get_by_role("listbox")).to_be_hidden()
        filter_box.press_sequentially("'x' or run_n")
        expect(page.get_by_role("option", name="run_name")).to_be_visible()
        filter_box.press("Tab")
        expect(filter_box).to_have_value("params.lr = 'x' or run_name ")
        expect(filter_box).to_be_focused()
        filter_box.press_sequentially("= 'run-1'")
        filter_box.press("Escape")
        filter_box.press("Enter")
        expect(page.get_by_role("link", name="run-1", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="run-0", exact=True)).to_have_count(0)
        assert "run_name" in page.url
    assert troubles == []


def test_the_list_fits_a_phone(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(TABLE)
    page.get_by_role("combobox", name="Filter").press_sequentially("s")
    expect(page.get_by_role("listbox")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    edge = page.get_by_role("listbox").bounding_box()
    assert edge is not None and edge["x"] >= 0 and edge["x"] + edge["width"] <= 390


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_wrong_is_underlined_below_the_box(tracked: None, bob: User, visit: Visitor, scripts: bool) -> None:
    page = visit(bob, scripts=scripts)
    page.goto(f"{TABLE}?q=metrics.loss+%3C+and+x")
    expect(page.locator(".runs-filter__text mark")).to_have_text("and")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was searched")
    expect(page.locator("#runs-filter")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_view_is_saved_and_chosen(tracked: None, bob: User, visit: Visitor, scripts: bool) -> None:
    page = visit(bob, scripts=scripts)
    page.goto(f"{TABLE}?q=run_name+%3D+%27run-1%27")
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="Save this view").click()
    page.get_by_label("Name", exact=True).first.fill("only one")
    page.get_by_role("button", name="Save view").click()
    expect(page.locator("summary", has_text="only one")).to_be_visible()
    assert NamedView.objects.get().query == "q=run_name+%3D+%27run-1%27"
    page.goto(TABLE)
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="only one").click()
    expect(page.get_by_role("link", name="run-1", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="run-0", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_all_that_match_are_tagged_after_confirmation(tracked: None, bob: User, visit: Visitor, scripts: bool) -> None:
    page = visit(bob, scripts=scripts)
    page.goto(f"{TABLE}?q=run_name+LIKE+%27run-%25%27")
    page.get_by_label("All that match the filter").check()
    page.get_by_role("button", name="Tag", exact=True).click()
    count = Run.objects.filter(name__startswith="run-", experiment__number=1).count()
    expect(page.get_by_role("heading", name=f"Tag {count} runs")).to_be_visible()
    page.get_by_label("Key").fill("team")
    page.get_by_label("Value").fill("vision")
    page.get_by_role("button", name="Set the tag").click()
    expect(page.get_by_text(f"{count} runs have the tag team=vision.").first).to_be_visible()
    assert RunTag.objects.filter(key="team", value="vision").count() == count


def test_picked_runs_are_moved(tracked: None, repo: Repository, bob: User, visit: Visitor) -> None:
    make_experiment(repo, "elsewhere")
    page = visit(bob)
    page.goto(TABLE)
    page.get_by_label("Pick run-0", exact=True).check()
    page.locator(".runs-picked summary", has_text="More").click()
    page.get_by_role("button", name="Move to another experiment").click()
    expect(page.get_by_text("1 run nested in them")).to_be_visible()
    page.get_by_label("Into the experiment").select_option(label="elsewhere")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("2 runs are in elsewhere.").first).to_be_visible()
    assert Run.objects.get(name="run-0").experiment.name == "elsewhere"


def test_the_table_is_exported(tracked: None, bob: User, visit: Visitor, tmp_path: Path) -> None:
    page = visit(bob)
    page.goto(f"{TABLE}?q=run_name+%3D+%27run-1%27")
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="JSON", exact=True).click()
    waiting.value.save_as(tmp_path / "runs.json")
    assert [row["run_name"] for row in json.loads((tmp_path / "runs.json").read_text())] == ["run-1"]


def test_a_group_opens_to_its_runs(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{TABLE}?group=status")
    groups = page.get_by_role("region", name="Groups of runs")
    expect(groups).to_be_visible()
    groups.get_by_role("link", name="RUNNING").click()
    expect(page.get_by_role("link", name="run-4", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="run-0", exact=True)).to_have_count(0)
