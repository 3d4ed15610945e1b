"""traces/metrics and traces/calculate-filter-correlation: the handlers that sum up many traces."""

from __future__ import annotations

from msgspec import Struct, field

from hub.lib.errors import Invalid
from tracing import correlation
from tracing.measures import Aggregation, Kind, View, finite
from tracing.selectors.correlation import count_matches
from tracing.selectors.measures import Question, measure_traces
from tracking.mlflow import wire
from tracking.mlflow.answers import Answer
from tracking.mlflow.asks import Ask
from tracking.mlflow.wire import Call
from tracking.rules import check_time, invalid_value, parse_number

DEFAULT_RESULTS = 1000
MAX_RESULTS = 10_000
MAX_EXPERIMENTS = 1000
MAX_FILTERS = 50
_VIEWS = {1: View.TRACES, 2: View.SPANS, 3: View.ASSESSMENTS}
_KINDS = {1: Kind.COUNT, 2: Kind.SUM, 3: Kind.AVG, 4: Kind.PERCENTILE, 5: Kind.MIN, 6: Kind.MAX}


class AggregationAsked(Struct):
    """One way to sum up, by name or number."""

    aggregation_type: str | int | None = None
    percentile_value: float | None = None


class QueryMetrics(Ask):
    """traces/metrics"""

    REQUIRED = ("experiment_ids", "view_type", "metric_name", "aggregations")
    experiment_ids: list[str] | None = None
    view_type: str | int | None = None
    metric_name: str | None = None
    aggregations: list[AggregationAsked] | None = None
    dimensions: list[str] | None = None
    filters: list[str] | None = None
    time_interval_seconds: int | None = None
    start_time_ms: int | None = None
    end_time_ms: int | None = None
    max_results: int | None = None
    page_token: str | None = None


class Correlate(Ask):
    """traces/calculate-filter-correlation"""

    REQUIRED = ("experiment_ids", "filter_string1", "filter_string2")
    experiment_ids: list[str] | None = None
    filter_string1: str | None = None
    filter_string2: str | None = None
    base_filter: str | None = None


class DataPoint(Answer):
    """The values of one group."""

    metric_name: str
    dimensions: dict[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)


class DataPoints(Answer):
    """traces/metrics"""

    data_points: list[DataPoint] = field(default_factory=list)
    next_page_token: str = ""


class Correlation(Answer):
    """traces/calculate-filter-correlation: what cannot be said is left out; counts of 0 are said."""

    filter1_count: int
    filter2_count: int
    joint_count: int
    total_count: int
    npmi: float | None = None
    npmi_smoothed: float | None = None


def query_metrics(call: Call, body: QueryMetrics) -> DataPoints:
    """POST traces/metrics"""
    size = DEFAULT_RESULTS if body.max_results is None else body.max_results
    if not 1 <= size <= MAX_RESULTS:
        raise invalid_value("max_results", size, f"It must be a positive integer, at most {MAX_RESULTS}")
    offset = wire.offset_of(body.page_token)
    found = measure_traces(
        call.repository, _experiments(body.experiment_ids), _question(body), size=size, offset=offset
    )
    points = [DataPoint(body.metric_name or "", each.dimensions, each.values) for each in found.rows]
    return DataPoints(points, wire.token_for(offset + size, found.more))


def _question(body: QueryMetrics) -> Question:
    filters = body.filters or ()
    if len(filters) > MAX_FILTERS:
        raise Invalid(f"At most {MAX_FILTERS} filters are taken. Got {len(filters)}.", field="filters")
    return Question(
        view=_view(body.view_type),
        name=body.metric_name or "",
        aggregations=[_aggregation(each) for each in body.aggregations or ()],
        dimensions=body.dimensions or (),
        filters=filters,
        interval=body.time_interval_seconds or None,
        start=_time(body.start_time_ms, "start_time_ms"),
        end=_time(body.end_time_ms, "end_time_ms"),
    )


def _time(given: int | None, path: str) -> int | None:
    return None if given is None else check_time(given, path=path)


def _view(given: str | int | None) -> View:
    try:
        return _VIEWS[given] if isinstance(given, int) else View(given or "")
    except (KeyError, ValueError):
        message = f"view_type must be one of {[str(view) for view in View]}, got '{given}'"
        raise Invalid(message, field="view_type") from None


def _aggregation(given: AggregationAsked) -> Aggregation:
    asked = given.aggregation_type
    try:
        kind = _KINDS[asked] if isinstance(asked, int) else Kind(asked or "")
    except (KeyError, ValueError):
        raise Invalid(f"Unsupported aggregation type: {asked}", field="aggregations") from None
    return Aggregation(kind, given.percentile_value)


def _experiments(ids: list[str] | None) -> list[int]:
    found = ids or []
    if len(found) > MAX_EXPERIMENTS:
        message = f"At most {MAX_EXPERIMENTS} experiments are given at once. Got {len(found)}."
        raise Invalid(message, field="experiment_ids")
    return [parse_number(each, path="experiment_ids") for each in found]


def correlate(call: Call, body: Correlate) -> Correlation:
    """POST traces/calculate-filter-correlation"""
    counts = count_matches(
        call.repository,
        _experiments(body.experiment_ids),
        first=body.filter_string1 or "",
        second=body.filter_string2 or "",
        base=body.base_filter or "",
    )
    plain, smoothed = (correlation.npmi(counts, smoothing=each) for each in (0.0, correlation.SMOOTHING))
    return Correlation(counts.first, counts.second, counts.both, counts.total, finite(plain), finite(smoothed))
