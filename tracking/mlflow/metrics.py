"""runs/log-metric, runs/log-batch, metrics/…: the handlers about metrics."""

from __future__ import annotations

from tracking import rules
from tracking.mlflow import answers, asks, present, wire
from tracking.mlflow.wire import Call
from tracking.rules import Point
from tracking.selectors import series
from tracking.services import batch, metrics


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
    offset = wire.offset_of(body.page_token)
    points = list(series.metric_history(call.repository, body.run_id or "", key, size=size + 1, offset=offset))
    shown = present.history(key, points[:size])
    return answers.Metrics(shown, wire.token_for(offset + size, len(points) > size))
