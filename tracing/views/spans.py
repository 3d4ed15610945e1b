"""Spans as pages draw them: lines of the waterfall, and one span in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.lib.errors import NotFound
from repos.models import Repository
from tracing.otlp.spans import (
    COST,
    INPUTS,
    MODEL,
    OUTPUTS,
    REQUEST_ID,
    SPAN_TYPE,
    TOKENS,
    TRACE_PREFIX,
    as_text,
    unwrap,
)
from tracing.selectors.span_pages import SpanContent, span_content
from tracing.selectors.traces import TraceDetail
from tracing.shapes import LONGEST, Shape, shape_of, tree_of
from tracing.times import took_text
from tracing.waterfall import Line, Waterfall
from tracking.rules import HIGH

LINES = 300
MOST_EVENTS = 100
MOST_ATTRIBUTES = 200
_NARROWEST = 1.0
ICONS = {
    "LLM": ("sparkles", 1), "CHAT_MODEL": ("message-square", 1), "AGENT": ("bot", 7), "TOOL": ("wrench", 3),
    "RETRIEVER": ("search", 5), "EMBEDDING": ("binary", 4), "RERANKER": ("arrow-up-down", 5), "CHAIN": ("link", 2),
    "PARSER": ("braces", 4), "MEMORY": ("database", 5), "GUARDRAIL": ("shield", 6), "EVALUATOR": ("gauge", 6),
    "WORKFLOW": ("workflow", 2), "TASK": ("list-checks", 2),
}  # fmt: skip
"""The icon and the colour of each type of span."""
_SHOWN_ELSEWHERE = (INPUTS, OUTPUTS, SPAN_TYPE, TOKENS, COST, REQUEST_ID)
_EXCEPTION = ("exception.type", "exception.message", "exception.stacktrace")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line of the waterfall. `x` and `width` are percent of the time axis, with a dot for the point."""

    span_id: str
    name: str
    type: str
    icon: str
    colour: int
    level: int
    indent: int
    x: str
    width: str
    took: str
    failed: bool
    lost: bool
    open: bool
    children: int


def lines_of(fall: Waterfall, begin: int) -> list[Drawn]:
    """At most LINES lines of the tree, from the one with this number on."""
    return [_drawn(line) for line in fall.lines[begin : begin + LINES]]


def _drawn(line: Line) -> Drawn:
    step = line.step
    icon, colour = ICONS.get(step.type.upper(), ("circle", 8))
    left = min(line.left, 100 - _NARROWEST)
    return Drawn(
        step.span_id, step.name or "unnamed", "" if step.type == "UNKNOWN" else step.type, icon, colour,
        line.depth + 1, line.indent, f"{left:.3f}%", f"{max(_NARROWEST, min(line.width, 100 - left)):.3f}%",
        took_text(step.seconds), step.status == "ERROR", line.lost, step.end_ns is None, line.children,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that a span met."""

    type: str
    message: str
    stack: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened within a span, so long after its beginning."""

    name: str
    after: str
    attributes: Shape


def span_context(repo: Repository, found: TraceDetail, span_id: str, here: str) -> dict[str, Any]:
    """What the part about one span shows. Raises NotFound when the trace has no such span."""
    content = None if "\0" in span_id else span_content(found.row.pk, span_id)
    if content is None:
        raise NotFound("This trace has no such span.")
    held, step = content.attributes, content.step
    plain = [(event, event.get("attributes") or {}) for event in content.events[:MOST_EVENTS]]
    icon, _ = ICONS.get(step.type.upper(), ("circle", 8))
    return {
        "span": step,
        "span_icon": icon,
        "span_took": took_text(step.seconds),
        "span_started": _moment(step.start_ns),
        "span_failed": step.status == "ERROR",
        "span_message": content.message[:LONGEST],
        "span_model": as_text(unwrap(held.get(MODEL)) or "")[:200],
        "span_tokens": content.tokens,
        "span_cost": content.cost,
        "span_inputs": shape_of(held.get(INPUTS)),
        "span_outputs": shape_of(held.get(OUTPUTS)),
        "span_raised": [_raised(given) for event, given in plain if event.get("name") == "exception"],
        "span_events": [
            Event(as_text(event.get("name") or ""), _after(step.start_ns, event), shape_of(given))
            for event, given in plain
            if event.get("name") != "exception"
        ],
        "span_more_events": max(0, len(content.events) - MOST_EVENTS),
        "span_attributes": _attributes(held),
        "span_links": _links(found, content, here),
        "span_judgements": sum(each.span_id == span_id and each.valid for each in found.assessments),
    }


def _attributes(held: Mapping[str, Any]) -> Any:
    shown = {key: unwrap(value) for key, value in sorted(held.items()) if key not in _SHOWN_ELSEWHERE}
    return tree_of(dict(list(shown.items())[:MOST_ATTRIBUTES])) if shown else ()


def _raised(given: Mapping[str, Any]) -> Raised:
    kind, message, stack = (as_text(unwrap(given.get(key)) or "")[:LONGEST] for key in _EXCEPTION)
    return Raised(kind, message, stack)


def _links(found: TraceDetail, content: SpanContent, here: str) -> list[tuple[str, str]]:
    """The spans that it refers to: words, and the address of those in this trace."""
    own = found.row.trace_id.removeprefix(TRACE_PREFIX)
    shown = []
    for link in content.links[:MOST_EVENTS]:
        trace, span = str(link.get("trace", "")), str(link.get("span", ""))
        base = here if trace == own else f"{here.rpartition('/')[0]}/{TRACE_PREFIX}{trace}"
        shown.append((f"span {span} of {TRACE_PREFIX}{trace}", f"{base}?span={span}"))
    return shown


def _after(start: int, event: Mapping[str, Any]) -> str:
    time = event.get("time")
    return took_text(max(0, time - start) / 1e9) if isinstance(time, int) else ""


def _moment(ns: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(min(max(ns, 0), HIGH) / 1e9, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
