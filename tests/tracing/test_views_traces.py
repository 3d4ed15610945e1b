"""The list of traces: filters, order, pages, sessions, charts, and what is done to the traces picked."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.factories.tracing import START, judge, make_span, make_trace, trace_id
from tests.factories.tracking import make_experiment, make_run
from tests.tracing.conftest import Asked
from tests.tracking.test_views_experiments import text_of
from tracing.models import Trace, TraceTag
from tracing.selectors import trace_list
from tracing.selectors.trace_list import TraceQuery, place_of, trace_page
from tracing.services.links import link_traces_to_run
from tracing.views.rows import COLUMNS
from tracing.views.traces import EXAMPLES
from tracking.models import Experiment
from tracking.services.experiments import ensure_default

LIST = "/alice/stones/experiments/1/traces"
BrowserOf = Callable[[User | None], Client]
XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture
def chat(repo: Repository) -> Experiment:
    """An experiment with five traces: of two sessions and two users, one failed, one going on."""
    experiment = make_experiment(repo, "chat")
    for number in range(1, 6):
        session, user = ("one", "ada") if number < 3 else ("two", "bert")
        make_trace(
            repo, experiment, number, request=f'{{"question": "q{number}"}}', response=f"a{number}",
            state="ERROR" if number == 2 else "IN_PROGRESS" if number == 5 else "OK", duration=number * 1000,
            name="ask" if number % 2 else "tell", tags={"env": "prod" if number > 3 else "dev"},
            metadata={"mlflow.trace.session": session, "mlflow.trace.user": user,
                      "mlflow.trace.tokenUsage": f'{{"total_tokens": {100 - number}}}'},
            spans=() if number == 5 else None,
        )  # fmt: skip
    judge(repo, 1, "correct", True)
    judge(repo, 2, "correct", False)
    return experiment


@pytest.fixture
def bobs(browser_of: BrowserOf, chat: Experiment, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def shown(page: str) -> list[str]:
    """The requests in the table, from top to bottom."""
    return re.findall(r'<a class="clip" href="[^"]*/traces/tr-[0-9a-f]+">([^<]*)</a>', page)


def test_the_newest_trace_is_first_with_what_it_says(bobs: Client) -> None:
    page = text_of(bobs, LIST)
    assert shown(page) == ["q5", "q4", "q3", "q2", "q1"]
    for word in ("a5", "99", "correct", "env=dev", 'aria-label="Error"', 'aria-label="In progress"', "5 traces"):
        assert word in page, word
    assert "data-open" in page


def test_all_columns_can_be_shown(bobs: Client) -> None:
    page = text_of(bobs, f"{LIST}?{urlencode([('cols', key) for key in COLUMNS])}")
    for word in ("ada", "bert", "tell", "session=two"):
        assert word in page, word


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "ERROR"}, ["q2"]),
        ({"name": "tell"}, ["q4", "q2"]),
        ({"session": "one"}, ["q2", "q1"]),
        ({"user": "bert"}, ["q5", "q4", "q3"]),
        ({"tag": "env=prod"}, ["q5", "q4"]),
        ({"tag": "nothing"}, []),
        ({"judged": "correct"}, ["q2", "q1"]),
        ({"judged": "correct=false"}, ["q2"]),
        ({"q": "execution_time_ms > 2000 AND tags.env = 'prod'"}, ["q5", "q4"]),
        ({"q": "feedback.correct = 'true' OR status = 'ERROR'"}, ["q2", "q1"]),
        ({"sort": "-time"}, ["q1", "q2", "q3", "q4", "q5"]),
        ({"sort": "latency"}, ["q5", "q4", "q3", "q2", "q1"]),
        ({"sort": "-latency", "user": "ada"}, ["q1", "q2"]),
        ({"sort": "tokens"}, ["q1", "q2", "q3", "q4", "q5"]),
        ({"since": "1h"}, ["q5", "q4", "q3", "q2", "q1"]),
        ({"until": "2020-01-01"}, []),
        ({"from": "2026-01-01", "until": "2026-12-31"}, ["q5", "q4", "q3", "q2", "q1"]),
        ({"state": "rubbish", "sort": "rubbish", "after": "rubbish", "from": "x", "cols": "x"},
         ["q5", "q4", "q3", "q2", "q1"]),
    ],
)  # fmt: skip
def test_filters_and_orders(bobs: Client, query: dict[str, str], expected: list[str]) -> None:
    if "since" in query:
        Trace.objects.update(request_time=9_000_000_000_000)
        assert set(shown(text_of(bobs, f"{LIST}?{urlencode(query)}"))) == set(expected)
        return
    assert shown(text_of(bobs, f"{LIST}?{urlencode(query)}")) == expected


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_understood(bobs: Client, example: str) -> None:
    assert bobs.get(LIST, {"q": example}).status_code == 200


def test_a_wrong_filter_is_told_with_its_place_and_nothing_is_shown(bobs: Client) -> None:
    answer = bobs.get(LIST, {"q": "status = 'OK' AND rubbish > 1"})
    page = answer.content.decode()
    assert answer.status_code == 400 and "at character 19" in page and shown(page) == []
    assert "status = &#x27;OK&#x27; AND rubbish &gt; 1" in page


@pytest.mark.parametrize("sort", ["time", "-time", "latency", "-latency", "tokens", "-tokens"])
def test_pages_follow_one_another_without_gap_or_repetition(
    repo: Repository, chat: Experiment, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    for number in range(6, 12):  # Ties, and traces of which nothing is known.
        make_trace(repo, chat, number, duration=None if number % 2 else 1000)
    Trace.objects.filter(trace_id__in=[trace_id(number) for number in (7, 8, 9)]).update(request_time=START)
    whole = [each.row.trace_id for each in trace_page(chat, TraceQuery(sort=sort)).rows]
    assert len(whole) == 11
    monkeypatch.setattr(trace_list, "PER_PAGE", 2)
    seen, after = [], ""
    for _ in range(6):
        page = trace_page(chat, TraceQuery(sort=sort, after=after))
        seen += [each.row.trace_id for each in page.rows]
        if not page.more:
            break
        after = place_of(page.rows[-1], TraceQuery(sort=sort))
    assert seen == whole


def test_sessions_are_grouped(bobs: Client) -> None:
    page = text_of(bobs, f"{LIST}?group=session")
    assert re.findall(r'class="row__link" href="[^"]*session=(\w+)', page) == ["two", "one"]
    assert "3 traces" in page and "1 failed" in page
    assert "No sessions" in text_of(bobs, f"{LIST}?group=session&user=nobody")


def test_a_run_shows_its_own_traces(repo: Repository, chat: Experiment, bobs: Client) -> None:
    run = make_run(repo, chat, "tuning")
    link_traces_to_run(repository=repo, trace_ids=[trace_id(2)], run_id=run.uuid)
    make_trace(repo, chat, 9, metadata={"mlflow.sourceRun": run.uuid}, request='{"question": "q9"}')
    assert shown(text_of(bobs, f"/alice/stones/experiments/1/runs/{run.uuid}/traces")) == ["q9", "q2"]
    assert "tuning" in text_of(bobs, LIST)


def test_the_list_asks_as_little_for_three_traces_as_for_one(
    repo: Repository, browser_of: BrowserOf, bob: User, asked: Asked
) -> None:
    experiment, client = make_experiment(repo), browser_of(bob)
    counts = []
    for numbers in ((1,), (2, 3)):
        for number in numbers:
            run = make_run(repo, experiment, f"run {number}")
            make_trace(repo, experiment, number, metadata={"mlflow.sourceRun": run.uuid})
            judge(repo, number, "correct", True)
        counts.append(asked(lambda: text_of(client, LIST)))
    assert counts == [20, 20]


def test_charts_read_the_same_filters(bobs: Client) -> None:
    series = "/alice/stones/experiments/1/tracing/series"
    found = bobs.get(series, {"about": "traces"}).json()
    assert found["x"] == "time" and found["done"]
    assert [sum(point[1] for point in each["points"]) for each in found["series"]] == [5, 1]
    slow = bobs.get(series, {"about": "latency", "q": "execution_time_ms > 4000"}).json()
    assert slow["series"][0]["points"] == [[START + 300_000, 5.0]]
    tokens = bobs.get(series, {"about": "tokens"}).json()["series"][0]["points"]
    assert sum(point[1] for point in tokens) == sum(100 - number for number in range(1, 6))
    assert bobs.get(series, {"about": "rubbish"}).status_code == 400
    assert bobs.get(series, {"about": "traces", "q": "rubbish"}).status_code == 400


def test_the_pulse_changes_when_traces_come_and_end(repo: Repository, chat: Experiment, bobs: Client) -> None:
    pulse = "/alice/stones/experiments/1/tracing/pulse"
    first = bobs.get(pulse).json()
    assert first["open"] and bobs.get(pulse).json() == first
    make_trace(repo, chat, 5, state="OK")
    second = bobs.get(pulse).json()
    assert not second["open"] and second["pulse"] != first["pulse"]
    make_trace(repo, chat, 6)
    assert bobs.get(pulse).json()["pulse"] != second["pulse"]


def test_traces_are_tagged_together(bobs: Client) -> None:
    url = "/alice/stones/experiments/1/tracing/selection/tag"
    picked = {"trace": [trace_id(1), trace_id(3), "tr-unknown"], "next": f"{LIST}?state=OK"}
    page = bobs.post(url, picked).content.decode()
    assert "Tag 2 traces" in page and page.count('name="trace"') == 2
    assert bobs.post(url, {**picked, "key": ""}).status_code == 400
    answer = bobs.post(url, {**picked, "key": "reviewed", "value": "yes"})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?state=OK")
    tagged = TraceTag.objects.filter(key="reviewed").values_list("trace__trace_id", "value")
    assert sorted(tagged) == [(trace_id(1), "yes"), (trace_id(3), "yes")]


def test_traces_are_deleted_after_a_look(bobs: Client) -> None:
    url = "/alice/stones/experiments/1/tracing/selection/deletion"
    page = bobs.post(url, {"trace": [trace_id(1), trace_id(2)]}).content.decode()
    assert "2 traces are deleted for ever" in page and "2 assessments" in page and Trace.objects.count() == 5
    bobs.post(url, {"trace": [trace_id(1), trace_id(2)], "confirm": "yes"})
    assert Trace.objects.count() == 3
    assert bobs.post(url, {}).status_code == 302
    assert bobs.post(url, {"trace": [f"tr-{number}" for number in range(201)]}).status_code == 400


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x", ""])
def test_a_form_leads_nowhere_else(bobs: Client, address: str) -> None:
    answer = bobs.post("/alice/stones/experiments/1/tracing/selection/tag", {"next": address})
    assert answer["Location"] == LIST


@pytest.mark.parametrize("action", ["tag", "dataset", "deletion"])
def test_readers_change_nothing(chat: Experiment, browser_of: BrowserOf, carol: User, action: str) -> None:
    url = f"/alice/stones/experiments/1/tracing/selection/{action}"
    assert browser_of(carol).post(url, {"trace": [trace_id(1)], "confirm": "1"}).status_code == 403
    assert Trace.objects.count() == 5
    assert "Tick traces" not in text_of(browser_of(carol), LIST)


def test_an_empty_experiment_tells_how_to_send_traces(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    make_experiment(repo, "it's new")
    page = text_of(browser_of(bob), LIST)
    for word in ("@mlflow.trace", "autolog()", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/alice/stones.mlflow/v1/traces",
                 "x-mlflow-experiment-id=1"):  # fmt: skip
        assert word in page, word


def test_nothing_of_a_trace_runs_in_the_page(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    experiment = make_experiment(repo)
    make_trace(
        repo, experiment, 1, request=XSS, response=XSS, name=XSS, tags={"about": XSS},
        metadata={"mlflow.trace.session": XSS, "mlflow.trace.user": XSS, "mlflow.modelId": XSS},
        spans=(make_span(1, name=XSS),),
    )  # fmt: skip
    judge(repo, 1, XSS, XSS, rationale=XSS)
    client = browser_of(bob)
    for query in (urlencode([("cols", key) for key in COLUMNS]), "group=session", urlencode({"q": XSS, "name": XSS})):
        page = client.get(f"{LIST}?{query}").content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and ">49<" not in page


def test_a_repository_of_traces_only_leads_to_them(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    experiments, client = "/alice/stones/experiments", browser_of(bob)
    assert "No runs yet" in text_of(client, experiments)
    ensure_default(repository=repo)
    make_trace(repo, Experiment.objects.get(number=0), 1)
    page = text_of(client, experiments)
    assert f'href="{experiments}/0/traces"' in page and "1 trace<" in page and "No runs yet" not in page
    assert f'href="{experiments}/0/traces"' in text_of(client, f"{experiments}/0")
