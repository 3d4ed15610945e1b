"""No input makes the door fail: every route gets odd bodies, and answers 200 or a refusal in the protocol's form."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.conftest import Door
from tracking.mlflow.routes import TABLE
from tracking.mlflow.table import Entry

ODD_TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from([
        "", "0", "1", "-1", "99999999999999999999999", "NaN", "\0", "\ud800", "a" * 9000, "../..", "%2e%2e/x", "'", '"',
        "metrics.a > 1", "metrics.`", "((((", "a = 'b' OR", "tags.x LIKE '%%%%%%%%%%%%%%%%'", "metrics.a DESC",
        "eyJvZmZzZXQiOjF9", "eyJvZmZzZXQiOjFlOTl9", "mlflow.runName", "RUNNING", "LOGGED_MODEL_READY", "s3://[",
        "{}", "[", "mlflow-artifacts:/", "2" * 400,
    ]),
)  # fmt: skip
ODD = st.recursive(
    st.one_of(
        ODD_TEXT,
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**400, 1e308, -0.0]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


class World:
    """Something of everything, so that odd values meet rows."""

    def __init__(self, mlflow: Door) -> None:
        self.mlflow = mlflow
        self.run = mlflow.run()
        self.model = mlflow.ok("POST", "logged-models", {"experiment_id": "0"})["model"]["info"]["model_id"]
        mlflow.ok("POST", "runs/log-metric", {"run_id": self.run, "key": "a", "value": 1, "timestamp": 1})

    def likely(self) -> st.SearchStrategy[Any]:
        """Values that are taken somewhere."""
        pair = {"key": "a", "value": "b"}
        metric = {"key": "a", "value": 1, "timestamp": 1}
        dataset = {"name": "n", "digest": "d", "source_type": "s", "source": "x"}
        return st.sampled_from([
            self.run, self.model, "0", "a", 1, 5, ["0"], [pair], [metric], [{"dataset": dataset, "tags": [pair]}],
            [{"model_id": self.model, "step": 1}], [{"field_name": "name"}], [{"dataset_name": "x"}], "metrics.a > 0",
            ["metrics.a DESC"],
        ])  # fmt: skip


def fields_of(entry: Entry) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(entry.reads)]


@pytest.fixture
def world(mlflow: Door) -> World:
    return World(mlflow)


@pytest.mark.parametrize("number", range(len(TABLE.entries)), ids=lambda n: TABLE.entries[n].route.path)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_input_is_answered(world: World, number: int, data: st.DataObject) -> None:
    entry = TABLE.entries[number]
    values = st.one_of(world.likely(), ODD)
    names = st.sampled_from([*fields_of(entry), "unknown"])
    body = data.draw(st.dictionaries(names, values, max_size=6))
    if "run_id" in fields_of(entry) and data.draw(st.booleans()):
        body["run_id"] = world.run
    path = entry.path.replace("{model_id}", data.draw(st.sampled_from([world.model, "m-0", "%00", "é"])))
    for variable in ("{path:path}", "{tag_key:path}"):
        path = path.replace(variable, quote(data.draw(ODD_TEXT.filter(lambda text: "\ud800" not in text)) or "x"))
    query = {key: value for key, value in body.items() if isinstance(value, (str, int)) and "\ud800" not in str(value)}
    sent = json.dumps(body).encode()  # with bare NaN, lone surrogates and numbers of any length
    answer = world.mlflow.raw(
        entry.route.method, f"/{path}", sent, query=query if entry.route.method == "GET" else None
    )
    assert answer.status < 500 or answer.status == 501, (answer.status, answer.body, body)
    if answer.status >= 400:
        assert set(answer.json) == {"error_code", "message"}
