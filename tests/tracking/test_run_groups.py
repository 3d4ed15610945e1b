"""Runs by groups, held against a plain computation."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tracking.models import Experiment, LatestMetric, Metric, Run
from tracking.selectors import run_groups
from tracking.selectors.run_groups import Group, grouped, is_groupable
from tracking.selectors.run_scope import scope_of
from tracking.services.runs import delete_run
from tracking.table_state import TableState

HERE = "/alice/stones/experiments/1"
BrowserOf = Callable[[User | None], Client]
RUNS: list[dict[str, Any]] = [
    {"lr": "0.1", "opt": "sgd", "loss": 1.0, "acc": 1e9 + 1, "status": "FINISHED"},
    {"lr": "0.1", "opt": "sgd", "loss": 0.5, "acc": 1e9 + 2, "status": "FAILED"},
    {"lr": "0.1", "opt": "adam", "loss": float("nan"), "status": "FINISHED"},
    {"lr": "0.01", "opt": "sgd", "loss": 0.25, "acc": 1e9 + 4, "status": "RUNNING"},
    {"lr": "0.01", "loss": float("inf"), "status": "FINISHED"},
    {"opt": "sgd", "status": "FINISHED"},
    {"lr": 'it\'s "x"', "loss": 3.0, "status": "FINISHED"},
]


def fill(repo: Repository, experiment: Experiment, runs: list[dict[str, Any]]) -> None:
    for number, run in enumerate(runs):
        params = {key: run[key] for key in ("lr", "opt") if key in run}
        metrics = {key: [run[key]] for key in ("loss", "acc") if key in run}
        make_run(
            repo, experiment, f"r{number}", params=params, metrics=metrics, status=run["status"], start=START + number
        )


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    experiment = make_experiment(repo)
    fill(repo, experiment, RUNS)
    return experiment


def by(
    repo: Repository,
    experiment: Experiment,
    *keys: str,
    text: str = "",
    metrics: tuple[str, ...] = ("loss", "acc"),
    page: int = 1,
) -> list[Group]:
    state = TableState(groups=keys, text=text)
    return grouped(scope_of(repo, [experiment], state), state, metrics, page).rows


def plain(runs: list[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The same by hand."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        found[tuple(run.get(key) for key in keys)].append(run)
    return {
        values: {
            "count": len(of_group),
            "losses": [run["loss"] for run in of_group if "loss" in run],
        }
        for values, of_group in found.items()
    }


def close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return (
        (math.isnan(one) and math.isnan(other)) or one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    )


def agrees(group: Group, expected: dict[str, Any]) -> None:
    assert group.count == expected["count"]
    losses = expected["losses"]
    if not losses:
        assert "loss" not in group.metrics
        return
    got = group.metrics["loss"]
    numbers = [loss for loss in losses if not math.isnan(loss)]
    assert (got.count, got.nans) == (len(losses), len(losses) - len(numbers))
    finite = all(math.isfinite(number) for number in numbers)
    assert (got.low, got.high) == ((min(numbers), max(numbers)) if numbers else (None, None))
    if finite:
        assert close(got.mean, statistics.fmean(numbers) if numbers else None)
        assert close(got.deviation, statistics.stdev(numbers) if len(numbers) > 1 else None)
    else:
        assert close(got.mean, sum(numbers))
        assert got.deviation is None or math.isnan(got.deviation)


@pytest.mark.parametrize("keys", [("lr",), ("opt",), ("lr", "opt"), ("opt", "lr")])
def test_groups_are_those_of_a_plain_computation(repo: Repository, sweep: Experiment, keys: tuple[str, ...]) -> None:
    expected = plain(RUNS, *keys)
    found = by(repo, sweep, *(f"params.{key}" for key in keys))
    assert {group.values for group in found} == set(expected)
    assert [group.count for group in found] == sorted((group.count for group in found), reverse=True)
    for group in found:
        agrees(group, expected[group.values])


def test_groups_far_from_each_other_keep_their_digits(repo: Repository) -> None:
    home = make_experiment(repo, "far")
    for place, loss in enumerate([-1e-5, -2e-5, -4e-5, 32768.0, 32768.5]):
        make_run(repo, home, params={"side": "low" if place < 3 else "high"}, metrics={"loss": [loss]})
    found = {group.values: group.metrics["loss"] for group in by(repo, home, "params.side")}
    for side, numbers in (("low", [-1e-5, -2e-5, -4e-5]), ("high", [32768.0, 32768.5])):
        assert close(found[side,].mean, statistics.fmean(numbers))
        assert close(found[side,].deviation, statistics.stdev(numbers))


def test_large_numbers_keep_their_deviation(repo: Repository, sweep: Experiment) -> None:
    acc = by(repo, sweep, "params.opt")[0].metrics["acc"]
    assert acc.mean == pytest.approx(1e9 + 7 / 3) and acc.deviation == pytest.approx(
        statistics.stdev([1, 2, 4]), rel=1e-6
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.floats(-1e6, 1e6) | st.just(math.nan)), min_size=1, max_size=8
    )
)
def test_any_numbers_agree(repo: Repository, rows: list[tuple[str | None, float]]) -> None:
    experiment = make_experiment(repo, f"x{Experiment.objects.count()}")
    runs = [{"loss": loss, "status": "FINISHED", **({"lr": lr} if lr else {})} for lr, loss in rows]
    fill(repo, experiment, runs)
    expected = plain(runs, "lr")
    for group in by(repo, experiment, "params.lr"):
        agrees(group, expected[group.values])


@pytest.mark.parametrize("value", [1e200, -1e308, 1.7e308])
def test_numbers_whose_squares_overflow_do_no_harm(repo: Repository, sweep: Experiment, value: float) -> None:
    LatestMetric.objects.filter(run__name__in=["r0", "r1"], key__name="loss").update(value=value)
    assert Metric.objects.exists()
    found = {group.values: group for group in by(repo, sweep, "params.lr")}
    assert found["0.1",].metrics["loss"].low == value and found["0.1",].metrics["loss"].mean is None


def test_states_users_and_the_newest(repo: Repository, sweep: Experiment) -> None:
    (everything,) = by(repo, sweep, "user_id")
    assert (everything.values, everything.count, everything.newest) == (("bob",), 7, START + 6)
    assert everything.states == {"RUNNING": 1, "FINISHED": 5, "FAILED": 1}
    assert [group.values for group in by(repo, sweep, "status")] == [("FINISHED",), ("FAILED",), ("RUNNING",)]
    assert by(repo, sweep, "experiment")[0].values == ("1",)
    assert by(repo, sweep, "source")[0].values == (None,)


def test_filter_and_view_narrow_the_groups(repo: Repository, sweep: Experiment) -> None:
    assert sum(group.count for group in by(repo, sweep, "params.opt", text="metrics.loss < 2")) == 3
    delete_run(repository=repo, run_id=Run.objects.get(name="r0").uuid)
    assert sum(group.count for group in by(repo, sweep, "params.opt")) == 6


def test_each_group_leads_to_exactly_its_runs(repo: Repository, sweep: Experiment) -> None:
    for keys in (("params.lr",), ("params.lr", "params.opt"), ("status",), ("source", "user_id")):
        for group in by(repo, sweep, *keys, text="metrics.loss > 0 OR NOT metrics.loss > 0"):
            assert group.query is not None
            inside = scope_of(repo, [sweep], TableState(text=group.query, tree=False)).inside
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT count(*) FROM tracking_run r WHERE {inside.text}".replace("?", "%s"), inside.values
                )
                assert cursor.fetchone() == (group.count,)


def test_pages(repo: Repository, sweep: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_groups, "PER_PAGE", 2)
    seen = [group.values for page in (1, 2, 3) for group in by(repo, sweep, "params.lr", page=page)]
    assert len(seen) == len(set(seen)) == 4


def test_what_cannot_be_grouped_by_is_passed_over(repo: Repository, sweep: Experiment) -> None:
    assert [
        key for key in ("metrics.loss", "start_time", "duration", "run_id", "params.", "x") if is_groupable(key)
    ] == ["params."]
    assert by(repo, sweep, "metrics.loss") == []


def test_the_page_draws_groups_as_links(browser_of: BrowserOf, sweep: Experiment, bob: User) -> None:
    page = browser_of(bob).get(f"{HERE}/groups?group=params.lr&group=params.opt&cols=metrics.loss").content.decode()
    assert "no value" in page and "0.75 ± 0.353553" in page
    assert "params.lr+%3D+%270.1%27" in page
    part = browser_of(bob).get(f"{HERE}/groups?group=status", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div class="runs-groups"')
    assert browser_of(bob).get(f"{HERE}/groups?group=status&q=%28").status_code == 400
    assert "none of these was asked for" in browser_of(bob).get(f"{HERE}/groups?group=metrics.loss").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_groups_take_the_same_queries_for_one_and_for_three(
    repo: Repository, browser_of: BrowserOf, bob: User, count: int
) -> None:
    fill(repo, make_experiment(repo), [{"lr": str(n), "loss": 1.0, "status": "FINISHED"} for n in range(count)])
    client = browser_of(bob)
    address = f"{HERE}/groups?group=params.lr&cols=metrics.loss"
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address, headers={"HX-Request": "true"})
    assert len(queries) == 6
