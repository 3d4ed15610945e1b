"""What the spans of a batch say about their traces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from tracing.otlp.spans import INPUTS, OUTPUTS, SpanGiven, as_text, unwrap

TAG_PREFIX = "mlflow.traceTag."
PREVIEW = 1000
_SESSIONS = ("session.id", "gen_ai.conversation.id")
_OWN_RESOURCES = ("telemetry.sdk.", "mlflow.")
_STATES = {"ERROR": "ERROR"}


class Facts(msgspec.Struct):
    """A trace as far as one batch knows it: times in ms since 1970, `state` None without its root span.

    `name` is that of the root span, for traces that have none; `tags` replace what the trace has.
    """

    trace_id: str
    spans: list[SpanGiven]
    start: int
    end: int | None
    state: str | None
    request_preview: str | None
    response_preview: str | None
    session: str
    user: str
    name: str
    tags: dict[str, str]


def facts_of(spans: Iterable[SpanGiven]) -> list[Facts]:
    """The traces of a batch by id; of two spans with one id the later holds."""
    traces: dict[str, dict[str, SpanGiven]] = defaultdict(dict)
    for span in spans:
        traces[span.key][span.span_id] = span
    return [_facts(trace_id, list(found.values())) for trace_id, found in sorted(traces.items())]


def _facts(trace_id: str, spans: list[SpanGiven]) -> Facts:
    root = next((span for span in spans if span.is_root), None)
    ends = [span.end_ns for span in spans if span.end_ns is not None]
    return Facts(
        trace_id=trace_id,
        spans=spans,
        start=min(span.start_ns for span in spans) // 1_000_000,
        end=max(ends) // 1_000_000 if ends else None,
        state=_STATES.get(root.status, "OK") if root else None,
        request_preview=_preview(root, INPUTS),
        response_preview=_preview(root, OUTPUTS),
        session=_said(spans, _SESSIONS),
        user=_said(spans, ("user.id",)),
        name=root.name if root else "",
        tags=_tags(spans, root),
    )


def _preview(root: SpanGiven | None, name: str) -> str | None:
    if root is None or root.attributes.get(name) is None:
        return None
    text = as_text(unwrap(root.attributes[name]))
    return text if len(text) <= PREVIEW else text[: PREVIEW - 3] + "..."


def _said(spans: list[SpanGiven], names: tuple[str, ...]) -> str:
    """The first span's word for something, or nothing."""
    for span in spans:
        for name in names:
            if span.attributes.get(name):
                return as_text(unwrap(span.attributes[name]))
    return ""


def _tags(spans: list[SpanGiven], root: SpanGiven | None) -> dict[str, str]:
    resource = next((span.resource for span in spans if span.resource), {})
    tags = {key: as_text(value) for key, value in resource.items() if not key.startswith(_OWN_RESOURCES)}
    for key, value in root.attributes.items() if root else ():
        if key.startswith(TAG_PREFIX) and key != TAG_PREFIX:
            tags[key.removeprefix(TAG_PREFIX)] = as_text(unwrap(value))
    return tags
