"""The page of a trace: the waterfall, spans in full, links, tags, the document, deletion."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from hub.lib.wording import THIN
from repos.models import Repository
from tests.factories.tracing import NS, START, judge, make_span, make_trace, trace_id
from tests.factories.tracking import make_experiment, make_run
from tests.tracing.conftest import Asked
from tests.tracing.test_views_traces import XSS
from tests.tracking.test_views_experiments import text_of
from tracing.models import Span, Trace, TraceTag
from tracing.services.links import link_prompts_to_trace
from tracing.views.spans import LINES
from tracking.models import Experiment

HERE = f"/alice/stones/experiments/1/traces/{trace_id(1)}"
BrowserOf = Callable[[User | None], Client]
SPANS = (
    make_span(1, 1, name="agent", type="AGENT", inputs={"question": "why"}, outputs="because", took=2000),
    make_span(
        1, 2, 1, name="chat", type="CHAT_MODEL", start=100, took=1500,
        inputs={"messages": [{"role": "user", "content": "why?"}], "temperature": 0.5},
        outputs={"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{\"q\": \"why\"}"}}]}}]},
        attributes={"mlflow.chat.tokenUsage": {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12},
                    "mlflow.llm.cost": {"input_cost": 0.001, "output_cost": 0.002, "total_cost": 0.003},
                    "mlflow.llm.model": "big-model", "temperature": 0.5},
    ),
    make_span(
        1, 3, 2, name="search", type="TOOL", start=200, took=300, status="ERROR", message="no network",
        events=[{"name": "exception", "time": (START + 60_300) * NS, "attributes": {
                    "exception.type": "TimeoutError", "exception.message": "too slow",
                    "exception.stacktrace": "Traceback (most recent call last):\n  line 7"}},
                {"name": "retry", "time": (START + 60_400) * NS, "attributes": {"attempt": 2}}],
        links=[{"trace": f"{1:032x}", "span": f"{1:016x}", "attributes": {}}],
    ),
)  # fmt: skip


@pytest.fixture
def chat(repo: Repository) -> Experiment:
    """An experiment with one trace of three spans."""
    experiment = make_experiment(repo, "chat")
    make_trace(repo, experiment, 1, spans=SPANS, tags={"env": "prod"})
    return experiment


@pytest.fixture
def bobs(browser_of: BrowserOf, chat: Experiment, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def lines(page: str) -> list[str]:
    """The names of the spans in the waterfall, from top to bottom."""
    found = re.findall(r'<li class="waterfall__line".*?</li>', page, re.DOTALL)
    return [re.search(r'<span class="clip">([^<]*)', each)[1] for each in found]  # type: ignore[index]


def span_part(client: Client, place: int) -> str:
    """What stands about a span."""
    return client.get(f"{HERE}/spans/{place:016x}", headers={"HX-Request": "true"}).content.decode()


def test_the_spans_stand_over_time_with_the_root_in_full(bobs: Client) -> None:
    page = text_of(bobs, HERE)
    assert lines(page) == ["agent", "chat", "search"]
    assert re.findall(r'x="([0-9.]+)%" y="3" width="([0-9.]+)%"', page) == [
        ("0.000", "100.000"), ("5.000", "75.000"), ("10.000", "15.000"),
    ]  # fmt: skip
    assert re.findall(r'data-level="(\d)"', page) == ["1", "2", "3"]
    for word in ("1 failed", "why", "because", "$0.003", "12", "env"):
        assert word in page, word


def test_a_chat_is_drawn_as_one_with_calls_of_tools(bobs: Client) -> None:
    part = span_part(bobs, 2)
    for word in ("chat__message--user", "why?", "chat__message--assistant", "Calls <code>search</code>", "big-model",
                 "&quot;q&quot;: &quot;why&quot;", "temperature", "$0.003", "7 in, 5 out"):  # fmt: skip
        assert word in part, word


def test_an_exception_is_shown_with_its_stack_and_events_with_their_time(bobs: Client) -> None:
    part = span_part(bobs, 3)
    for word in ("no network", "TimeoutError", "too slow", "Traceback (most recent call last)", "retry", "attempt",
                 f"{HERE}?span={1:016x}"):  # fmt: skip
        assert word in part, word


def test_a_span_has_an_address_of_its_own(bobs: Client) -> None:
    page = text_of(bobs, f"{HERE}?span={3:016x}")
    assert "TimeoutError" in page and page.count('aria-current="true"') == 1
    answer = bobs.get(f"{HERE}/spans/{3:016x}")
    assert (answer.status_code, answer["Location"]) == (302, f"{HERE}?span={3:016x}")
    assert bobs.get(f"{HERE}/spans/{9:016x}", headers={"HX-Request": "true"}).status_code == 404
    assert lines(text_of(bobs, f"{HERE}?span=rubbish&from=rubbish")) == ["agent", "chat", "search"]


def test_it_links_to_what_it_belongs_to(repo: Repository, chat: Experiment, bobs: Client) -> None:
    run = make_run(repo, chat, "tuning")
    make_trace(repo, chat, 1, metadata={
        "mlflow.sourceRun": run.uuid, "mlflow.source.git.commit": "f" * 40, "mlflow.trace.session": "a/b c",
        "mlflow.modelId": "m-1"}, spans=SPANS)  # fmt: skip
    link_prompts_to_trace(repository=repo, trace_id=trace_id(1), prompts=[("summary", "2")])
    page = text_of(bobs, HERE)
    for word in (f"/experiments/1/runs/{run.uuid}", "/alice/stones/prompts/summary/2", "ffffffffff",
                 "?session=a%2Fb%20c", "m-1"):  # fmt: skip
        assert word in page, word


def test_the_page_asks_as_little_for_three_spans_as_for_one(
    repo: Repository, browser_of: BrowserOf, bob: User, asked: Asked
) -> None:
    experiment, client = make_experiment(repo), browser_of(bob)
    make_trace(repo, experiment, 1, spans=SPANS[:1])
    judge(repo, 1, "correct", True)
    counts = [asked(lambda: text_of(client, HERE))]
    make_trace(repo, experiment, 1, spans=SPANS)
    judge(repo, 1, "polite", 0.5)
    counts.append(asked(lambda: text_of(client, HERE)))
    assert counts == [17, 17]


def test_lost_parents_circles_and_times_that_run_backwards_are_drawn(
    repo: Repository, browser_of: BrowserOf, bob: User
) -> None:
    make_trace(repo, make_experiment(repo), 1, spans=(
        make_span(1, 1, name="root", took=1000), make_span(1, 2, 99, name="lost", start=10),
        make_span(1, 3, 4, name="one", start=20), make_span(1, 4, 3, name="other", start=30),
        make_span(1, 5, 5, name="own parent", start=40), make_span(1, 6, 1, name="backwards", start=500, took=-400),
        make_span(1, 7, 1, name="open", start=600, took=None),
    ))  # fmt: skip
    page = text_of(browser_of(bob), HERE)
    assert sorted(lines(page)) == sorted(["root", "backwards", "open", "lost", "one", "other", "own parent"])
    assert lines(page)[:3] == ["root", "backwards", "open"] and "Without its parent" in page and "goes on" in page
    for left, width in re.findall(r'x="([0-9.-]+)%" y="3" width="([0-9.-]+)%"', page):
        assert float(left) >= 0 and float(width) > 0 and float(left) + float(width) <= 100.001


def test_ten_thousand_spans_are_one_bounded_page(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    deep = [make_span(1, place, place - 1, name=f"n{place}", start=place, took=10) for place in range(1, 10_001)]
    make_trace(repo, make_experiment(repo), 1, spans=tuple(deep))
    client = browser_of(bob)
    page = text_of(client, HERE)
    assert len(lines(page)) == LINES and len(page) < 600_000
    assert f"10{THIN}000" in page
    last = text_of(client, f"{HERE}?span={10_000:016x}")
    assert lines(last)[-1] == "n10000" and "n1<" not in last


def test_values_of_any_size_are_bounded(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    nested: object = "deep"
    for _ in range(60):
        nested = {"more": nested}
    many = {f"key {n}": ["x" * 50] * 50 for n in range(2000)}
    make_trace(repo, make_experiment(repo), 1, spans=(make_span(1, 1, inputs=many, outputs="y" * 3_000_000),
                                                      make_span(1, 2, 1, inputs=nested, outputs=[many] * 2)))  # fmt: skip
    client = browser_of(bob)
    page = text_of(client, HERE)
    assert len(page) < 900_000 and "more characters are in the JSON" in page
    assert len(span_part(client, 2)) < 900_000


def test_the_document_is_whole_and_cannot_run(bobs: Client) -> None:
    answer = bobs.get(f"{HERE}/json")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    found = json.loads(content)
    assert answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert found["info"]["trace_id"] == trace_id(1) and [span["name"] for span in found["data"]["spans"]] == [
        "agent", "chat", "search",
    ]  # fmt: skip
    one = json.loads(b"".join(bobs.get(f"{HERE}/json?span={2:016x}").streaming_content))  # type: ignore[attr-defined]
    assert [span["name"] for span in one["data"]["spans"]] == ["chat"]


def test_tags_are_set_and_removed(bobs: Client) -> None:
    bobs.post(f"{HERE}/tags", {"key": "reviewed", "value": "yes"})
    bobs.post(f"{HERE}/tags", {"remove": "env"})
    assert dict(TraceTag.objects.exclude(key__startswith="mlflow.").values_list("key", "value")) == {"reviewed": "yes"}
    for wrong in ({"key": ""}, {"key": "mlflow.trace.spansLocation", "value": "x"}, {"key": "a<b", "value": ""}):
        page = bobs.post(f"{HERE}/tags", wrong, follow=True).content.decode()
        assert "Nothing was changed." in page


def test_a_trace_is_deleted_after_a_look(bobs: Client) -> None:
    assert "There is no trash for traces" in text_of(bobs, f"{HERE}/deletion") and Trace.objects.exists()
    assert bobs.post(f"{HERE}/deletion")["Location"] == "/alice/stones/experiments/1/traces"
    assert not Trace.objects.exists() and not Span.objects.exists()


def test_traces_are_found_in_their_own_experiment_only(repo: Repository, chat: Experiment, bobs: Client) -> None:
    make_experiment(repo, "other")
    assert bobs.get(HERE.replace("experiments/1", "experiments/2")).status_code == 404
    assert bobs.get(f"{HERE}0").status_code == 404


def test_a_trace_without_spans_says_so(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    make_trace(repo, make_experiment(repo), 1, spans=())
    assert "No spans are kept here" in text_of(browser_of(bob), HERE)


def test_nothing_of_a_span_runs_in_the_page(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    message = {"role": XSS, "name": XSS, "content": XSS, "tool_calls": [{"function": {"name": XSS, "arguments": XSS}}]}
    event = {"time": 5, "attributes": {"exception.type": XSS, "exception.message": XSS, "exception.stacktrace": XSS}}
    values = ({"messages": [message]}, [{"page_content": XSS, "metadata": {XSS: XSS}}], [{XSS: XSS}, {XSS: XSS}],
              {XSS: {XSS: [XSS]}}, {XSS: XSS}, XSS)  # fmt: skip
    spans = tuple(
        make_span(
            1, place, place - 1, name=XSS, type=XSS, inputs=value, outputs=value, status="ERROR", message=XSS,
            attributes={XSS: XSS, "mlflow.llm.model": XSS},
            events=[{"name": "exception", **event}, {"name": XSS, **event}],
        )
        for place, value in enumerate(values, 1)
    )  # fmt: skip
    make_trace(repo, make_experiment(repo), 1, request=XSS, response=XSS, name=XSS, spans=spans,
               metadata={"mlflow.trace.session": XSS, "mlflow.trace.user": XSS, "mlflow.modelId": XSS, "other": XSS})  # fmt: skip
    judge(repo, 1, XSS, XSS, rationale=XSS, source_id=XSS, metadata={XSS: XSS}, span_id=f"{1:016x}")
    judge(repo, 1, XSS, {XSS: XSS}, kind="expectation")
    judge(repo, 1, XSS, None, body={"error": {"error_message": XSS, "stack_trace": XSS}})
    client = browser_of(bob)
    for place in range(1, len(values) + 1):
        page = text_of(client, f"{HERE}?span={place:016x}")
        assert "<script>alert" not in page and "<img src=x" not in page
