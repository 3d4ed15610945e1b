"""The MLflow door as a tracing program uses it: spans by OTLP, traces by JSON, without a network."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tracking.conftest import Answer, Door, DoorFor, door_for, mlflow
from tracking import sql

Asked = Callable[[Callable[[], object]], int]
__all__ = ["Answer", "Asked", "Door", "DoorFor", "door_for", "mlflow"]

V3 = "api/3.0/mlflow/"
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def trace_id(number: int) -> str:
    """The id of a trace as clients see it."""
    return f"tr-{number:032x}"


def span(number: int, place: int = 1, parent: int = 0, **more: Any) -> dict[str, Any]:
    """A span of the numbered trace in the JSON of OTLP; `attributes` are plain values."""
    attributes = [{"key": key, "value": _any(value)} for key, value in more.pop("attributes", {}).items()]
    start = more.pop("start", START + place * SECOND)
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{place:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": more.pop("name", f"step {place}"),
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(more.pop("end", start + SECOND)),
        "attributes": attributes,
        "status": {"code": more.pop("status", 1)},
        **more,
    }


def _any(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": _any(item)} for key, item in value.items()]}}
    return {"stringValue": value}


def export_of(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> dict[str, Any]:
    """An export of the spans."""
    described = [{"key": key, "value": _any(value)} for key, value in (resource or {}).items()]
    return {"resourceSpans": [{"resource": {"attributes": described}, "scopeSpans": [{"spans": list(spans)}]}]}


class Tracing:
    """The calls of tracing on one door."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def post(self, body: bytes, experiment: str | None = "0", **headers: str) -> Answer:
        """An export with any body and headers."""
        given = {"Content-Type": "application/json", **headers}
        if experiment is not None:
            given["x-mlflow-experiment-id"] = experiment
        if self.door.token:
            given["Authorization"] = f"Bearer {self.door.token}"
        response = self.door.client.generic(
            "POST",
            f"/{self.door.repository.full_name}.mlflow/v1/traces",
            body,
            content_type=given.pop("Content-Type"),
            headers=given,
        )
        return Answer(response.status_code, bytes(response.content), dict(response.headers))

    def export(self, *spans: dict[str, Any], experiment: str = "0", **more: Any) -> None:
        """Spans that must be taken."""
        answer = self.post(
            gzip.compress(json.dumps(export_of(*spans, **more)).encode()), experiment, **{"Content-Encoding": "gzip"}
        )
        assert answer.status == 200, answer.body

    def start(self, number: int, experiment: str = "0", **info: Any) -> Any:
        """A trace as a client describes it when it has ended."""
        answer = self.door.ok(
            "POST", "traces", {"trace": {"trace_info": self.info(number, experiment, **info)}}, api=V3
        )
        return answer["trace"]["trace_info"]

    @staticmethod
    def info(number: int, experiment: str = "0", **info: Any) -> dict[str, Any]:
        """The head of a trace as clients send it."""
        return {
            "trace_id": trace_id(number),
            "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
            "request_time": f"2026-11-20T09:00:{number:02}.250Z",
            "execution_duration": "0.125s",
            "state": "OK",
            **info,
        }

    def get(self, number: int) -> Any:
        """The head of a trace."""
        return self.door.ok("GET", f"traces/{trace_id(number)}", api=V3)["trace"]["trace_info"]

    def spans(self, number: int) -> Any:
        """Its spans."""
        found = self.door.ok("GET", "traces/get", api=V3, trace_id=trace_id(number), allow_partial="true")
        return found["trace"].get("spans", [])

    def search(self, filter: str = "", experiment: str = "0", **more: Any) -> list[int]:
        """The numbers of the traces that match."""
        found = self.page(filter, experiment, **more)
        return [int(info["trace_id"].removeprefix("tr-"), 16) for info in found.get("traces", [])]

    def page(self, filter: str = "", experiment: str = "0", **more: Any) -> Any:
        """A page of a search."""
        return self.door.ok("POST", "traces/search", self.asked(filter, experiment, **more), api=V3)

    @staticmethod
    def asked(filter: str = "", experiment: str = "0", **more: Any) -> dict[str, Any]:
        """The body of a search."""
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
        return {"locations": [place], "filter": filter, **more}

    def judge(self, number: int, **assessment: Any) -> str:
        """A judgement of a trace; its id."""
        given = {"source": {"source_type": "HUMAN", "source_id": "ada"}, **assessment}
        body = {"assessment": {"assessment_name": "good", **given}}
        return str(
            self.door.ok("POST", f"traces/{trace_id(number)}/assessments", body, api=V3)["assessment"]["assessment_id"]
        )


@pytest.fixture
def tracing(mlflow: Door) -> Tracing:
    """Calls of tracing on alice/stones by bob, who may write."""
    return Tracing(mlflow)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """`asked(act)`: how many questions a database is asked meanwhile, by the ORM and below it."""

    def count(act: Callable[[], object]) -> int:
        below: list[str] = []
        plain = sql._cursor
        with monkeypatch.context() as patched, CaptureQueriesContext(connection) as above:
            patched.setattr(sql, "_cursor", lambda text, params: below.append(text) or plain(text, params))
            act()
        return len(above) + len(below)

    return count
