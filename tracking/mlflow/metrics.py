"""runs/log-metric, runs/log-batch, metrics/…: the handlers about metrics."""

from __future__ import annotations

from hub.lib.errors import Invalid
from tracking import rules
from tracking.mlflow import answers, asks, present, wire
from tracking.mlflow.wire import Call
from tracking.rules import Point
from tracking.selectors import series
from tracking.services import batch, metrics

MAX_RUNS = 100
MAX_POINTS = 25_000
MAX_POINTS_PER_RUN = 2500
MAX_ROWS = 2**62  # More than any history has, and one more still is a number for the database.


def log_metric(call: Call, body: asks.LogMetric) -> answers.Empty:
    """POST runs/log-metric"""
    assert body.key is not None
    assert body.value is not None
    assert body.timestamp is not None
    point = Point(
        body.key,
        body.value,
        body.timestamp,
        body.step or 0,
        body.model_id or "",
        body.dataset_name or "",
        body.dataset_digest or "",
    )
    metrics.log_metrics(repository=call.repository, run_id=body.run_id or "", points=[point])
    return answers.Empty()


def log_batch(call: Call, body: asks.LogBatch) -> answers.Empty:
    """POST runs/log-batch"""
    batch.log_batch(
        repository=call.repository,
        run_id=body.run_id or "",
        points=body.metrics or (),
        params=[(param.key, param.value) for param in body.params or ()],
        tags=[(tag.key, tag.value) for tag in body.tags or ()],
    )
    return answers.Empty()


def get_history(call: Call, body: asks.GetHistory) -> answers.Metrics:
    """GET metrics/get-history"""
    key, size = body.metric_key or "", body.max_results
    if size is not None and size <= 0:
        raise rules.invalid_value("max_results", size, "It must be a positive integer")
    if size is None:
        found = series.metric_history(call.repository, body.run_id or "", key)
        return answers.Metrics(present.history(key, found))
    offset, size = wire.offset_of(body.page_token), min(size, MAX_ROWS)
    points = list(series.metric_history(call.repository, body.run_id or "", key, size=size + 1, offset=offset))
    shown = present.history(key, points[:size])
    return answers.Metrics(shown, wire.token_for(offset + size, len(points) > size))


def get_history_bulk(call: Call, body: asks.GetHistoryBulk) -> answers.HistoryBulk:
    """GET metrics/get-history-bulk: the points of several runs, run by run"""
    size = MAX_POINTS if body.max_results is None else body.max_results
    if size <= 0:
        raise rules.invalid_value("max_results", size, "It must be a positive integer")
    runs, key = _runs_of("GetMetricHistoryBulk", body.run_id), body.metric_key or ""
    found = series.history_of_runs(call.repository, runs, key, size=min(size, MAX_POINTS))
    return answers.HistoryBulk(present.history_of_runs(key, found))


def get_history_interval(call: Call, body: asks.GetHistoryInterval) -> answers.Metrics:
    """GET metrics/get-history-bulk-interval: an even sample of each run's points, the last one always"""
    runs, key = _runs_of("GetMetricHistoryBulkInterval", body.run_ids), body.metric_key or ""
    size = MAX_POINTS_PER_RUN if body.max_results is None else body.max_results
    if not 1 <= size <= MAX_POINTS_PER_RUN:
        raise Invalid(f"max_results must be between 1 and {MAX_POINTS_PER_RUN}.", field="max_results")
    steps = _steps_of(body.start_step, body.end_step)
    found = series.sampled_history(call.repository, runs, key, size=size, steps=steps)
    return answers.Metrics(present.history_of_runs(key, found))


def _runs_of(name: str, run_ids: list[str] | None) -> list[str]:
    """The runs asked for, each once; raises Invalid for none or too many."""
    if not run_ids:
        raise Invalid(f"{name} request must specify at least one run_id.", field="run_ids")
    if len(run_ids) > MAX_RUNS:
        what = f"{name} request cannot specify more than {MAX_RUNS} run_ids. Received {len(run_ids)} run_ids."
        raise Invalid(what, field="run_ids")
    return list(dict.fromkeys(run_ids))


def _steps_of(start: int | None, end: int | None) -> tuple[int, int] | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise Invalid("If either start step or end step are specified, both must be specified.", field="start_step")
    if start > end:
        message = f"end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        raise Invalid(message, field="end_step")
    return max(start, rules.LOW), min(end, rules.HIGH)
