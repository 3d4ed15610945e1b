"""runs/log-metric and metrics/get-history by HTTP: which value is the latest, NaN, infinities, history."""

from __future__ import annotations

import json
import sys

import pytest

from tests.tracking.conftest import Door
from tracking.models import LatestMetric, Metric, MetricKey

LARGEST = sys.float_info.max


def log(mlflow: Door, run: str, value: object, step: int = 0, timestamp: int = 1, key: str = "m") -> None:
    body = {"run_id": run, "key": key, "value": value, "timestamp": timestamp, "step": step}
    assert mlflow.ok("POST", "runs/log-metric", body) == {}


def latest(mlflow: Door, run: str) -> list[tuple[object, int, int]]:
    metrics = mlflow.get_run(run)["data"].get("metrics", [])
    return [(found["value"], found["timestamp"], found["step"]) for found in metrics]


def history(mlflow: Door, run: str, key: str = "m", **more: object) -> list[tuple[object, int, int]]:
    found = mlflow.ok("GET", "metrics/get-history", run_id=run, metric_key=key, **more)
    return [(point["value"], point["timestamp"], point["step"]) for point in found.get("metrics", [])]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1.0, 1, 5), (2.0, 2, 4)], (1.0, 1, 5)),
        ([(1.0, 5, 1), (2.0, 4, 1)], (1.0, 5, 1)),
        ([(1.0, 1, 1), (2.0, 1, 1)], (2.0, 1, 1)),
        ([(2.0, 1, 1), (1.0, 1, 1)], (2.0, 1, 1)),
        ([("NaN", 1, 1), (-1.0, 1, 1)], ("NaN", 1, 1)),
        ([("NaN", 1, 1), (1.0, 1, 1)], (1.0, 1, 1)),
        ([(-1.0, 1, -3), (-2.0, 9, -4)], (-1.0, 1, -3)),
    ],
)
def test_the_latest_is_the_largest_step_time_value(
    mlflow: Door, points: list[tuple[object, int, int]], expected: tuple[object, int, int]
) -> None:
    one_by_one, at_once = mlflow.run(), mlflow.run()
    for value, timestamp, step in points:
        log(mlflow, one_by_one, value, step, timestamp)
    metrics = [{"key": "m", "value": v, "timestamp": t, "step": s} for v, t, s in points]
    mlflow.ok("POST", "runs/log-batch", {"run_id": at_once, "metrics": metrics})
    assert latest(mlflow, one_by_one) == latest(mlflow, at_once) == [expected]
    assert len(history(mlflow, at_once)) == 2


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (1, 1.0),
        ("1.5", 1.5),
        (True, 1.0),
        (False, 0.0),
        ("NaN", "NaN"),
        ("nan", "NaN"),
        ("Infinity", LARGEST),
        ("inf", LARGEST),
        ("-Infinity", -LARGEST),
        (1e-320, 1e-320),
        (10**400, LARGEST),
    ],
)
def test_values(mlflow: Door, sent: object, kept: object) -> None:
    run = mlflow.run()
    log(mlflow, run, sent)
    assert latest(mlflow, run) == [(kept, 1, 0)]
    assert history(mlflow, run) == [(kept, 1, 0)]


def test_bare_nan_is_kept_as_nan(mlflow: Door) -> None:
    run = mlflow.run()
    body = f'{{"run_id": "{run}", "key": "m", "value": NaN, "timestamp": 7}}'
    mlflow.ok("POST", "runs/log-metric", body.encode())
    assert latest(mlflow, run) == [("NaN", 7, 0)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": None}, "Missing value for required parameter 'value'"),
        ({"value": "x"}, "Invalid value"),
        ({"value": [1]}, "Invalid value"),
        ({"timestamp": None}, "Missing value for required parameter 'timestamp'"),
        ({"timestamp": -1}, "Timestamp must be a nonnegative long"),
        ({"timestamp": 2**63}, "for parameter 'timestamp' supplied"),
        ({"timestamp": "soon"}, "for parameter 'timestamp' supplied"),
        ({"step": 2**63}, "for parameter 'step' supplied"),
        ({"step": {}}, "for parameter 'step' supplied"),
        ({"key": None}, "Missing value for required parameter 'key'"),
    ],
)
def test_what_is_refused(mlflow: Door, change: dict[str, object], words: str) -> None:
    run = mlflow.run()
    body = {"run_id": run, "key": "m", "value": 1, "timestamp": 1, **change}
    status, code, message = mlflow.refused("POST", "runs/log-metric", body)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert words in message
    assert not Metric.objects.exists()


def test_whole_numbers_may_come_as_text_or_fractions(mlflow: Door) -> None:
    run = mlflow.run()
    body = {"run_id": run, "key": "m", "value": 1, "timestamp": "12", "step": 3.9}
    mlflow.ok("POST", "runs/log-metric", body)
    assert latest(mlflow, run) == [(1.0, 12, 3)]


def test_a_body_in_a_string_is_read_a_second_time(mlflow: Door) -> None:
    run = mlflow.run()
    body = json.dumps(json.dumps({"run_id": run, "key": "m", "value": 1, "timestamp": 1}))
    mlflow.ok("POST", "runs/log-metric", body.encode())
    assert latest(mlflow, run) == [(1.0, 1, 0)]


def test_repetitions_are_kept_once(mlflow: Door) -> None:
    run = mlflow.run()
    for _ in range(3):
        log(mlflow, run, 1.0, 2, 3)
    log(mlflow, run, 2.0, 2, 3)
    assert history(mlflow, run) == [(1.0, 3, 2), (2.0, 3, 2)]
    assert (Metric.objects.count(), LatestMetric.objects.count(), MetricKey.objects.count()) == (2, 1, 1)


def test_history_is_ordered_by_time_then_step_then_value(mlflow: Door) -> None:
    run = mlflow.run()
    for value, step, timestamp in [(1.0, 9, 1), (2.0, 1, 2), (3.0, 0, 2), (0.5, 1, 2)]:
        log(mlflow, run, value, step, timestamp)
    assert history(mlflow, run) == [(1.0, 1, 9), (3.0, 2, 0), (0.5, 2, 1), (2.0, 2, 1)]


def test_history_in_pages(mlflow: Door) -> None:
    run = mlflow.run()
    metrics = [{"key": "m", "value": n, "timestamp": n, "step": n} for n in range(5)]
    mlflow.ok("POST", "runs/log-batch", {"run_id": run, "metrics": metrics})
    assert len(history(mlflow, run)) == 5
    first = mlflow.ok("GET", "metrics/get-history", run_id=run, metric_key="m", max_results=3)
    token = first["next_page_token"]
    rest = mlflow.ok("GET", "metrics/get-history", run_id=run, metric_key="m", max_results=3, page_token=token)
    assert [point["step"] for point in first["metrics"] + rest["metrics"]] == [0, 1, 2, 3, 4]
    assert "next_page_token" not in rest
    whole = mlflow.ok("GET", "metrics/get-history", run_id=run, metric_key="m", max_results=5)
    assert "next_page_token" not in whole


def test_history_of_what_is_not_there_is_empty(mlflow: Door) -> None:
    assert mlflow.ok("GET", "metrics/get-history", run_id="f" * 32, metric_key="m") == {}
    assert mlflow.ok("GET", "metrics/get-history", run_uuid=mlflow.run(), metric_key="m") == {}


@pytest.mark.parametrize("size", ["0", "-1", "x"])
def test_history_refuses(mlflow: Door, size: str) -> None:
    run = mlflow.run()
    assert mlflow.refused("GET", "metrics/get-history", run_id=run, metric_key="m", max_results=size)[0] == 400
    assert mlflow.refused("GET", "metrics/get-history", run_id=run)[0] == 400


def test_metric_keys_are_kept_once_per_repository(mlflow: Door) -> None:
    for run in (mlflow.run(), mlflow.run()):
        log(mlflow, run, 1.0)
        log(mlflow, run, 1.0, key="other")
    assert sorted(MetricKey.objects.values_list("name", flat=True)) == ["m", "other"]
