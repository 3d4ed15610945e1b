"""Spans as pages read them: all of a trace without their contents, one with it, the outermost of many traces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tracing.otlp.spans import INPUTS, OUTPUTS, as_text, unwrap
from tracing.otlp.totals import numbers_of
from tracing.waterfall import Step
from tracking import sql

MOST_SPANS = 20_000


def steps_of(trace: int) -> list[Step]:
    """The spans of the trace with this key, by their start, without their contents; at most MOST_SPANS."""
    rows = sql.rows(
        "SELECT span_id, parent_id, name, type, status, start_ns, end_ns, tokens FROM tracing_span "
        "WHERE trace_id = ? ORDER BY start_ns, span_id LIMIT ?",
        (trace, MOST_SPANS),
    )
    return [Step(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class SpanContent:
    """A span with everything that is kept of it; times in ns since 1970, `tokens` and `cost` by kind."""

    step: Step
    size: int
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    links: list[dict[str, Any]]
    message: str
    tokens: dict[str, int | float]
    cost: dict[str, int | float]


def span_content(trace: int, span_id: str) -> SpanContent | None:
    """One span of the trace with this key, or None."""
    row = sql.row(
        "SELECT span_id, parent_id, name, type, status, start_ns, end_ns, tokens, cost, content FROM tracing_span "
        "WHERE trace_id = ? AND span_id = ?",
        (trace, span_id),
    )
    if row is None:
        return None
    kept = json.loads(row[9])
    return SpanContent(
        step=Step(*row[:8]),
        size=len(row[9]),
        attributes=kept.get("attributes") or {},
        events=kept.get("events") or [],
        links=kept.get("links") or [],
        message=as_text(kept.get("message") or ""),
        tokens=_numbers(row[7]),
        cost=_numbers(row[8]),
    )


def _numbers(text: str | None) -> dict[str, int | float]:
    return numbers_of(json.loads(text)) or {} if text else {}


def spans_size(trace: int, span_id: str = "") -> int:
    """How many characters the contents of a trace's spans have, or of one of them."""
    one, values = (" AND span_id = ?", (trace, span_id)) if span_id else ("", (trace,))
    found = sql.row(f"SELECT COALESCE(SUM(LENGTH(content)), 0) FROM tracing_span WHERE trace_id = ?{one}", values)
    return int(found[0]) if found else 0


def linked_prompts(trace: int) -> list[tuple[str, str]]:
    """The versions of prompts that the trace with this key used: name and version."""
    statement = "SELECT name, version FROM tracing_traceprompt WHERE trace_id = ? ORDER BY name, version"
    return [(name, version) for name, version in sql.rows(statement, (trace,))]


class Root(msgspec.Struct, gc=False):
    """What the outermost span of a trace was given and gave, as values."""

    inputs: Any
    outputs: Any


def roots_of(traces: Sequence[int]) -> dict[int, Root]:
    """The roots of the traces with these keys, by key; the first where a trace has several, none where it has none."""
    inside, keys = sql.among("trace_id", list(traces))
    if sql.is_postgres():
        held = "(content::jsonb -> 'attributes' -> '{0}')::text".format
    else:
        held = "(content -> '$.attributes.\"{0}\"')".format
    statement = (
        f"SELECT trace_id, {held(INPUTS)}, {held(OUTPUTS)} FROM tracing_span WHERE {inside} AND parent_id = '' "
        "ORDER BY trace_id, start_ns DESC"
    )
    return {row[0]: Root(_said(row[1]), _said(row[2])) for row in sql.stream(statement, (keys,))}


def _said(text: str | None) -> Any:
    return unwrap(json.loads(text)) if text else None
