"""Counts, sums, averages and percentiles over traces, spans and judgements, parted by time and dimensions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.lib.errors import Invalid
from repos.models import Repository
from tracing import measures
from tracing.measures import Aggregation, Dialect, Kind, Measure, View
from tracing.rules import SOURCE_RUN
from tracking import sql
from tracking.rules import HIGH, LOW
from tracking.search.compile import Condition
from tracking.search.errors import FilterError
from tracking.search.grammar import Comparison, parse
from tracking.selectors.paging import Page, cut

BUCKET = "time_bucket"
MAX_INTERVAL = 100 * 366 * 24 * 3600
# The last millisecond that a calendar can name.
_LAST_MS = 253_402_300_799_999
_NS = 1_000_000
_FROM = {
    View.TRACES: "",
    View.SPANS: " JOIN tracing_span s ON s.trace_id = t.id",
    View.ASSESSMENTS: " JOIN tracing_assessment a ON a.trace_id = t.id AND a.valid",
}
_WORDS = {
    ("trace", "status"): "t.state",
    ("span", "name"): "s.name",
    ("span", "type"): "s.type",
    ("span", "status"): "s.status",
    ("assessment", "name"): "a.name",
    ("assessment", "type"): "a.kind",
}
_KEYED = {"tag": "tracing_tracetag", "metadata": "tracing_tracemetadata"}
_HOME = {"span": View.SPANS, "assessment": View.ASSESSMENTS}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `start` and `end` in ms since 1970, both included; `interval` in seconds."""

    view: View
    name: str
    aggregations: Sequence[Aggregation]
    dimensions: Sequence[str] = ()
    filters: Sequence[str] = ()
    interval: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class DataPoint:
    """The values of one group; the dimension `time_bucket` is the beginning of a span of time."""

    dimensions: dict[str, str]
    values: dict[str, float]


def measure_traces(
    repository: Repository, experiments: Sequence[int], asked: Question, *, size: int, offset: int = 0
) -> Page[DataPoint]:
    """The groups by time, then by dimensions. Raises Invalid for what cannot be measured so, FilterError."""
    measure = measures.find_measure(asked.view, asked.name, asked.aggregations, asked.dimensions)
    dialect = Dialect(sql.is_postgres())
    names = [*([BUCKET] if asked.interval else []), *dict.fromkeys(asked.dimensions)]
    where = _where(repository, experiments, asked, measure)
    statement = _statement(asked, measure, names, where.text, dialect)
    found = cut(sql.rows(statement, (*where.values, size + 1, offset)), size)
    points = [_point(row, names, asked.aggregations) for row in found.rows]
    return Page([point for point in points if point.values], found.more)


def _statement(asked: Question, measure: Measure, names: Sequence[str], where: str, dialect: Dialect) -> str:
    columns = [_dimension(name, asked, measure, dialect) for name in names]
    value = measures.value_column(asked.view, asked.name, dialect)
    picked = ", ".join([*(f"{column} AS d{at}" for at, column in enumerate(columns)), f"{value} AS v"])
    groups = [f"d{at}" for at in range(len(names))]
    rows = (
        f"SELECT {picked} FROM tracing_trace t JOIN tracking_experiment e ON e.id = t.experiment_id"
        f"{_FROM[asked.view]} WHERE {where}"
    )
    there = " AND ".join(f"{column} IS NOT NULL" for column in [*groups, "v"])
    rows = f"SELECT * FROM ({rows}) x WHERE {there}"
    if any(each.kind is Kind.PERCENTILE for each in asked.aggregations):
        part = f"PARTITION BY {', '.join(groups)}" if groups else ""
        rows = (
            f"SELECT y.*, ROW_NUMBER() OVER ({part} ORDER BY v) - 1 AS place, COUNT(*) OVER ({part}) AS n "
            f"FROM ({rows}) y"
        )
    told = [_aggregate(each, measure, dialect) for each in asked.aggregations]
    tail = f" GROUP BY {', '.join(groups)} ORDER BY {_order(names, dialect)}" if groups else ""
    return f"SELECT {', '.join([*groups, *told])} FROM ({rows}) z{tail} LIMIT ? OFFSET ?"


def _order(names: Sequence[str], dialect: Dialect) -> str:
    plain = ' COLLATE "C"' if dialect.postgres else ""
    return ", ".join(f"d{at}{'' if name == BUCKET else plain}" for at, name in enumerate(names))


def _dimension(name: str, asked: Question, measure: Measure, dialect: Dialect) -> str:
    if name != BUCKET:
        return measures.dimension_column(name, dialect)
    width = int(asked.interval or 1) * 1000
    moment = f"s.start_ns / {_NS}" if asked.view is View.SPANS else "t.request_time"
    return f"({moment} / {width} * {width})"


def _aggregate(asked: Aggregation, measure: Measure, dialect: Dialect) -> str:
    if asked.kind is Kind.COUNT:
        return "COUNT(DISTINCT v)" if measure.distinct else "COUNT(v)"
    if asked.kind is not Kind.PERCENTILE:
        return f"{asked.kind}(v)"
    low, beyond = measures.percentile_bounds(asked.percentile or 0.0, dialect)
    below, above = (f"MAX(CASE WHEN place = {at} THEN v END)" for at in (low, f"{low} + 1"))
    # Between the two values that the percentile lies between, as far as it lies between them.
    return f"{below} + MAX({beyond}) * (COALESCE({above}, {below}) - {below})"


def _where(repository: Repository, experiments: Sequence[int], asked: Question, measure: Measure) -> Condition:
    inside, numbers = sql.among("e.number", list(set(experiments)))
    tests, values = ["t.repository_id = ?", inside], [repository.pk, numbers]
    for column, sign, value in _times(asked, measure):
        tests.append(f"{column} {sign} ?")
        values.append(value)
    for text in asked.filters:
        found = _filter(text, asked.view)
        tests.append(found.text)
        values += found.values
    return Condition(" AND ".join(tests), tuple(values))


def _times(asked: Question, measure: Measure) -> list[tuple[str, str, int]]:
    start, end = asked.start, asked.end
    if asked.interval is not None:
        if start is None or end is None:
            raise Invalid("start_time_ms and end_time_ms are required if time_interval_seconds is set")
        if not 1 <= asked.interval <= MAX_INTERVAL:
            raise Invalid(f"time_interval_seconds must be between 1 and {MAX_INTERVAL}.", field="time_interval_seconds")
        start, end = max(start, 0), min(end, _LAST_MS)
    tests = [("t.request_time", ">=", start), ("t.request_time", "<=", end)]
    if measure.by_span_time:
        # Every nanosecond of the last millisecond counts.
        tests = [
            ("s.start_ns", ">=", None if start is None else start * _NS),
            ("s.start_ns", "<", None if end is None else (end + 1) * _NS),
        ]
    found = [(column, sign, min(max(value, LOW), HIGH)) for column, sign, value in tests if value is not None]
    # Spans may begin before 1970 or after the year 9999 when their trace does not.
    return [*found, ("s.start_ns", ">=", 0)] if asked.interval is not None and asked.view is View.SPANS else found


def _filter(text: str, view: View) -> Condition:
    """`trace.status|tag.<key>|metadata.<key>`, `span.name|type|status`, `assessment.name|type`, each `= '…'`."""
    test = parse(text)
    if not isinstance(test, Comparison):
        raise FilterError(f"Invalid filter: '{text}'. Expected one filter clause.")
    if test.operator != "=":
        message = f"Invalid comparator: '{test.operator}', only '=' operator is supported"
        raise FilterError(message, text=text, position=test.position)
    if not isinstance(test.value, str) or "\0" in test.value:
        message = f"Expected a quoted string value for {test.name.key} value (e.g. 'my-value'). Got {test.shown}"
        raise FilterError(message, text=text, position=test.position)
    entity, (word, dot, key) = test.name.entity, test.name.key.partition(".")
    if _HOME.get(entity, view) is not view:
        message = f"Filtering by {entity} is only supported for {_HOME[entity]} view type, got {view}"
        raise FilterError(message, text=text, position=test.name.position)
    if (entity, word) in _WORDS and not dot:
        return Condition(f"{_WORDS[entity, word]} = ?", (test.value,))
    if entity != "trace" or word not in _KEYED or not key:
        known = sorted(".".join(each) for each in _WORDS) + [f"trace.{each}.<key>" for each in _KEYED]
        message = f"Invalid identifier '{entity}.{test.name.key}'. Valid ones are {known}"
        raise FilterError(message, text=text, position=test.name.position)
    return _word(_KEYED[word], key.strip('`"'), test.value)


def _word(table: str, key: str, value: str) -> Condition:
    found = f"EXISTS (SELECT 1 FROM {table} f WHERE f.trace_id = t.id AND f.key = ? AND f.value = ?)"
    if table != _KEYED["metadata"] or key != SOURCE_RUN:
        return Condition(found, (key, value))
    linked = "EXISTS (SELECT 1 FROM tracing_tracerunlink l WHERE l.trace_id = t.id AND l.run_uuid = ?)"
    return Condition(f"({found} OR {linked})", (key, value, value))


def _point(row: sql.Row, names: Sequence[str], aggregations: Sequence[Aggregation]) -> DataPoint:
    found = {each.label: measures.finite(value) for each, value in zip(aggregations, row[len(names) :], strict=True)}
    shown = {name: _shown(name, value) for name, value in zip(names, row, strict=False)}
    return DataPoint(shown, {label: value for label, value in found.items() if value is not None})


def _shown(name: str, value: Any) -> str:
    if name == BUCKET:
        return datetime.fromtimestamp(int(value) / 1000, tz=UTC).isoformat()
    if name != "assessment_value":
        return str(value)
    try:
        judged = json.loads(value)
    except (ValueError, RecursionError):
        return str(value)
    # Numbers travel as fractions in this protocol.
    return json.dumps(float(judged) if isinstance(judged, int) and not isinstance(judged, bool) else judged)
