"""A trace as one JSON document, with the words of the protocol: what the page shows in part, whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tracing.otlp.encode import show_file_span
from tracing.otlp.spans import TRACE_PREFIX
from tracing.rules import show_duration, show_timestamp
from tracing.selectors.traces import SpanRow, TraceDetail


def trace_json(found: TraceDetail, spans: Iterable[SpanRow]) -> Iterator[bytes]:
    """The document in pieces: the trace's description, its judgements, and each span."""
    head = json.dumps(_info(found), ensure_ascii=False)
    yield f'{{"info": {head}, "data": {{"spans": ['.encode()
    digits = found.row.trace_id.removeprefix(TRACE_PREFIX)
    for number, span in enumerate(spans):
        shown = show_file_span(
            digits, span.span_id, span.parent_id, span.status, span.start_ns, span.end_ns, span.content
        )
        yield (("," if number else "") + "\n" + json.dumps(shown, ensure_ascii=False)).encode(errors="replace")
    yield b"\n]}}\n"


def _info(found: TraceDetail) -> dict[str, Any]:
    row = found.row
    return {
        "trace_id": row.trace_id,
        "experiment_id": str(row.experiment),
        "request_time": show_timestamp(row.request_time),
        "execution_duration": None if row.duration is None else show_duration(row.duration),
        "state": row.state,
        "client_request_id": row.client_request_id,
        "request_preview": row.request_preview,
        "response_preview": row.response_preview,
        "trace_metadata": found.metadata,
        "tags": found.tags,
        "assessments": [
            {
                "assessment_id": each.assessment_id,
                "assessment_name": each.name,
                each.kind: json.loads(each.body),
                "source": {"source_type": each.source_type, "source_id": each.source_id},
                "span_id": each.span_id,
                "rationale": each.rationale,
                "metadata": json.loads(each.metadata),
                "overrides": each.overrides,
                "valid": bool(each.valid),
                "create_time": show_timestamp(each.created_at),
                "last_update_time": show_timestamp(each.updated_at),
            }
            for each in found.assessments
        ],
    }
