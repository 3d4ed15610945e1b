"""Traces and evaluations in a browser: found, followed span by span, judged, collected, compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.authn import token_text
from accounts.models import User
from accounts.services import create_token
from repos.models import Repository
from tests.browser.conftest import Visitor
from tests.factories.tracing import make_trace, trace_id
from tests.factories.tracking import make_experiment
from tests.support.mlflow_client import SETTINGS
from tracing.models import Assessment, DatasetRecord, EvaluationDataset, Trace, TraceTag
from tracking.models import Experiment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Cast = dict[str, User | None]
HERE = "/alice/stones/experiments/1"
LOG = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("from the client")
@mlflow.trace(span_type="TOOL")
def look(order):
    raise TimeoutError("no answer within 2 s")
@mlflow.trace(span_type="AGENT")
def assistant(question):
    with mlflow.start_span("chat", span_type="CHAT_MODEL") as span:
        span.set_inputs({"messages": [{"role": "user", "content": question}]})
        span.set_outputs({"choices": [{"message": {"role": "assistant", "content": "One moment."}}]})
    try:
        look("A-17")
    except TimeoutError:
        return "Ask again later."
assistant("Where is my order?")
mlflow.flush_trace_async_logging()
"""


def log_by_client(live_server: Any, alice: User) -> None:
    """A trace of three spans, logged by the stock client."""
    login = {
        "MLFLOW_TRACKING_USERNAME": "alice",
        "MLFLOW_TRACKING_PASSWORD": token_text(create_token(user=alice, name="t")),
    }
    uri = f"{live_server.url}/alice/stones.mlflow"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOG, uri], env={**os.environ, **SETTINGS, **login}, capture_output=True,
        timeout=120, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_trace_of_the_stock_client_is_found_and_followed(
    repo: Repository, alice: User, cast: Cast, visit: Visitor, live_server: Any
) -> None:
    log_by_client(live_server, alice)
    page = visit(cast["alice"])
    page.goto("/alice/stones/experiments")
    page.get_by_role("link", name="1 trace").click()
    page.get_by_role("link", name="Where is my order?").click()
    lines = page.locator(".waterfall__line")
    expect(lines).to_have_count(3)
    expect(page.locator("#span h2")).to_have_text("assistant")
    lines.nth(0).get_by_role("link").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#span .chat__message--assistant")).to_contain_text("One moment.")
    expect(page).to_have_url(re.compile(r"\?span=[0-9a-f]{16}$"))
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator("#span")).to_contain_text("TimeoutError")
    expect(page.locator("#span")).to_contain_text("Traceback")
    page.reload()
    expect(page.locator("#span h2")).to_have_text("look")


def test_branches_fold_by_mouse_and_keyboard(traced: dict[str, str], cast: Cast, visit: Visitor) -> None:
    page = visit(cast["carol"])
    page.goto(f"{HERE}/traces/{traced['trace']}")
    lines = page.locator(".waterfall__line:visible")
    expect(lines).to_have_count(5)
    fold = page.get_by_role("button", name="Spans of assistant")
    fold.click()
    expect(lines).to_have_count(1)
    expect(fold).to_have_attribute("aria-expanded", "false")
    lines.first.get_by_role("link").focus()
    page.keyboard.press("ArrowRight")
    expect(lines).to_have_count(5)
    page.keyboard.press("ArrowLeft")
    expect(lines).to_have_count(1)


def test_the_list_is_filtered_sorted_and_told_what_is_wrong(traced: dict[str, str], cast: Cast, visit: Visitor) -> None:
    page = visit(cast["carol"])
    page.goto(f"{HERE}/traces")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(12)
    page.get_by_text("Quick filters").click()
    page.get_by_label("State", exact=True).select_option("ERROR")
    page.get_by_role("button", name="Apply").click()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("link", name="Latency").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Latency")
    page.get_by_label("Filter", exact=True).fill("feedback.polite = ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("at character")
    page.get_by_label("Filter", exact=True).fill("feedback.polite = 'true'")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page.locator("hub-chart .chart__plot").first).to_be_visible()


def test_picked_traces_are_tagged_collected_and_deleted(traced: dict[str, str], cast: Cast, visit: Visitor) -> None:
    page = visit(cast["bob"])
    page.goto(f"{HERE}/traces?name=assistant&sort=-time")
    boxes = page.locator("input[name=trace]")
    expect(page.get_by_role("button", name="Tag")).to_be_disabled()
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 picked")).to_be_visible()
    page.get_by_role("button", name="Tag").click()
    page.get_by_label("Key").fill("reviewed")
    page.get_by_role("button", name="Set tag").click()
    expect(page.get_by_text("3 traces tagged reviewed.")).to_be_visible()
    assert TraceTag.objects.filter(key="reviewed").count() == 3
    boxes.nth(0).check()
    page.get_by_role("button", name="Add to dataset").click()
    page.get_by_role("button", name="hard questions").click()
    expect(page.get_by_text(re.compile(r"1 record is new|1 joined"))).to_be_visible()
    page.goto(f"{HERE}/traces?state=ERROR")
    boxes.nth(0).check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There is no trash for traces")).to_be_visible()
    page.get_by_role("button", name="Delete 1 trace").click()
    expect(page.get_by_text("1 trace is deleted.")).to_be_visible()
    assert not Trace.objects.filter(trace_id=traced["failed"]).exists()


def test_feedback_is_given_overridden_and_taken_back(traced: dict[str, str], cast: Cast, visit: Visitor) -> None:
    page = visit(cast["bob"], scripts=False)
    page.goto(f"{HERE}/traces/{traced['trace']}")
    page.locator(".trace-form > summary").click()
    page.get_by_label("Name").fill("helpful")
    page.get_by_label("Why").fill("It answers.")
    page.get_by_role("button", name="Good").click()
    expect(page.get_by_text("helpful is saved.")).to_be_visible()
    mine = page.locator(".judgement").filter(has_text="helpful")
    expect(mine).to_contain_text("It answers.")
    page.locator(".judgement").filter(has_text="polite").get_by_role("link", name="Override").click()
    page.get_by_label("Value", exact=False).last.fill("no")
    page.get_by_role("button", name="Override").click()
    expect(page.locator(".judgement--old")).to_contain_text("It greets and thanks.")
    mine.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("helpful is deleted.")).to_be_visible()
    assert not Assessment.objects.filter(name="helpful").exists()


def test_evaluations_are_compared_row_by_row_down_to_the_trace(
    traced: dict[str, str], cast: Cast, visit: Visitor
) -> None:
    page = visit(cast["carol"])
    page.goto(f"{HERE}/evaluations")
    for name in ("first prompt", "second prompt"):
        page.get_by_label(f"Pick {name}").check()
    page.get_by_role("button", name="Compare rows").click()
    expect(page.get_by_role("heading", name="2 evaluations, row by row")).to_be_visible()
    page.get_by_role("link", name="Worse").click()
    expect(page.locator(".evaluated__down").first).to_be_visible()
    page.get_by_role("link", name="Trace", exact=True).first.click()
    expect(page.locator(".waterfall__line")).to_have_count(1)
    expect(page.locator("#assessments")).to_contain_text("correct")


def test_expectations_of_a_dataset_are_changed(traced: dict[str, str], cast: Cast, visit: Visitor) -> None:
    page = visit(cast["bob"])
    page.goto(f"/alice/stones/experiments/datasets/{traced['dataset']}")
    page.get_by_role("link", name="Expectations").first.click()
    page.get_by_label("Expectations").fill("{")
    page.get_by_role("button", name="Save expectations").click()
    expect(page.get_by_text("This is no JSON")).to_be_visible()
    page.get_by_label("Expectations").fill('{"answer": "by friday"}')
    page.get_by_role("button", name="Save expectations").click()
    expect(page.get_by_text("by friday")).to_be_visible()
    assert DatasetRecord.objects.filter(expectations__contains="by friday").count() == 1
    page.get_by_role("link", name="Delete").click()
    page.get_by_label(re.compile("Type")).fill("hard questions")
    page.get_by_role("button", name="Delete dataset").click()
    expect(page.get_by_text("hard questions is deleted.")).to_be_visible()
    assert not EvaluationDataset.objects.exists()


def test_the_list_renews_itself_without_hammering(repo: Repository, cast: Cast, visit: Visitor) -> None:
    make_trace(repo, make_experiment(repo), 1, state="IN_PROGRESS", spans=(), request='{"q": "first"}')
    page = visit(cast["carol"])
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{HERE}/traces")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.wait_for_function("Boolean(customElements.get('trace-list'))")
    asked.clear()
    page.clock.run_for(5_100)
    page.wait_for_timeout(500)
    assert [url for url in asked if "/traces" in url] == [] and sum("pulse" in url for url in asked) == 1
    make_trace(repo, Experiment.objects.get(number=1), 2, request='{"q": "second"}')
    for _ in range(4):
        page.clock.run_for(9_000)
        page.wait_for_timeout(300)
    expect(page.locator("tbody tr")).to_have_count(2)
    assert sum("pulse" in url for url in asked) <= 6 and trace_id(2) in page.content()
