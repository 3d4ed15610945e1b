"""Charts in a real browser: drawn, smoothed, zoomed in full resolution, kept as boards, and live."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import watched
from tests.browser.conftest import SHOWN_RUN, Visitor
from tests.factories.tracking import START, make_experiment, make_run
from tracking.models import Board, Experiment, Run
from tracking.rules import Point
from tracking.services.metrics import log_metrics

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHARTS = "/alice/stones/experiments/1/charts"


def picture_of(chart: Locator) -> str:
    """What the canvas of a chart shows now."""
    return str(chart.locator("canvas").first.evaluate("canvas => canvas.toDataURL()"))


def until(page: Page, script: str, arg: object = None) -> None:
    """Wait until a function of the page says yes; the content policy forbids Playwright's own way."""
    for _ in range(100):
        if page.evaluate(script, arg):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"not so after 25 s: {script}")


def panel(page: Page, name: str) -> Locator:
    """The panel with this name."""
    return page.locator(".board-panel").filter(has=page.get_by_title(name, exact=True))


def test_every_kind_of_panel_is_drawn_and_has_its_numbers(boarded: Any, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(CHARTS)
        panels = page.locator(".board-panel")
        expect(panels).to_have_count(7)
        for at in range(7):
            one = panels.nth(at)
            one.scroll_into_view_if_needed()
            expect(one.locator("canvas").first).to_be_visible()
            one.locator("summary", has_text="Numbers").click()
            expect(one.locator("tbody tr").first).to_be_visible()
            one.locator("summary", has_text="Numbers").click()
    assert troubles == []


def test_panels_out_of_sight_are_not_fetched(tracked: None, repo: Repository, bob: User, visit: Visitor) -> None:
    many = {f"m{number:02}": [1.0, 2.0] for number in range(30)}
    make_run(repo, Experiment.objects.get(number=1), "wide", metrics=many, start=START + 10**9)
    page = visit(bob)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/series?" in request.url else None)
    page.goto(CHARTS)
    expect(page.locator(".board-panel canvas").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert 0 < len(asked) < 20
    page.locator(".board-panel").last.scroll_into_view_if_needed()
    expect(page.locator(".board-panel").last.locator("canvas").first).to_be_visible()


def test_smoothing_scales_and_bands_change_the_picture(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(CHARTS)
    chart = panel(page, "train/loss").locator("hub-chart")
    expect(chart.locator("canvas").first).to_be_visible()
    seen = [picture_of(chart)]
    for act in (
        lambda: page.get_by_label("Smoothing").fill("0.9"),
        lambda: page.get_by_label("Kind of average").select_option("gauss"),
        lambda: page.get_by_label("Log scale").check(),
        lambda: page.get_by_label("Cut outliers").check(),
    ):
        act()
        page.wait_for_timeout(150)
        seen.append(picture_of(chart))
    assert len(set(seen)) >= 4
    page.get_by_label("Group by").fill("params.optimizer")
    page.get_by_role("button", name="Show").click()
    expect(panel(page, "train/loss").locator("hub-chart")).to_have_attribute("data-band", "minmax")


def test_a_drag_zooms_in_and_fetches_every_point(repo: Repository, bob: User, visit: Visitor, tmp_path: Path) -> None:
    experiment = make_experiment(repo)
    values = [float(number % 17) for number in range(3000)]
    make_run(repo, experiment, "long", metrics={"loss": values[:1000]})
    run = Run.objects.get(name="long")
    for start in (1000, 2000):
        points = [Point("loss", value, START, start + at) for at, value in enumerate(values[start : start + 1000])]
        log_metrics(repository=repo, run_id=run.uuid, points=points)
    page = visit(bob)
    page.goto(CHARTS)
    chart = page.locator("hub-chart").first
    expect(chart.locator("canvas").first).to_be_visible()
    assert chart.evaluate("chart => chart.data.series[0].thinned") is True
    box = chart.locator("canvas").first.bounding_box()
    assert box is not None
    with page.expect_request(lambda request: "from=" in request.url and "to=" in request.url):
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
        page.mouse.up()
    expect(chart.get_by_role("button", name="Whole range")).to_be_visible()
    until(page, "() => !document.querySelector('hub-chart').data.series[0].thinned")
    steps = chart.evaluate("chart => chart.data.series[0].points.map(([x]) => x)")
    assert steps == list(range(steps[0], steps[-1] + 1)) and 100 < len(steps) < 900
    chart.get_by_text("Numbers").click()
    with page.expect_download() as download:
        chart.get_by_role("button", name="CSV").click()
    file = tmp_path / "loss.csv"
    download.value.save_as(file)
    assert file.read_text().splitlines()[:2] == ["step,long", f"{steps[0]},{steps[0] % 17}"]
    with page.expect_download() as download:
        chart.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "loss.png"
    chart.get_by_role("button", name="Whole range").click()
    assert chart.evaluate("chart => chart.data.series[0].points[0][0]") == 0


def test_a_range_is_zoomed_without_a_pointer(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(CHARTS)
    chart = panel(page, "train/loss").locator("hub-chart")
    chart.get_by_text("Numbers").click()
    chart.get_by_label("From step").fill("5")
    chart.get_by_label("to step").fill("9")
    page.keyboard.press("Enter")
    expect(chart.get_by_role("button", name="Whole range")).to_be_visible()


def test_the_line_under_the_pointer_shows_in_all_charts_over_steps(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"/alice/stones/experiments/1/runs/{SHOWN_RUN}/metrics")
    charts = page.locator("hub-chart")
    for at in range(2):
        expect(charts.nth(at).locator("canvas").first).to_be_visible()
    charts.nth(0).locator("canvas").first.hover(position={"x": 200, "y": 60})
    expect(charts.nth(1).locator(".chart__cross")).to_be_visible()
    page.mouse.move(5, 5)
    expect(charts.nth(1).locator(".chart__cross")).to_be_hidden()


def test_a_board_is_made_by_hand_saved_and_there_for_others(
    tracked: None, bob: User, carol: User, visit: Visitor
) -> None:
    page = visit(bob)
    page.goto(CHARTS)
    page.get_by_role("link", name="Add a panel").click()
    page.get_by_role("link", name="Scatter").click()
    page.get_by_label("Metric").fill("train/loss")
    page.get_by_label("Over").fill("params.lr")
    page.get_by_role("button", name="Add panel").click()
    expect(page.get_by_text("Changes stand in the address")).to_be_visible()
    first = panel(page, "lr")
    first.get_by_label("Change lr").click()
    first.get_by_role("link", name="Remove").click()
    page.get_by_text("Save", exact=True).click()
    page.get_by_label("Name").fill("Mine and yours")
    page.get_by_role("button", name="Save as a new board").click()
    expect(page.get_by_text("Mine and yours is saved")).to_be_visible()
    assert [each.get("kind", "line") for each in Board.objects.get().panels] == ["line", "scatter"]
    other = visit(carol)
    other.goto(CHARTS)
    expect(panel(other, "train/loss by lr").locator("canvas").first).to_be_visible()
    expect(other.get_by_text("Save", exact=True)).to_have_count(0)


def test_a_panel_is_dragged_to_another_place(boarded: Any, bob: User, visit: Visitor) -> None:
    page = visit(bob, viewport={"width": 1280, "height": 1000})
    page.goto(CHARTS)
    panels = page.locator(".board-panel")
    for at in range(3):
        expect(panels.nth(at).locator("canvas").first).to_be_visible()
    panels.nth(0).locator("[data-handle]").drag_to(panels.nth(2))
    page.wait_for_url(re.compile(r"draft="))
    names = page.locator(".board-panel figcaption > .clip").all_inner_texts()
    assert names[:3] == ["Loss by optimizer", "train/loss by lr", "train/loss"]


def test_a_board_works_without_javascript(boarded: Any, bob: User, visit: Visitor) -> None:
    page = visit(bob, scripts=False)
    page.goto(CHARTS)
    expect(page.get_by_text("The chart is drawn by JavaScript").first).to_be_visible()
    page.get_by_label("Change train/loss", exact=True).first.click()
    page.get_by_role("link", name="Wider").first.click()
    expect(page.locator(".board-panel").first).to_have_class(re.compile("board-panel--2"))


def test_a_running_run_goes_on_and_a_new_one_appears(
    tracked: None, repo: Repository, bob: User, visit: Visitor
) -> None:
    run = Run.objects.get(name="run-4")
    page = visit(bob)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "train" in request.url else None)
    page.goto(CHARTS)
    chart = panel(page, "train/loss").locator("hub-chart")
    expect(chart.locator("canvas").first).to_be_visible()
    page.wait_for_timeout(4_000)  # The first look tells what there is.
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("train/loss", 0.0123, START, 30)])
    shown = "document.querySelector('hub-chart[data-key=\"train/loss\"]').data.series"
    until(page, f"id => {shown}.find((each) => each.id === id).points.at(-1)[1] === 0.0123", run.uuid)
    assert [url for url in asked if f"since={run.uuid}.29" in url]
    make_run(
        repo, run.experiment, "newcomer", metrics={"train/loss": [3.0, 2.0]}, start=START + 10**9, status="RUNNING"
    )
    until(page, f"() => {shown}.some(({{name}}) => name === 'newcomer')")
    expect(page.locator(".board-runs").get_by_text("newcomer")).to_be_visible()
