"""How traces went over time, for small charts: counts and errors, latency, tokens, in at most BUCKETS steps.

At most MOST of the newest traces that match are read, so that the answer costs the same however many there are.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tracing.models.traces import TraceState
from tracing.rules import TOKENS
from tracing.selectors.trace_list import TraceQuery, matches
from tracking import sql
from tracking.models import Experiment

BUCKETS = 48
MOST = 100_000
CHARTS = ("traces", "latency", "tokens")
Point = tuple[int, float | None]
Series = dict[str, Any]
_TOKENS = f"(SELECT m.value FROM tracing_tracemetadata m WHERE m.trace_id = t.id AND m.key = '{TOKENS}')"
_VALUES = {"traces": "t.state", "latency": "t.duration", "tokens": _TOKENS}


def overview(experiment: Experiment, query: TraceQuery, about: str) -> dict[str, Any]:
    """The data of one of CHARTS as charts take it; raises FilterError."""
    matching = matches(experiment, query)
    rows = sql.rows(
        f"SELECT t.request_time, {_VALUES[about]} FROM tracing_trace t WHERE {matching.text} "
        "ORDER BY t.request_time DESC LIMIT ?",
        (*matching.values, MOST),
    )
    buckets = _in_buckets(rows)
    series = {"traces": _states, "latency": _latency, "tokens": _tokens}[about](buckets)
    return {"x": "time", "series": [each for each in series if each["points"]], "done": True}


def _in_buckets(rows: Sequence[sql.Row]) -> dict[int, list[Any]]:
    """The values by the beginning of their step, in order of time; steps between that are empty stay away."""
    if not rows:
        return {}
    last, first = rows[0][0], rows[-1][0]
    width = max(1, -(-(last - first + 1) // BUCKETS))
    found: dict[int, list[Any]] = defaultdict(list)
    for time, value in reversed(rows):
        found[first + (time - first) // width * width].append(value)
    return found


def _states(buckets: dict[int, list[Any]]) -> list[Series]:
    failed = TraceState.ERROR.value
    return [
        _series("Traces", 2, buckets, len),
        _series("Errors", 6, buckets, lambda states: sum(state == failed for state in states)),
    ]


def _latency(buckets: dict[int, list[Any]]) -> list[Series]:
    known = {time: sorted(ms / 1000 for ms in values if ms is not None) for time, values in buckets.items()}
    known = {time: values for time, values in known.items() if values}
    return [
        _series("Median, s", 2, known, lambda values: values[len(values) // 2]),
        _series("95 of 100 within, s", 1, known, lambda values: values[min(len(values) - 1, len(values) * 95 // 100)]),
    ]


def _tokens(buckets: dict[int, list[Any]]) -> list[Series]:
    said = {time: [_total(text) for text in values if text] for time, values in buckets.items()}
    return [_series("Tokens", 3, {time: values for time, values in said.items() if values}, sum)]


def _total(text: str) -> float:
    try:
        total = json.loads(text).get("total_tokens", 0)
    except (ValueError, AttributeError, RecursionError):
        return 0
    return total if isinstance(total, (int, float)) and abs(total) < 1e15 else 0


def _series(name: str, color: int, buckets: dict[int, list[Any]], value: Callable[[list[Any]], float]) -> Series:
    points: Iterable[Point] = ((time, value(values)) for time, values in buckets.items())
    return {"name": name, "color": color, "points": list(points)}
