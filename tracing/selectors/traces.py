"""Questions about traces: one by its id, many by ids or by a filter, with or without their spans.

Rows, tags, metadata and judgements of all the traces of an answer are read together, never one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import msgspec

from repos.models import Repository
from tracing.otlp.spans import unwrap
from tracing.otlp.totals import numbers_of
from tracing.rules import COST, SIZE_STATS, SOURCE_RUN, TOKENS, trace_not_found
from tracing.search import ORDERS, compile_traces, order_terms
from tracing.selectors.assessments import AssessmentRow, assessments_of
from tracking import sql
from tracking.locations import below
from tracking.search.compile import Setting
from tracking.search.ordering import compile_order, read_terms
from tracking.selectors.paging import Page, cut

_COLUMNS = (
    "t.id, t.trace_id, t.request_time, t.duration, t.state, t.client_request_id, t.request_preview, "
    "t.response_preview, t.has_spans, e.number, e.artifact_location"
)
_FROM = "FROM tracing_trace t JOIN tracking_experiment e ON e.id = t.experiment_id"


class TraceRow(msgspec.Struct, gc=False):
    """A trace without what hangs on it. Times in ms since 1970, `duration` in ms."""

    pk: int
    trace_id: str
    request_time: int
    duration: int | None
    state: str
    client_request_id: str | None
    request_preview: str | None
    response_preview: str | None
    has_spans: bool
    experiment: int
    location: str

    @property
    def artifact_uri(self) -> str:
        """Where the trace's files lie."""
        return below(self.location, "traces", self.trace_id, "artifacts")


class TraceDetail(msgspec.Struct):
    """A trace with its words (pairs) and its judgements, oldest first."""

    row: TraceRow
    tags: dict[str, str]
    metadata: dict[str, str]
    assessments: list[AssessmentRow]

    @property
    def expected_spans(self) -> int:
        """How many spans its client counted; 0 when it did not say."""
        try:
            counted = json.loads(self.metadata.get(SIZE_STATS, "{}")).get("num_spans", 0)
        except (ValueError, AttributeError, RecursionError):
            return 0
        return counted if isinstance(counted, int) else 0

    @property
    def tokens(self) -> dict[str, int | float]:
        """Tokens by kind, as its client or its spans counted them; empty when nobody did."""
        return _numbers(self.metadata.get(TOKENS))

    @property
    def cost(self) -> dict[str, int | float]:
        """Cost in US dollars by kind; empty when nobody counted."""
        return _numbers(self.metadata.get(COST))


def _numbers(text: str | None) -> dict[str, int | float]:
    return numbers_of(unwrap(text)) or {}


class SpanRow(msgspec.Struct, gc=False):
    """A span as it is kept; times in ns since 1970."""

    span_id: str
    parent_id: str
    status: str
    start_ns: int
    end_ns: int | None
    content: str


def trace_detail(repository: Repository, trace_id: str) -> TraceDetail:
    """The trace with this id; raises NotFound."""
    found = traces_by_id(repository, [trace_id])
    if not found:
        raise trace_not_found(trace_id)
    return found[0]


def traces_by_id(
    repository: Repository, trace_ids: Sequence[str], experiments: Sequence[int] | None = None
) -> list[TraceDetail]:
    """The traces in the order of the ids, unknown ones passed over; only of the numbered experiments, if given."""
    inside, ids = sql.among("t.trace_id", list(dict.fromkeys(trace_ids)))
    where, values = f"t.repository_id = ? AND {inside}", [repository.pk, ids]
    if experiments is not None:
        numbered, numbers = sql.among("e.number", list(experiments))
        where, values = f"{where} AND {numbered}", [*values, numbers]
    rows = [TraceRow(*row) for row in sql.rows(f"SELECT {_COLUMNS} {_FROM} WHERE {where}", values)]
    place = {trace_id: at for at, trace_id in enumerate(trace_ids)}
    return with_words(sorted(rows, key=lambda row: place[row.trace_id]))


def search_traces(
    repository: Repository,
    experiments: Sequence[int],
    *,
    filter_text: str = "",
    order_by: Sequence[str] = (),
    size: int = 100,
    offset: int = 0,
) -> Page[TraceDetail]:
    """Traces of the numbered experiments that match. Raises FilterError for what is not understood."""
    setting = Setting(repository.pk, sql.is_postgres())
    condition = compile_traces(filter_text, setting)
    order = compile_order(order_terms(read_terms(order_by)), ORDERS, setting)
    keys = [row[0] for row in _experiment_keys(repository, experiments)]
    inside, value = sql.among("t.experiment_id", keys)
    statement = (
        f"SELECT {_COLUMNS} {_FROM}{order.join_text} WHERE {inside} AND ({condition.text}) "
        f"ORDER BY {order.term_text} LIMIT ? OFFSET ?"
    )
    found = sql.rows(statement, (*order.values, value, *condition.values, size + 1, offset))
    page = cut([TraceRow(*row) for row in found], size)
    return Page(with_words(page.rows), page.more)


def _experiment_keys(repository: Repository, numbers: Sequence[int]) -> list[sql.Row]:
    inside, value = sql.among("number", list(set(numbers)))
    return sql.rows(f"SELECT id FROM tracking_experiment WHERE repository_id = ? AND {inside}", (repository.pk, value))


def spans_of(traces: Iterable[TraceDetail]) -> dict[int, list[SpanRow]]:
    """The spans of traces by the key of their trace, roots first, then by start."""
    keys = [trace.row.pk for trace in traces]
    spans: dict[int, list[SpanRow]] = {key: [] for key in keys}
    if not keys:
        return spans
    inside, value = sql.among("trace_id", keys)
    statement = (
        f"SELECT trace_id, span_id, parent_id, status, start_ns, end_ns, content FROM tracing_span WHERE {inside} "
        "ORDER BY trace_id, (CASE WHEN parent_id = '' THEN 0 ELSE 1 END), start_ns, span_id"
    )
    for trace, *row in sql.stream(statement, (value,)):
        spans[trace].append(SpanRow(*row))
    return spans


def with_words(rows: Sequence[TraceRow]) -> list[TraceDetail]:
    """The traces with their tags, metadata and judgements, read together, in the order given."""
    held = {row.pk: TraceDetail(row, {}, {}, []) for row in rows}
    if not held:
        return []
    inside, value = sql.among("trace_id", list(held))
    for trace, key, text in sql.rows(f"SELECT trace_id, key, value FROM tracing_tracetag WHERE {inside}", (value,)):
        held[trace].tags[key] = text
    metadata = f"SELECT trace_id, key, value FROM tracing_tracemetadata WHERE {inside}"
    for trace, key, text in sql.rows(metadata, (value,)):
        held[trace].metadata[key] = text
    for trace, found in assessments_of(list(held)):
        held[trace].assessments.append(found)
    return list(held.values())


def runs_with_traces(runs: Sequence[int]) -> set[int]:
    """Those of the runs with these keys that have traces in their experiment: by one pass of its traces."""
    test, value = sql.among("id", list(runs))
    here = f"t.experiment_id IN (SELECT experiment_id FROM tracking_run WHERE {test})"
    named = f"IN (SELECT uuid FROM tracking_run WHERE {test})"
    found = sql.rows(
        "SELECT m.value FROM tracing_trace t JOIN tracing_tracemetadata m ON m.trace_id = t.id AND m.key = ? "
        f"WHERE {here} AND m.value {named} UNION SELECT l.run_uuid FROM tracing_tracerunlink l "
        f"JOIN tracing_trace t ON t.id = l.trace_id WHERE {here} AND l.run_uuid {named}",
        (SOURCE_RUN, value, value, value, value),
    )
    if not found:
        return set()
    inside, uuids = sql.among("uuid", [row[0] for row in found])
    return {row[0] for row in sql.rows(f"SELECT id FROM tracking_run WHERE {inside} AND {test}", (uuids, value))}
