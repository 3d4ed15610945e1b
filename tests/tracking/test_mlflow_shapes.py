"""Requests of the right shape with odd values in them, on every route of every room: an answer, never a failure.

Odd bodies of any shape are tried by test_mlflow_fuzz.py; these get past the reading, down to the rows.
"""

from __future__ import annotations

import json
import types
import typing
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from tests.conftest import TokenFor
from tests.tracing.conftest import Tracing, span, trace_id
from tests.tracking.conftest import Door
from tracking.mlflow.routes import TABLE
from tracking.mlflow.table import Entry

V3 = "api/3.0/mlflow/"
WORDS = [
    "", " ", "0", "1", "-1", "99999999999999999999", "x", "name", "a" * 9000, "../..", "%2e%2e/x", "\0", "é\U0001f600",
    "((((", "a = 'b' OR", "name RLIKE '(a+)+$'", "name RLIKE '('", "name RLIKE '\\p{Greek}|(?i:x)'", "tags.x IS NULL",
    "span.attributes.`a` = 'x'", "feedback.good > 1e999", "prompt = 'a/1'", "trace.status = 'OK'", "span.name = 'x'",
    "trace.tag.`a b` = 'x'", "assessment.type = 'feedback'", "timestamp_ms DESC", "metrics.m DESC", "name ASC",
    "TRACES", "SPANS", "ASSESSMENTS", "trace_count", "latency", "input_tokens", "total_cost", "assessment_value",
    "COUNT", "AVG", "PERCENTILE", "trace_name", "span_model_name", "2026-11-20T09:00:00Z", "0.5s", "1e9s", "feedback",
    "feedback,rationale", "[]", '[{"inputs": {"q": 1}}]', '{"a": null}', "eyJvZmZzZXQiOjF9", "OK", "ERROR", "RUNNING",
    "Production", "latest", "best", "s3://b/x", "models:/iris/1", "runs:/x/y", "mlflow-artifacts:/0/x", "https://[",
]  # fmt: skip
NUMBERS = [0, 1, 2, -1, 60, 1000, 2**31, 2**62, 2**63 - 1, -(2**63), 2**63, 10**30]
FRACTIONS = [0.0, 0.5, 50.0, 100.0, 101.0, -0.0, 1e308, 5e-324, float("nan"), float("inf")]


class World:
    """One of everything, by a program that may do everything."""

    def __init__(self, door: Door) -> None:
        self.door = door
        tracing = Tracing(door)
        cost = {"mlflow.llm.cost": {"total_cost": 0.5}, "mlflow.llm.model": "big", "a": "x"}
        tracing.export(span(1), span(1, 2, 1, attributes=cost))
        tracing.start(1, tags={"mlflow.traceName": "name"}, trace_metadata={"mlflow.trace.session": "x"})
        run = door.run()
        door.ok("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 1})
        model = door.ok("POST", "logged-models", {"experiment_id": "0"})["model"]["info"]["model_id"]
        door.ok("POST", "registered-models/create", {"name": "iris"})
        door.ok("POST", "model-versions/create", {"name": "iris", "source": "s3://b/x"})
        dataset = door.ok("POST", "datasets/create", {"name": "d"}, api=V3)["dataset"]["dataset_id"]
        judged = tracing.judge(1, feedback={"value": 4.0})
        door.ok("POST", "scorers/register", {"experiment_id": "0", "name": "name", "serialized_scorer": "{}"}, api=V3)
        self.words = [*WORDS, trace_id(1), run, model, "iris", dataset, judged]
        self.variables = {"trace_id": trace_id(1), "model_id": model, "dataset_id": dataset, "assessment_id": judged}


def shaped(shape: Any, words: list[str]) -> st.SearchStrategy[Any]:
    """Values of a type, as JSON has them: structs are objects with some of their fields."""
    origin, inside = typing.get_origin(shape), typing.get_args(shape)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([shaped(part, words) for part in inside if part is not types.NoneType])
    if origin is list:
        return st.lists(shaped(inside[0], words), max_size=3)
    if origin is dict:
        return st.dictionaries(
            st.sampled_from([*words[:8], "value", "issue_name"]), shaped(inside[1], words), max_size=3
        )
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        fields = {field.encode_name: shaped(field.type, words) for field in msgspec.structs.fields(shape)}
        return st.fixed_dictionaries({}, optional=fields)
    scalars: dict[Any, st.SearchStrategy[Any]] = {
        str: st.sampled_from(words),
        int: st.sampled_from(NUMBERS),
        float: st.sampled_from(FRACTIONS),
        bool: st.booleans(),
    }
    return scalars.get(shape, st.sampled_from([*words[:8], *NUMBERS[:4], None, True, [], {}, {"a": [1]}]))


@pytest.fixture
def world(door_for: Any, alice: User, token_for: TokenFor, mlflow: Door) -> World:
    return World(Door(mlflow.repository, token_for(alice, "admin")))


def address(entry: Entry, world: World, data: st.DataObject) -> str:
    path = entry.path
    for name, value in world.variables.items():
        path = path.replace(f"{{{name}}}", value)
    while "{" in path:
        word = data.draw(st.sampled_from([word for word in world.words if word and "\0" not in word]))
        path = f"{path[: path.index('{')]}{quote(word, safe='')}{path[path.index('}') + 1 :]}"
    return f"/{path}"


@pytest.mark.parametrize("number", range(len(TABLE.entries)), ids=lambda n: TABLE.entries[n].path)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_right_shape_with_odd_values(world: World, number: int, data: st.DataObject) -> None:
    entry = TABLE.entries[number]
    body = data.draw(shaped(entry.reads, world.words))
    for name in entry.reads.REQUIRED:
        if name not in body:
            field = next(field for field in msgspec.structs.fields(entry.reads) if field.encode_name == name)
            body[name] = data.draw(shaped(field.type, world.words))
    method = entry.route.method
    query = body if method == "GET" or entry.reads.IN_QUERY else None
    answer = world.door.raw(method, address(entry, world, data), json.dumps(body).encode(), query=query)
    assert answer.status < 500 or answer.status in (501, 507), (answer.status, answer.body, body)
    if answer.status >= 400:
        assert set(answer.json) == {"error_code", "message"}
