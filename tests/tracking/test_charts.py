"""Series for plots: short ones as logged, long ones thinned without losing a peak."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tracking.charts import MOST_POINTS, SERIES_COLOURS, _zigzag, colour_of, read_series
from tracking.models import MetricKey, Run
from tracking.rules import Point
from tracking.services.metrics import log_metrics


@pytest.fixture
def run(repo: Repository) -> Run:
    """A run that has logged nothing."""
    return make_run(repo, make_experiment(repo))


def log(repo: Repository, run: Run, points: Sequence[tuple[int, int, float]]) -> int:
    """Log (step, milliseconds after the start, value) under `loss`; the key's number."""
    made = [Point("loss", value, START + at, step) for step, at, value in points]
    for start in range(0, len(made), 1000):
        log_metrics(repository=repo, run_id=run.uuid, points=made[start : start + 1000])
    return MetricKey.objects.get(repository=repo, name="loss").pk


def test_a_short_series_is_shown_as_logged(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(0, 0, 1.0), (2, 20, 0.5), (1, 10, 0.7)])
    series = read_series(run.pk, key)
    assert (series.x, series.points, series.last_step, series.thinned) == (
        "step",
        [(0, 1.0), (1, 0.7), (2, 0.5)],
        2,
        False,
    )


def test_over_time_points_are_in_order_of_time(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(0, 30, 1.0), (1, 10, 0.7), (2, 20, 0.5)])
    assert read_series(run.pk, key, x="time").points == [(START + 10, 0.7), (START + 20, 0.5), (START + 30, 1.0)]


def test_a_series_without_steps_is_shown_over_time(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(0, 0, 1.0), (0, 10, 0.7)])
    series = read_series(run.pk, key)
    assert (series.x, series.points) == ("time", [(START, 1.0), (START + 10, 0.7)])


def test_nan_and_infinities_are_gaps(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(0, 0, float("nan")), (1, 0, float("inf")), (2, 0, float("-inf")), (3, 0, 4.0)])
    assert read_series(run.pk, key).points == [(0, None), (1, None), (2, None), (3, 4.0)]


def test_only_later_steps_on_demand(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(step, step, float(step)) for step in range(5)])
    assert read_series(run.pk, key, after=2).points == [(3, 3.0), (4, 4.0)]
    nothing = read_series(run.pk, key, after=4)
    assert (nothing.points, nothing.last_step) == ([], 4)


def test_an_unknown_series_is_empty(run: Run) -> None:
    assert read_series(run.pk, 12345).points == []


@pytest.mark.parametrize("x", ["step", "time"])
def test_a_long_series_is_thinned_and_keeps_its_peaks(repo: Repository, run: Run, x: str) -> None:
    values = [1.0] * 5000
    values[1234], values[4321] = 99.0, -99.0
    key = log(repo, run, [(step, step * 10, value) for step, value in enumerate(values)])
    series = read_series(run.pk, key, x=x)
    found = [y for _, y in series.points]
    assert series.thinned and series.last_step == 4999
    assert len(series.points) <= MOST_POINTS + 2
    assert (max(found), min(found)) == (99.0, -99.0)
    xs = [at for at, _ in series.points]
    assert xs == sorted(xs)
    assert (xs[0], xs[-1]) == ((0, 4999) if x == "step" else (START, START + 49_990))


def test_a_long_series_without_steps_is_thinned_over_time(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(0, at, 50.0 if at == 777 else 1.0) for at in range(3000)])
    series = read_series(run.pk, key)
    assert (series.x, series.thinned) == ("time", True)
    assert len(series.points) <= MOST_POINTS + 2
    assert max(y for _, y in series.points if y is not None) == 50.0
    assert (series.points[0][0], series.points[-1][0]) == (START, START + 2999)


def test_a_long_rest_is_thinned_too(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(step, step, float(step)) for step in range(3000)])
    series = read_series(run.pk, key, after=999)
    assert (series.points[0], series.points[-1], series.last_step) == ((1000, 1000.0), (2999, 2999.0), 2999)


def test_a_long_series_of_nan_has_no_points(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(step, 0, float("nan")) for step in range(MOST_POINTS + 5)])
    assert read_series(run.pk, key).points == []


def test_steps_at_the_ends_of_64_bits_are_drawn(repo: Repository, run: Run) -> None:
    low, high = -(2**63), 2**63 - 1
    points = [(low, 0, 1.0), (high, 0, 2.0), *((step, 0, 1.5) for step in range(MOST_POINTS))]
    key = log(repo, run, points)
    series = read_series(run.pk, key)
    assert (series.points[0], series.points[-1]) == ((low, 1.0), (high, 2.0))


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0, 5)), min_size=1, max_size=30))
def test_a_zigzag_holds_every_extreme_once(stretches: list[tuple[float, float]]) -> None:
    buckets = [(2 * n, 2 * n + 1, low, low + more) for n, (low, more) in enumerate(stretches)]
    points = _zigzag(buckets)
    assert [at for at, _ in points] == list(range(2 * len(buckets)))
    for first, last, low, high in buckets:
        assert sorted(y for at, y in points if at in (first, last) and y is not None) == [low, high]


def test_neighbouring_runs_have_different_colours() -> None:
    assert [colour_of(pk) for pk in range(SERIES_COLOURS)] == list(range(1, SERIES_COLOURS + 1))
    assert colour_of(3) == colour_of(3 + SERIES_COLOURS)
