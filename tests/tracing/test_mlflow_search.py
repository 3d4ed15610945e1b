"""Searches of traces through the MLflow door: each word of the filter, orders, pages, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tracing.conftest import V3, Tracing, span, trace_id

pytestmark = pytest.mark.django_db

SESSION = "mlflow.trace.session"
RUN = "mlflow.sourceRun"


@pytest.fixture
def four(tracing: Tracing) -> Tracing:
    """Four traces that differ in everything that can be asked for."""
    tracing.start(
        1,
        client_request_id="mine",
        tags={"mlflow.traceName": "ask", "colour": "red"},
        trace_metadata={SESSION: "s1", RUN: "r1"},
    )
    tracing.start(2, tags={"mlflow.traceName": "Answer", "colour": "Red"}, state="ERROR", execution_duration="2s")
    tracing.start(3, tags={"mlflow.traceName": "ask"}, trace_metadata={SESSION: "s1"}, execution_duration=None)
    tracing.start(4, tags={"colour": "blue", "a b": "c"}, state="IN_PROGRESS", execution_duration="0.500s")
    tracing.export(
        span(1, 1, name="root", attributes={"mlflow.spanType": "CHAIN", "n": 7, "model": "gpt 'x'"}),
        span(
            1, 2, parent=1, name="Leaf", status=2, attributes={"mlflow.spanType": "TOOL", "mlflow.spanOutputs": "né%"}
        ),
    )
    tracing.export(span(2, 1, name="leaf", attributes={"mlflow.spanType": "LLM", "deep": {"k": [1]}}))
    tracing.judge(1, feedback={"value": True})
    tracing.judge(1, assessment_name="score", feedback={"value": 5})
    tracing.judge(2, assessment_name="score", feedback={"value": 2.5})
    tracing.judge(2, assessment_name="answer", expectation={"value": "Forty-two"})
    tracing.judge(2, assessment_name="iss-1", issue={"issue_name": "broken"})
    tracing.judge(3, assessment_name="calm", feedback={"value": "yes"}, metadata={SESSION: "s1"})
    tracing.door.ok("POST", "traces/link-to-run", {"trace_ids": [trace_id(4)], "run_id": "r1"})
    return tracing


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("", [4, 3, 2, 1]),
        (f"request_id = '{trace_id(2)}'", [2]),
        (f"request_id IN ('{trace_id(2)}', '{trace_id(4)}')", [4, 2]),
        (f"trace.request_id != '{trace_id(2)}'", [4, 3, 1]),
        ("client_request_id = 'mine'", [1]),
        ("client_request_id != 'other'", [1]),
        ("NOT client_request_id = 'other'", [4, 3, 2, 1]),
        ("status = 'ERROR'", [2]),
        ("attributes.status IN ('OK', 'ERROR')", [3, 2, 1]),
        ("timestamp_ms >= 1795165203250", [4, 3]),
        ("trace.timestamp < 1795165202250", [1]),
        ("execution_time_ms > 125", [4, 2]),
        ("execution_time <= 500", [4, 1]),
        ("end_time = 1795165201375", [1]),
        ("NOT execution_time_ms > 125", [3, 1]),
        ("name = 'ask'", [3, 1]),
        ("name LIKE 'a%'", [3, 1]),
        ("trace.name ILIKE 'A%'", [3, 2, 1]),
        ("name IN ('Answer', 'x')", [2]),
        ("tag.colour = 'red'", [1]),
        ("tags.colour ILIKE 'RED'", [2, 1]),
        ("tags.colour != 'red'", [4, 2]),
        ("tags.colour IS NULL", [3]),
        ("name IS NOT NULL AND NOT name IS NULL", [3, 2, 1]),
        ("tags.colour IS NOT NULL AND status = 'OK'", [1]),
        ("tags.`a b` = 'c'", [4]),
        (f"metadata.`{SESSION}` = 's1'", [3, 1]),
        (f"request_metadata.`{RUN}` IS NULL", [4, 3, 2]),
        ("run_id = 'r1'", [4, 1]),
        ("run_id != 'r2'", [1]),
        ("run_id IN ('r1')", [1]),
        ("span.name = 'Leaf'", [1]),
        ("span.name LIKE '%eaf'", [2, 1]),
        ("span.name ILIKE 'LEAF'", [2, 1]),
        ("span.type = 'TOOL'", [1]),
        ("span.type IN ('LLM', 'TOOL')", [2, 1]),
        ("span.type NOT IN ('LLM', 'TOOL')", [1]),
        ("span.status = 'ERROR'", [1]),
        ("span.name = 'root' AND span.type = 'TOOL'", []),
        ("span.name = 'Leaf' AND status = 'OK' AND span.type = 'TOOL'", [1]),
        ("(span.name = 'root' AND NOT span.type = 'LLM') AND NOT span.name = 'leaf'", [1]),
        ("NOT span.type = 'TOOL'", [4, 3, 2]),
        ("span.content LIKE '%né%'", [1]),
        ("trace.text ILIKE '%LEAF%'", [2, 1]),
        ("text LIKE '%absent%'", []),
        ("span.attributes.n = '7'", [1]),
        ("span.attributes.`model` LIKE 'gpt%'", [1]),
        ("span.attributes.mlflow.spanOutputs = 'né%'", [1]),
        ("span.attributes.absent != 'x'", []),
        ("NOT span.attributes.absent = 'x'", [4, 3, 2, 1]),
        ("feedback.good = 'true'", [1]),
        ("feedback.good != 'false'", [1]),
        ("feedback.score >= 5", [1]),
        ("feedback.score < 5.5", [2, 1]),
        ("feedback.score = '5'", []),
        ("feedback.score = '5.0'", [1]),
        ("feedback.good > 0", []),
        ("expectation.answer ILIKE 'forty%'", [2]),
        ("feedback.answer = 'Forty-two'", []),
        ("feedback.score IS NULL", [4, 3]),
        ("feedback.score IS NOT NULL", [2, 1]),
        ("feedback.calm = 'yes'", [3, 1]),
        ("issue.id = 'iss-1'", [2]),
        ("status = 'ERROR' OR tags.colour = 'blue'", [4, 2]),
    ],
)
def test_filters(four: Tracing, filter: str, expected: list[int]):
    assert four.search(filter) == expected


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["timestamp_ms ASC"], [1, 2, 3, 4]),
        (["trace.timestamp DESC"], [4, 3, 2, 1]),
        (["execution_time ASC"], [1, 4, 2, 3]),
        (["execution_time_ms DESC"], [2, 4, 1, 3]),
        (["end_time_ms DESC"], [4, 2, 1, 3]),
        (["status ASC"], [2, 4, 3, 1]),
        (["request_id"], [1, 2, 3, 4]),
        (["experiment_id", "request_id DESC"], [4, 3, 2, 1]),
        (["name ASC"], [2, 3, 1, 4]),
        (["run_id DESC"], [1, 4, 3, 2]),
        (["tags.colour DESC"], [1, 4, 2, 3]),
        ([f"metadata.`{SESSION}` ASC"], [3, 1, 4, 2]),
    ],
)
def test_orders(four: Tracing, order_by: list[str], expected: list[int]):
    assert four.search(order_by=order_by) == expected


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"filter": "nothing = 'x'"}, "Invalid attribute key 'nothing'"),
        ({"filter": "metric.x = 1"}, "Invalid entity type 'metric'"),
        ({"filter": "timestamp_ms = 'x'"}, "Expected numeric value"),
        ({"filter": "status > 'OK'"}, "Invalid comparator '>'"),
        ({"filter": "status IS NULL"}, "IS NULL"),
        ({"filter": "run_id IS NULL"}, "IS NULL is only supported"),
        ({"filter": "tags.k IN ('x')"}, "Invalid comparator 'IN'"),
        ({"filter": "tags.k = 1"}, "Expected a quoted string value"),
        ({"filter": "span.duration = 'x'"}, "Invalid span attribute 'duration'"),
        ({"filter": "span.`attributes.` = 'x'"}, "Invalid span attribute"),
        ({"filter": "span.content = 'x'"}, "span.content comparator '='"),
        ({"filter": "span.name > 'x'"}, "span.name comparator '>'"),
        ({"filter": "span.name = 1"}, "Expected a quoted string value for span"),
        ({"filter": "span.name = 'a\0b'"}, "NUL"),
        ({"filter": "text = 'x'"}, "text comparator '='"),
        ({"filter": "feedback.x IN ('a')"}, "feedback.x comparator 'IN'"),
        ({"filter": "feedback.x > 'a'"}, "Expected a number"),
        ({"filter": "feedback.x = 1"}, "Expected a quoted string value for feedback"),
        ({"filter": "issue.name = 'x'"}, "Invalid issue attribute 'name'"),
        ({"filter": "prompt = 'x'"}, "'name/version'"),
        ({"filter": "prompt LIKE 'x/1'"}, "prompt comparator 'LIKE'"),
        ({"filter": "status = 'OK' status"}, "Invalid clause(s)"),
        ({"order_by": ["client_request_id"]}, "Invalid attribute key"),
        ({"order_by": ["span.name"]}, "Invalid identifier type 'span'"),
        ({"order_by": ["status", "status DESC"]}, "duplicate"),
        ({"max_results": 0}, "'max_results'"),
        ({"max_results": 501}, "'max_results'"),
        ({"page_token": "x"}, "Invalid page token"),
    ],
)
def test_what_is_refused(tracing: Tracing, asked: dict[str, Any], message: str):
    body = Tracing.asked(**asked)
    status, code, said = tracing.door.refused("POST", "traces/search", body, api=V3)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message in said


def test_a_search_must_say_where(tracing: Tracing):
    status, _, message = tracing.door.refused("POST", "traces/search", {}, api=V3)
    assert (status, message) == (400, "At least one location must be specified for searching traces.")
    assert tracing.search(experiment="99") == []
    assert tracing.door.refused("POST", "traces/search", Tracing.asked(experiment="x"), api=V3)[0] == 400


def test_pages(tracing: Tracing):
    for number in range(1, 5):
        tracing.start(number)
    first = tracing.page(max_results=2)
    second = tracing.page(max_results=2, page_token=first["next_page_token"])
    found = [info["trace_id"] for info in [*first["traces"], *second["traces"]]]
    assert found == [trace_id(number) for number in (4, 3, 2, 1)]
    assert "next_page_token" not in second
    assert tracing.page("status = 'ERROR'") == {}


def test_a_search_costs_the_same_for_any_number_of_traces(four: Tracing):
    def statements(filter: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            four.search(filter)
        return len(seen)

    assert statements("") == statements(f"request_id = '{trace_id(1)}'")
