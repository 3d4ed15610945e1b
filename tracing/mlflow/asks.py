"""What clients ask of traces and assessments: one struct per endpoint, with the protocol's field names."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tracking.mlflow.asks import Ask, Pair


class Source(Struct):
    """Who judged."""

    source_type: str | int = "SOURCE_TYPE_UNSPECIFIED"
    source_id: str = ""


class Assessment(Struct):
    """A judgement; which of the fields feedback, expectation, issue is there says what kind."""

    assessment_name: str = ""
    assessment_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    source: Source | None = None
    create_time: str | None = None
    last_update_time: str | None = None
    feedback: dict[str, Any] | None = None
    expectation: dict[str, Any] | None = None
    issue: dict[str, Any] | None = None
    rationale: str | None = None
    error: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None
    overrides: str = ""
    valid: bool | None = None


class Numbered(Struct):
    """A place that is an experiment."""

    experiment_id: str = ""


class Location(Struct):
    """Where traces lie."""

    type: str | int = ""
    mlflow_experiment: Numbered | None = None


class TraceInfo(Struct):
    """The head of a trace."""

    trace_id: str = ""
    client_request_id: str | None = None
    trace_location: Location | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    request_time: str | None = None
    execution_duration: str | None = None
    state: str | int | None = None
    trace_metadata: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    assessments: list[Assessment] | None = None


class Trace(Struct):
    """A trace; its spans come by another way."""

    trace_info: TraceInfo | None = None


class StartTrace(Ask):
    """POST traces (version 3)"""

    REQUIRED = ("trace",)
    trace: Trace | None = None


class ByTrace(Ask):
    """Requests about one trace; its id is in the path."""


class GetTrace(Ask):
    """traces/get"""

    REQUIRED = ("trace_id",)
    trace_id: str | None = None
    allow_partial: bool | None = None


class ManyTraces(Ask):
    """traces/batchGet, batchGetInfos"""

    REQUIRED = ("trace_ids",)
    trace_ids: list[str] | None = None
    experiment_ids: list[str] | None = None


class SearchTraces(Ask):
    """traces/search"""

    locations: list[Location] | None = None
    filter: str | None = None
    max_results: int | None = None
    order_by: list[str] | None = None
    page_token: str | None = None


class TraceTag(Ask):
    """traces/{trace_id}/tags"""

    REQUIRED = ("key",)
    key: str | None = None
    value: str | None = None


class DeleteTraces(Ask):
    """traces/delete-traces"""

    REQUIRED = ("experiment_id",)
    experiment_id: str | None = None
    max_timestamp_millis: int | None = None
    max_traces: int | None = None
    request_ids: list[str] | None = None


class LinkToRun(Ask):
    """traces/link-to-run"""

    REQUIRED = ("run_id",)
    run_id: str | None = None
    trace_ids: list[str] | None = None


class PromptVersion(Struct):
    """A version of a prompt."""

    name: str = ""
    version: str = ""


class LinkPrompts(Ask):
    """traces/link-prompts"""

    REQUIRED = ("trace_id",)
    trace_id: str | None = None
    prompt_versions: list[PromptVersion] | None = None


# --- assessments


class CreateAssessment(Ask):
    """POST traces/{trace_id}/assessments"""

    REQUIRED = ("assessment",)
    assessment: Assessment | None = None


class UpdateAssessment(Ask):
    """PATCH traces/{trace_id}/assessments/{assessment_id}: `update_mask` is a list of fields with commas"""

    REQUIRED = ("assessment", "update_mask")
    assessment: Assessment | None = None
    update_mask: str | None = None


# --- traces as clients before 3.0 know them


class StartTraceV2(Ask):
    """POST traces (version 2)"""

    REQUIRED = ("experiment_id",)
    experiment_id: str | None = None
    timestamp_ms: int | None = None
    request_metadata: list[Pair] | None = None
    tags: list[Pair] | None = None


class EndTraceV2(Ask):
    """PATCH traces/{request_id}"""

    timestamp_ms: int | None = None
    status: str | int | None = None
    request_metadata: list[Pair] | None = None
    tags: list[Pair] | None = None


class SearchTracesV2(Ask):
    """GET traces (version 2)"""

    experiment_ids: list[str] | None = None
    filter: str | None = None
    max_results: int | None = None
    order_by: list[str] | None = None
    page_token: str | None = None
