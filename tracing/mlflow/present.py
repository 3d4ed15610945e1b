"""Rows → messages of the protocol, one function per entity."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tracing.mlflow import answers
from tracing.otlp.encode import show_span
from tracing.otlp.spans import TRACE_PREFIX
from tracing.rules import ARTIFACT_LOCATION, SPANS_LOCATION, show_duration, show_timestamp
from tracing.selectors.assessments import AssessmentRow
from tracing.selectors.traces import SpanRow, TraceDetail
from tracking.mlflow.present import pairs

KEPT_HERE = "TRACKING_STORE"


def tags_of(found: TraceDetail) -> dict[str, str]:
    """The tags with those that the server says: where files lie, and whether the spans are kept here."""
    tags = {**found.tags, ARTIFACT_LOCATION: found.row.artifact_uri}
    if found.row.has_spans:
        tags[SPANS_LOCATION] = KEPT_HERE
    return tags


def trace_info(found: TraceDetail) -> answers.TraceInfo:
    """The head of a trace."""
    row = found.row
    return answers.TraceInfo(
        trace_id=row.trace_id,
        trace_location=answers.Location("MLFLOW_EXPERIMENT", answers.Numbered(str(row.experiment))),
        request_time=show_timestamp(row.request_time),
        state=row.state,
        client_request_id=row.client_request_id,
        request_preview=row.request_preview,
        response_preview=row.response_preview,
        execution_duration=None if row.duration is None else show_duration(row.duration),
        trace_metadata=found.metadata,
        tags=tags_of(found),
        assessments=[assessment(each, row.trace_id) for each in found.assessments],
    )


def trace(found: TraceDetail, spans: Sequence[SpanRow]) -> answers.Trace:
    """A trace with its spans."""
    return answers.Trace(trace_info(found), [_span(found.row.trace_id, span) for span in spans])


def _span(trace_id: str, span: SpanRow) -> dict[str, Any]:
    digits = trace_id.removeprefix(TRACE_PREFIX)
    return show_span(digits, span.span_id, span.parent_id, span.status, span.start_ns, span.end_ns, span.content)


def assessment(found: AssessmentRow, trace_id: str) -> answers.Assessment:
    """A judgement."""
    shown = answers.Assessment(
        assessment_id=found.assessment_id,
        assessment_name=found.name,
        trace_id=trace_id,
        source=answers.Source(found.source_type, found.source_id),
        create_time=show_timestamp(found.created_at),
        last_update_time=show_timestamp(found.updated_at),
        span_id=found.span_id,
        rationale=found.rationale,
        metadata=json.loads(found.metadata),
        overrides=found.overrides,
        valid=bool(found.valid),
    )
    setattr(shown, found.kind, json.loads(found.body))
    return shown


def trace_info_v2(found: TraceDetail) -> answers.TraceInfoV2:
    """The head of a trace for clients before 3.0."""
    row = found.row
    return answers.TraceInfoV2(
        request_id=row.trace_id,
        experiment_id=str(row.experiment),
        timestamp_ms=row.request_time,
        status="TRACE_STATUS_UNSPECIFIED" if row.state == "STATE_UNSPECIFIED" else row.state,
        execution_time_ms=row.duration,
        request_metadata=pairs(found.metadata.items()),
        tags=pairs(tags_of(found).items()),
    )
