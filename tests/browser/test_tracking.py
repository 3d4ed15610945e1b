"""Runs in a real browser: picking and comparing, what renews itself, and the same without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import check_page, watched
from tests.browser.conftest import SHOWN_RUN, Visitor
from tests.factories.tracking import START, make_artifact, make_experiment, make_run
from tracking.models import Run
from tracking.rules import Point
from tracking.services.metrics import log_metrics
from tracking.services.runs import update_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = "/alice/stones/experiments/1"


def pick(page: Page, *names: str) -> None:
    """Tick the boxes of these runs."""
    for name in names:
        page.get_by_label(f"Pick {name}", exact=True).check()


def test_picked_runs_are_counted_and_compared(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    compare = page.get_by_role("button", name="Compare")
    expect(compare).to_be_disabled()
    pick(page, "run-0", "run-1")
    expect(page.locator(".runs-picked__count")).to_have_text("2 picked")
    compare.click()
    expect(page.get_by_role("heading", name="2 runs compared")).to_be_visible()


def test_the_comparison_passes_every_check(tracked: None, bob: User, visit: Visitor) -> None:
    runs = "&".join(f"run={uuid}" for uuid in Run.objects.order_by("pk").values_list("uuid", flat=True)[:4])
    check_page(visit(bob), f"{TABLE}/compare?{runs}", picture="compare")


def test_a_tick_with_shift_reaches_to_the_one_before(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(TABLE)
    pick(page, "run-4")
    page.get_by_label("Pick run-2", exact=True).click(modifiers=["Shift"])
    expect(page.locator(".runs-picked__count")).to_have_text("3 picked")
    page.get_by_label("Pick all runs of this page").check()
    expect(page.locator(".runs-picked__count")).to_have_text("5 picked")


def test_runs_are_deleted_and_compared_without_javascript(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob, scripts=False)
    page.goto(TABLE)
    pick(page, "run-0", "run-1")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="2 runs compared")).to_be_visible()
    page.goto(TABLE)
    pick(page, "run-3")
    page.locator(".runs-picked summary", has_text="More").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Move to the trash").click()
    expect(page.get_by_role("heading", name="resnet sweep")).to_be_visible()
    expect(page.get_by_role("link", name="run-3", exact=True)).to_have_count(0)


def test_the_table_renews_itself_and_keeps_what_is_picked(
    tracked: None, repo: Repository, bob: User, visit: Visitor
) -> None:
    page = visit(bob)
    page.goto(TABLE)
    pick(page, "run-0")
    running = page.locator("tr", has_text="run-4")
    expect(running.get_by_label("Running")).to_be_visible()
    update_run(repository=repo, run_id=Run.objects.get(name="run-4").uuid, status="FINISHED", end_time=START)
    expect(running.get_by_label("Finished")).to_be_visible()
    expect(page.get_by_label("Pick run-0", exact=True)).to_be_checked()
    expect(page.locator(".runs-picked__count")).to_have_text("1 picked")


def test_a_live_chart_takes_in_new_points_without_fetching_the_old(
    tracked: None, repo: Repository, bob: User, visit: Visitor
) -> None:
    run = Run.objects.get(name="run-4")
    page = visit(bob)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/series" in request.url else None)
    with watched(page) as troubles:
        page.goto(f"{TABLE}/runs/{run.uuid}/metrics")
        card = page.locator("figure", has_text="train/loss")
        expect(card.locator("canvas").first).to_be_visible()
        log_metrics(repository=repo, run_id=run.uuid, points=[Point("train/loss", 0.0123, START, 30)])
        expect(card.locator("[data-value]")).to_have_text("0.0123")
        card.get_by_text("Numbers").click()
        expect(card.get_by_role("row", name="30 0.0123")).to_be_visible()
    assert [url for url in asked if "train" in url][1:] == [url for url in asked if "after=29" in url]
    assert troubles == []


def test_smoothing_and_scale_are_shared_by_all_charts(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{TABLE}/runs/{SHOWN_RUN}/metrics")
    page.get_by_label("Smoothing").fill("0.6")
    page.get_by_label("Log scale").check()
    charts = page.locator("hub-chart")
    assert (
        charts.evaluate_all("all => all.map(each => [each.dataset.smooth, each.dataset.scale])") == [["0.6", "log"]] * 2
    )
    page.reload()
    expect(page.get_by_label("Smoothing")).to_have_value("0.6")


def test_the_overview_of_a_running_run_follows_it_to_its_end(
    tracked: None, repo: Repository, bob: User, visit: Visitor
) -> None:
    run = Run.objects.get(name="run-4")
    page = visit(bob)
    page.goto(f"{TABLE}/runs/{run.uuid}")
    expect(page.locator("#run-badge")).to_have_text("Running")
    update_run(repository=repo, run_id=run.uuid, status="FAILED", end_time=run.start_time + 5000)
    expect(page.locator("#run-badge")).to_have_text("Failed")
    expect(page.locator("#run-facts")).to_contain_text("Duration")
    expect(page.locator("#run-list-metric[data-src]")).to_have_count(0)


def test_the_empty_page_turns_over_when_the_first_run_arrives(repo: Repository, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto("/alice/stones/experiments")
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    make_run(repo, make_experiment(repo, "first-steps"), status="RUNNING")
    expect(page.get_by_role("link", name="first-steps")).to_be_visible()
    expect(page.get_by_role("heading", name="No runs yet")).to_have_count(0)


def test_an_html_artifact_cannot_run_its_script(tracked: None, repo: Repository, bob: User, visit: Visitor) -> None:
    # The attack: an artifact whose script reads the reader's session and acts in their name.
    make_artifact(
        repo, Run.objects.get(uuid=SHOWN_RUN), "evil.html", b"<h1>hi</h1><script>top.document.title='owned'</script>"
    )
    page = visit(bob)
    page.goto(f"{TABLE}/runs/{SHOWN_RUN}/artifacts/evil.html")
    expect(page.frame_locator("iframe").get_by_role("heading", name="hi")).to_be_visible()
    assert "owned" not in page.title()
    page.goto(f"{TABLE}/runs/{SHOWN_RUN}/frame/evil.html")
    assert "owned" not in page.title()


def test_links_that_mlflow_prints_lead_to_the_run(tracked: None, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"/alice/stones.mlflow/#/experiments/1/runs/{SHOWN_RUN}")
    page.wait_for_url(f"**{TABLE}/runs/{SHOWN_RUN}")
    expect(page.get_by_role("heading", name="run-0")).to_be_visible()
    page.goto("/alice/stones.mlflow/#/experiments/1")
    page.wait_for_url(f"**{TABLE}")
