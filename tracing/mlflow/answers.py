"""What clients get of traces and assessments, one struct per message. What has its default value is left out."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from tracking.mlflow.answers import Answer, KeyValue


class Source(Struct):
    """Who judged."""

    source_type: str
    source_id: str


class Assessment(Answer):
    """A judgement; times are RFC 3339. `valid` is always said."""

    assessment_id: str
    assessment_name: str
    trace_id: str
    source: Source
    create_time: str
    last_update_time: str
    span_id: str = ""
    feedback: Any = None
    expectation: Any = None
    issue: Any = None
    rationale: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    overrides: str = ""
    valid: bool | None = None


class Numbered(Struct):
    """A place that is an experiment."""

    experiment_id: str


class Location(Struct):
    """Where a trace lies."""

    type: str
    mlflow_experiment: Numbered


class TraceInfo(Answer):
    """The head of a trace; times are RFC 3339."""

    trace_id: str
    trace_location: Location
    request_time: str
    state: str
    client_request_id: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    execution_duration: str | None = None
    trace_metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    assessments: list[Assessment] = field(default_factory=list)


class Trace(Answer):
    """A trace with its spans in the form of OTLP."""

    trace_info: TraceInfo
    spans: list[dict[str, Any]] = field(default_factory=list)


class OneTrace(Answer):
    """Answers about one trace."""

    trace: Trace


class Traces(Answer):
    """traces/batchGet"""

    traces: list[Trace] = field(default_factory=list)


class TraceInfos(Answer):
    """traces/batchGetInfos"""

    trace_infos: list[TraceInfo] = field(default_factory=list)


class FoundTraces(Answer):
    """traces/search"""

    traces: list[TraceInfo] = field(default_factory=list)
    next_page_token: str = ""


class Deleted(Struct):
    """traces/delete-traces: 0 is said, too."""

    traces_deleted: int


class OneAssessment(Answer):
    """Answers about one judgement."""

    assessment: Assessment


class TraceInfoV2(Answer):
    """The head of a trace as clients before 3.0 know it; times in ms."""

    request_id: str
    experiment_id: str
    timestamp_ms: int
    status: str
    execution_time_ms: int | None = None
    request_metadata: list[KeyValue] = field(default_factory=list)
    tags: list[KeyValue] = field(default_factory=list)


class OneTraceV2(Answer):
    """Answers of version 2 about one trace."""

    trace_info: TraceInfoV2


class FoundTracesV2(Answer):
    """GET traces"""

    traces: list[TraceInfoV2] = field(default_factory=list)
    next_page_token: str = ""
