"""A span as this room keeps it: plain values, ids as hex digits, times in nanoseconds since 1970."""

from __future__ import annotations

import json
from typing import Any

import msgspec

TRACE_PREFIX = "tr-"
SPAN_TYPE = "mlflow.spanType"
INPUTS = "mlflow.spanInputs"
OUTPUTS = "mlflow.spanOutputs"
TOKENS = "mlflow.chat.tokenUsage"
COST = "mlflow.llm.cost"
MODEL = "mlflow.llm.model"
REQUEST_ID = "mlflow.traceRequestId"
UNKNOWN = "UNKNOWN"


class SpanGiven(msgspec.Struct):
    """A span as a program sent it. `trace_id` is 32 hex digits, `parent_id` empty for a root, `end_ns` None while open.

    `resource` describes the program; `rest` holds what only clients look at: kind, events, links, status message.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int | None
    status: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    rest: dict[str, Any]

    @property
    def key(self) -> str:
        """The id of its trace as clients see it."""
        return TRACE_PREFIX + self.trace_id

    @property
    def is_root(self) -> bool:
        """The outermost span of its trace."""
        return not self.parent_id


def unwrap(value: Any) -> Any:
    """What an attribute says: some programs write JSON into text, others plain values."""
    if not isinstance(value, str) or value[:1] not in '"[{0123456789-tfn':
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def as_text(value: Any) -> str:
    """A value as people read it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
