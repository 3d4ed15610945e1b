"""Reports in a real browser: written, previewed, committed, read with live curves and tables, and as they were."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import ARTIFACTS, watched
from tests.browser.conftest import Visitor
from tests.browser.reports_scene import fill_with_reports
from tests.factories.many_runs import make_many_runs
from tests.factories.tracking import START, make_experiment, make_run
from tracking.models import Run
from tracking.services.runs import update_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOME = "/alice/stones/reports"
TABLE = "```runs\nexperiment: resnet sweep\ncolumns: params.lr, metrics.train/loss\norder: start_time\n```\n"
CHART = "```chart\nexperiment: resnet sweep\nmetric: train/loss\n```\n"


def write(page: Page, text: str) -> None:
    """Replace what is in the editor."""
    page.get_by_label("Text", exact=True).fill(text)


def test_a_report_is_written_previewed_committed_and_read_as_it_was(
    tracked: None, history: object, bob: User, carol: User, visit: Visitor
) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(HOME)
        page.get_by_role("link", name="New report").first.click()
        page.get_by_label("Name", exact=True).fill("findings")
        write(page, f"# Small steps\n\nOne lesson.\n\n{CHART}")
        page.get_by_role("button", name="Preview").click()
        shown = page.locator("#report-preview")
        expect(shown.get_by_text("One lesson.")).to_be_visible()
        expect(shown.locator("hub-chart canvas")).to_be_visible()
        page.get_by_role("button", name="Commit new report").click()
        expect(page.get_by_role("heading", name="Small steps")).to_be_visible()
        expect(page.locator("hub-chart canvas")).to_be_visible()

        page.get_by_role("link", name="Edit").click()
        field = page.get_by_label("Text", exact=True)
        field.press("Control+End")
        page.get_by_text("Insert a block").click()
        page.get_by_role("button", name="Insert: table of runs").click()
        assert "```runs\nexperiment: resnet sweep\n" in field.input_value()
        field.press_sequentially("\nThe end.")
        page.get_by_label("Commit message").fill("Add the table")
        page.get_by_role("button", name="Commit changes").click()
        expect(page.get_by_text("The end.")).to_be_visible()
        expect(page.get_by_role("table").get_by_role("link", name="run-4")).to_be_visible()
        assert not troubles

    reader = visit(carol)
    reader.goto(f"{HOME}/findings")
    expect(reader.get_by_role("link", name="Edit")).to_have_count(0)
    reader.get_by_role("link", name="Versions").click()
    reader.get_by_role("link", name="Add report findings").click()
    expect(reader.get_by_text("as of commit")).to_be_visible()
    expect(reader.get_by_text("The end.")).to_have_count(0)
    reader.get_by_role("link", name="Go to the report on main").click()
    expect(reader.get_by_text("The end.")).to_be_visible()


def test_blocks_below_the_first_screen_are_fetched_when_they_are_near(
    tracked: None, history: object, alice: User, bob: User, visit: Visitor, repo: Repository
) -> None:
    far = "\n\n".join(["Words."] * 120)
    page = visit(bob)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "report-block?" in request.url else None)
    page.goto("/alice/stones/new-report")
    page.get_by_label("Name", exact=True).fill("long")
    write(page, f"# Long\n\n{TABLE}\n{TABLE}\n{far}\n\n{TABLE}")
    page.get_by_role("button", name="Commit new report").click()
    expect(page.get_by_role("link", name="run-3").first).to_be_visible()
    page.wait_for_timeout(700)
    assert asked == []
    page.locator("#block-3").scroll_into_view_if_needed()
    expect(page.locator("#block-3").get_by_role("link", name="run-3")).to_be_visible()
    assert len(asked) == 1


def test_a_block_follows_runs_that_go_on_and_then_rests(
    history: object, bob: User, visit: Visitor, repo: Repository
) -> None:
    experiment = make_experiment(repo, "resnet sweep")
    run = make_run(repo, experiment, "going", status="RUNNING", start=START)
    page = visit(bob)
    page.goto("/alice/stones/new-report")
    page.get_by_label("Name", exact=True).fill("live")
    write(page, f"# Live\n\n{TABLE}")
    page.get_by_role("button", name="Commit new report").click()
    block = page.locator("#block-1")
    expect(block.locator("report-live")).to_be_visible()
    update_run(repository=repo, run_id=run.uuid, status="FINISHED", end_time=START + 1)
    make_run(repo, experiment, "second", start=START + 1)
    page.wait_for_load_state()  # htmx listens from then on.
    block.dispatch_event("renew")
    expect(block.get_by_role("link", name="second")).to_be_visible()
    expect(block.locator("report-live")).to_have_count(0)
    assert Run.objects.count() == 2


def test_a_report_is_written_and_read_without_javascript(
    tracked: None, history: object, bob: User, visit: Visitor
) -> None:
    page = visit(bob, scripts=False)
    page.goto("/alice/stones/new-report")
    page.get_by_label("Name", exact=True).fill("plain")
    write(page, f"# Plain\n\n{TABLE}\n{TABLE}\n{TABLE}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("nothing was kept")).to_be_visible()
    expect(page.get_by_role("link", name="run-3").first).to_be_visible()
    page.go_back()
    page.get_by_label("Name", exact=True).fill("plain")
    write(page, f"# Plain\n\n{TABLE}\n{TABLE}\n{TABLE}")
    page.get_by_role("button", name="Commit new report").click()
    page.get_by_role("link", name="Show this block").click()
    expect(page.get_by_role("link", name="run-3")).to_be_visible()


def test_a_report_is_printed_whole(tracked: None, history: object, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.add_init_script("window.print = () => document.documentElement.toggleAttribute('data-printed', true)")
    page.goto("/alice/stones/new-report")
    page.get_by_label("Name", exact=True).fill("paper")
    far = "\n\n".join(["Words."] * 120)
    write(page, f"# Paper\n\n{TABLE}\n{TABLE}\n{far}\n\n{CHART}\n")
    page.get_by_role("button", name="Commit new report").click()
    page.get_by_role("button", name="Print or save as PDF").click()
    expect(page.locator("html[data-printed]")).to_be_attached()
    expect(page.locator(".report-block__wait")).to_have_count(0)
    expect(page.locator("#block-3 hub-chart canvas")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Paper")).to_be_visible()
    for hidden in (page.get_by_role("link", name="Versions"), page.locator(".tabs").first, page.locator(".bar")):
        expect(hidden).to_be_hidden()
    page.screenshot(path=ARTIFACTS / "report-print.png", full_page=True)


def test_a_report_over_100_000_runs(repo: Repository, alice: User, history: object, bob: User, visit: Visitor) -> None:
    make_many_runs(repo)
    text = (
        "# Large\n\n```runs\nexperiment: large\nfilter: metrics.loss < 0.4 and attributes.status = 'FINISHED'\n"
        "order: metrics.loss\ncolumns: metrics.loss, metrics.val/accuracy\nlimit: 10\n```\n\n"
        "```chart\nexperiment: large\norder: metrics.loss\nmetric: loss\n```\n\n"
        "```compare\nexperiment: large\norder: -metrics.loss\nlimit: 5\n```\n"
    )
    fill_with_reports(repo, alice, {"reports/large.md": text})
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{HOME}/large")
        expect(page.locator("#block-1 tbody tr")).to_have_count(10)
        losses = [float(each) for each in page.locator("#block-1 tbody tr td:nth-child(3)").all_text_contents()]
        assert losses == sorted(losses) and losses[-1] < 0.4
        page.locator("#block-3").scroll_into_view_if_needed()
        expect(page.locator("#block-3 thead th")).to_have_count(6)
        expect(page.locator("#block-3 tbody tr").first).to_be_visible()
        page.locator("#block-1").get_by_role("link", name="Open the table").click()
        expect(page.get_by_role("heading", name="large")).to_be_visible()
        assert not troubles
