"""Traces, judgements and datasets for tests, kept through the services that clients reach."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from repos.models import Repository
from tracing.models import DatasetRecord
from tracing.otlp.spans import SpanGiven
from tracing.selectors.traces import TraceDetail, trace_detail
from tracing.services.assessments import AssessmentGiven, create_assessment
from tracing.services.datasets import create_dataset, upsert_records
from tracing.services.spans import log_spans
from tracing.services.traces import TraceGiven, start_trace
from tracking.models import Experiment

START = 1_790_000_000_000
NS = 1_000_000


def trace_id(number: int) -> str:
    """The id of the numbered trace as clients see it."""
    return f"tr-{number:032x}"


def make_span(
    number: int,
    place: int = 1,
    parent: int = 0,
    *,
    name: str = "",
    start: int = 0,
    took: int | None = 1000,
    type: str = "CHAIN",
    status: str = "OK",
    inputs: Any = None,
    outputs: Any = None,
    attributes: Mapping[str, Any] | None = None,
    **rest: Any,
) -> SpanGiven:
    """A span of the numbered trace; `start` and `took` in ms after START."""
    said = {"mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs}
    held = {key: json.dumps(value) for key, value in said.items() if value is not None}
    begin = (START + number * 60_000 + start) * NS
    return SpanGiven(
        trace_id=f"{number:032x}",
        span_id=f"{place:016x}",
        parent_id=f"{parent:016x}" if parent else "",
        name=name or f"step {place}",
        start_ns=begin,
        end_ns=None if took is None else begin + took * NS,
        status=status,
        attributes={"mlflow.spanType": json.dumps(type), **held, **(attributes or {})},
        resource={},
        rest=rest,
    )


def make_trace(
    repository: Repository,
    experiment: Experiment,
    number: int = 1,
    *,
    request: str = '{"question": "why"}',
    response: str = "because",
    state: str = "OK",
    duration: int | None = 1500,
    name: str = "answer",
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    spans: tuple[SpanGiven, ...] | None = None,
) -> TraceDetail:
    """A trace as a client describes it, with one span unless others are given, a minute after the one before."""
    given = TraceGiven(
        trace_id=trace_id(number), experiment_id=str(experiment.number), request_time=START + number * 60_000,
        duration=duration, state=state, request_preview=request, response_preview=response,
        tags={"mlflow.traceName": name, **(tags or {})}, metadata=dict(metadata or {}),
    )  # fmt: skip
    start_trace(repository=repository, given=given)
    if spans is None:
        spans = (make_span(number, inputs=json.loads(request), outputs=response),)
    if spans:
        log_spans(repository=repository, experiment_id=str(experiment.number), spans=spans)
    return trace_detail(repository, trace_id(number))


def judge(repository: Repository, number: int, name: str, value: Any, **more: Any) -> str:
    """A judgement of the numbered trace; returns its id."""
    kind = more.pop("kind", "feedback")
    body = more.pop("body", {"value": value})
    source = {"source_type": more.pop("source_type", "CODE"), "source_id": more.pop("source_id", "check.py")}
    given = AssessmentGiven(kind=kind, name=name, body=body, **source, **more)
    return create_assessment(repository=repository, trace_id=trace_id(number), given=given)


def make_dataset(
    repository: Repository, *inputs: dict[str, Any], name: str = "questions", **more: Any
) -> tuple[str, str]:
    """An evaluation dataset with a record for each of the inputs; returns its id and that of its first record."""
    made = create_dataset(repository=repository, name=name, experiment_ids=more.pop("experiment_ids", ()))
    records = [{"inputs": each, "expectations": {"answer": "yes"}, **more} for each in inputs]
    upsert_records(repository=repository, dataset_id=made, records=records, user="bob")
    first = DatasetRecord.objects.filter(dataset__dataset_id=made).order_by("created_at", "pk").first()
    return made, first.record_id if first else ""
