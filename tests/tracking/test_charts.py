"""Series for plots: short ones as logged, long ones thinned without losing a peak."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tests.support.statements import Counted
from tracking.charts import MOST_POINTS, SERIES_COLOURS, Asked, colour_of, read_many, read_series
from tracking.charts.thinning import MOST_ODD
from tracking.models import LatestMetric, Metric, MetricKey, Run
from tracking.rules import LARGEST, Point
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
    found = [y for _, y in series.points if y is not None]
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


def test_a_long_series_of_nan_is_all_gaps_and_says_so(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(step, 0, float("nan")) for step in range(MOST_POINTS + 5)])
    series = read_series(run.pk, key)
    assert {y for _, y in series.points} == {None}
    assert (series.points[0][0], series.points[-1][0]) == (0, MOST_POINTS + 4)
    assert len(series.odd) == MOST_ODD and {word for _, word in series.odd} == {"NaN"}


def test_infinities_in_a_long_series_hide_no_peak(repo: Repository, run: Run) -> None:
    values = [float(step % 7) for step in range(4000)]
    values[100], values[101], values[200], values[300] = float("inf"), 90.0, float("-inf"), float("nan")
    key = log(repo, run, [(step, 0, value) for step, value in enumerate(values)])
    series = read_series(run.pk, key)
    assert (101, 90.0) in series.points
    assert series.odd == [(100, "Infinity"), (200, "-Infinity"), (300, "NaN")]
    assert all(y is not None and abs(y) < 1e9 for _, y in series.points)


@pytest.mark.parametrize(("x", "span"), [("step", (1000, 3999)), ("time", (START + 1000, START + 3999)),
                                         ("relative", (1.0, 3.999))])  # fmt: skip
def test_a_zoom_is_read_in_full_resolution(repo: Repository, run: Run, x: str, span: tuple[float, float]) -> None:
    key = log(repo, run, [(step, step, float(step)) for step in range(6000)])
    (wide,) = read_many([Asked(run.pk, START)], key, x=x, span=span)
    assert wide.thinned and wide.points[0][1] == 1000.0 and wide.points[-1][1] == 3999.0
    near = (span[0], span[0] + (0.5 if x == "relative" else 500))
    (close,) = read_many([Asked(run.pk, START)], key, x=x, span=near)
    assert not close.thinned and [y for _, y in close.points] == [float(n) for n in range(1000, 1501)]


def test_a_curve_over_another_metric_takes_its_latest_value(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(step, 0, float(step)) for step in range(6)])
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("epoch", 1.0, START, 1), Point("epoch", 2.0, START, 4)])
    other = MetricKey.objects.get(repository=repo, name="epoch").pk
    (series,) = read_many([Asked(run.pk)], key, x="metric", x_key=other)
    assert series.points == [(1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (2.0, 4.0), (2.0, 5.0)]


def test_many_runs_cost_as_many_questions_as_one(repo: Repository, run: Run) -> None:
    key = log(repo, run, [(step, 0, float(step)) for step in range(1500)])
    experiment = run.experiment
    others = [make_run(repo, experiment, metrics={"loss": [1.0] * 1500}).pk for _ in range(3)]
    short = make_run(repo, experiment, metrics={"loss": [1.0, 2.0]}).pk
    for runs in ([run.pk, short], [run.pk, short, *others]):
        with Counted() as counted:
            found = read_many([Asked(each) for each in runs], key)
        assert counted.statements == 3
        assert [each.thinned for each in found] == [each != short for each in runs]


numbers = st.one_of(st.floats(allow_nan=True, allow_infinity=True, width=64), st.sampled_from([0.0, 1e308, -1e308]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5000), numbers), min_size=1, max_size=150), st.integers(6, 60))
def test_thinning_keeps_extremes_and_ends_is_bounded_in_order_and_the_same_twice(
    run: Run, repo: Repository, logged: list[tuple[int, float]], most: int
) -> None:
    Metric.objects.filter(run=run).delete()
    LatestMetric.objects.filter(run=run).delete()
    key = log(repo, run, [(step, 0, value) for step, value in logged])
    (series,) = read_many([Asked(run.pk)], key, most=most)
    kept = [y for _, y in series.points if y is not None]
    given_ = [value for _, value in logged if math.isfinite(value) and abs(value) < LARGEST]
    # SQLite tells numbers beyond 1e300 with 15 digits.
    for end in (min, max):
        assert end(kept, default=0.0) == pytest.approx(end(given_, default=0.0), rel=1e-14, abs=0.0)
    assert len(series.points) <= most + 2
    xs = [at for at, _ in series.points]
    assert xs == sorted(xs)
    steps = [step for step, _ in logged]
    if series.x == "time":
        assert len(set(steps)) == 1 and set(xs) == {START}
        return
    assert (xs[0], xs[-1]) == (min(steps), max(steps))
    known = {(step, f"{value + 0.0:.14e}") for step, value in logged}
    assert {(step, f"{y + 0.0:.14e}") for step, y in series.points if y is not None} <= known
    assert read_many([Asked(run.pk)], key, most=most) == [series]


def test_steps_at_the_ends_of_64_bits_are_drawn(repo: Repository, run: Run) -> None:
    low, high = -(2**63), 2**63 - 1
    points = [(low, 0, 1.0), (high, 0, 2.0), *((step, 0, 1.5) for step in range(MOST_POINTS))]
    key = log(repo, run, points)
    series = read_series(run.pk, key)
    assert (series.points[0], series.points[-1]) == ((low, 1.0), (high, 2.0))


def test_neighbouring_runs_have_different_colours() -> None:
    assert [colour_of(pk) for pk in range(SERIES_COLOURS)] == list(range(1, SERIES_COLOURS + 1))
    assert colour_of(3) == colour_of(3 + SERIES_COLOURS)
