"""What may be measured of traces, spans and judgements: names, aggregations, dimensions, and the SQL behind each.

Aliases: `t` the trace, `s` the span, `a` the judgement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hub.lib.errors import Invalid
from tracing.otlp.totals import CACHE_KEYS, COST_KEYS, TOKEN_KEYS
from tracing.rules import SESSION, TOKENS, TRACE_NAME
from tracking.rules import invalid_value


class View(StrEnum):
    """What is counted."""

    TRACES = "TRACES"
    SPANS = "SPANS"
    ASSESSMENTS = "ASSESSMENTS"


class Kind(StrEnum):
    """How values become one."""

    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"
    PERCENTILE = "PERCENTILE"
    MIN = "MIN"
    MAX = "MAX"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One way to sum up; `percentile` (0 to 100) for PERCENTILE only."""

    kind: Kind
    percentile: float | None = None

    def __post_init__(self) -> None:
        """Raises Invalid when the percentile is missing, out of range or out of place."""
        if self.kind is not Kind.PERCENTILE:
            if self.percentile is not None:
                raise Invalid(f"Percentile value is only allowed for PERCENTILE aggregation type, got {self.kind}")
        elif self.percentile is None:
            raise Invalid("Percentile value is required for PERCENTILE aggregation")
        elif not 0 <= self.percentile <= 100:
            raise Invalid(f"Percentile value must be between 0 and 100, got {self.percentile}")

    @property
    def label(self) -> str:
        """What the protocol calls the value: `AVG`, `P95.0`."""
        return f"P{self.percentile}" if self.kind is Kind.PERCENTILE else str(self.kind)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the database reads JSON; `postgres` or SQLite. What is no JSON or no number is NULL, never an error."""

    postgres: bool

    def number_in(self, column: str, key: str) -> str:
        """A number of a JSON object that clients may have written."""
        if self.postgres:
            # No question marks here: they stand for values.
            plain = "-{0,1}[0-9]{1,250}[.]{0,1}[0-9]{0,30}"
            number = f"{plain}|-{{0,1}}[0-9]{{1,20}}[.]{{0,1}}[0-9]{{0,30}}[eE][-+]{{0,1}}[0-9]{{1,2}}"
            return f"CAST(substring({column} from '\"{key}\"[ ]*:[ ]*({number})') AS float8)"
        found = f"json_extract({column}, '$.{key}')"
        return f"CASE WHEN json_valid({column}) AND typeof({found}) IN ('integer', 'real') THEN {found} END"

    def attribute(self, name: str) -> str:
        """An attribute of the span that is text, which clients send in JSON's quotes or without."""
        if self.postgres:
            return f"btrim(s.content::jsonb -> 'attributes' ->> '{name}', '\"')"
        return f"trim(json_extract(s.content, '$.attributes.\"{name}\"'), '\"')"

    @property
    def judged(self) -> str:
        """What the judgement says, as JSON."""
        if self.postgres:
            parts = "a.body::jsonb #>> '{serialized_value,value}', CAST(a.body::jsonb -> 'value' AS text)"
            return f"COALESCE({parts}, CAST(a.body::jsonb -> 'issue_name' AS text), 'null')"
        parts = "json_extract(a.body, '$.serialized_value.value'), a.body -> '$.value', a.body -> '$.issue_name'"
        return f"COALESCE({parts}, 'null')"

    @property
    def judged_number(self) -> str:
        """What the judgement says as a number: true and "yes" count as 1, false and "no" as 0."""
        words = "WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0"
        answers = "WHEN 'yes' THEN 1.0 WHEN 'no' THEN 0.0"
        return f"COALESCE(a.number, CASE {self.judged} {words} END, CASE lower(trim(a.word)) {answers} END)"


_METADATA = "(SELECT m.value FROM tracing_tracemetadata m WHERE m.trace_id = t.id AND m.key = '{}')"
_NAME = f"(SELECT w.value FROM tracing_tracetag w WHERE w.trace_id = t.id AND w.key = '{TRACE_NAME}')"
_NUMBERS = frozenset({Kind.SUM, Kind.AVG, Kind.MIN, Kind.MAX, Kind.PERCENTILE})
_TIMES = frozenset({Kind.AVG, Kind.MIN, Kind.MAX, Kind.PERCENTILE})
_COUNTS = frozenset({Kind.COUNT})


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric: what may be done with it, and which dimensions it can be parted by. `distinct`: each value once."""

    kinds: frozenset[Kind]
    dimensions: frozenset[str] = field(default_factory=frozenset)
    distinct: bool = False
    by_span_time: bool = False


_OF_SPANS = ("span_name", "span_type", "span_status", "span_model_name", "span_model_provider")
MEASURES: dict[View, dict[str, Measure]] = {
    View.TRACES: {
        "trace_count": Measure(_COUNTS, frozenset({"trace_name", "trace_status"})),
        "session_count": Measure(_COUNTS, distinct=True),
        "latency": Measure(_TIMES, frozenset({"trace_name"})),
        **{key: Measure(_NUMBERS, frozenset({"trace_name"})) for key in TOKEN_KEYS + CACHE_KEYS},
    },
    View.SPANS: {
        "span_count": Measure(_COUNTS, frozenset(_OF_SPANS)),
        "latency": Measure(_TIMES, frozenset({"span_name", "span_status"})),
        **{key: Measure(_NUMBERS, frozenset(_OF_SPANS[3:]), by_span_time=True) for key in COST_KEYS},
    },
    View.ASSESSMENTS: {
        "assessment_count": Measure(_COUNTS, frozenset({"assessment_name", "assessment_value"})),
        "assessment_value": Measure(_TIMES, frozenset({"assessment_name"})),
    },
}


def find_measure(view: View, name: str, aggregations: Sequence[Aggregation], dimensions: Sequence[str]) -> Measure:
    """The metric of that name; raises Invalid for another name, or what cannot be done with it."""
    if name not in MEASURES[view]:
        raise Invalid(f"metric_name must be one of {list(MEASURES[view])}, got '{name}'", field="metric_name")
    found = MEASURES[view][name]
    if not aggregations:
        raise invalid_value("aggregations", [], "Name at least one.")
    if wrong := sorted({each.kind for each in aggregations} - found.kinds):
        valid = sorted(found.kinds)
        message = f"Found invalid aggregation_type(s): {_list(wrong)}. Supported aggregation types: {_list(valid)}"
        raise Invalid(message, field="aggregations")
    if others := sorted(set(dimensions) - found.dimensions):
        message = f"Found invalid dimension(s): {others}. Supported dimensions: {sorted(found.dimensions)}"
        raise Invalid(message, field="dimensions")
    return found


def _list(words: Sequence[str]) -> list[str]:
    return [str(word) for word in words]


def value_column(view: View, name: str, dialect: Dialect) -> str:
    """SQL for the metric's value of one row; NULL where the row has none."""
    if name in TOKEN_KEYS + CACHE_KEYS:
        return dialect.number_in(_METADATA.format(TOKENS), name)
    if name in COST_KEYS:
        return dialect.number_in("s.cost", name)
    return {
        "trace_count": "1",
        "session_count": _METADATA.format(SESSION),
        "span_count": "1",
        "assessment_count": "1",
        "assessment_value": dialect.judged_number,
        "latency": "t.duration" if view is View.TRACES else "((s.end_ns - s.start_ns) / 1000000)",
    }[name]


def dimension_column(name: str, dialect: Dialect) -> str:
    """SQL for the value of a dimension of one row."""
    return {
        "trace_name": _NAME,
        "trace_status": "t.state",
        "span_name": "s.name",
        "span_type": "s.type",
        "span_status": "s.status",
        "span_model_name": dialect.attribute("mlflow.llm.model"),
        "span_model_provider": dialect.attribute("mlflow.llm.provider"),
        "assessment_name": "a.name",
        "assessment_value": dialect.judged,
    }[name]


def percentile_bounds(percentile: float, dialect: Dialect) -> tuple[str, str]:
    """SQL for the place (from 0) below a percentile among `n` values in order, and for how far beyond it lies."""
    at = f"({percentile / 100!r} * (n - 1))"
    low = f"FLOOR({at})" if dialect.postgres else f"CAST({at} AS INTEGER)"
    return low, f"({at} - {low})"


def finite(value: object) -> float | None:
    """The number of an answer; None for what JSON cannot say."""
    found = float(value) if isinstance(value, (int, float, str)) or hasattr(value, "__float__") else math.nan
    return found if math.isfinite(found) else None
