"""Keyset pages of runs: put together they are the whole order, whatever it is by, from both ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repos.models import Repository
from tests.factories.tracking import make_experiment, make_run
from tracking.models import Experiment, LatestMetric, MetricKey, Param, Run, RunTag
from tracking.selectors import run_keyset
from tracking.selectors.run_cursor import Cursor, read_cursor, write_cursor
from tracking.selectors.run_keyset import RunPage, page_of_runs
from tracking.selectors.run_scope import PARENT, child_counts, children_scope, scope_of
from tracking.selectors.runs import search_runs
from tracking.table_state import Sort, TableState

SIZE = 3
SORTS = ("metrics.m", "params.p", "tags.t", "run_name", "start_time", "end_time", "duration", "user_id", "status")
usual = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
few = st.sampled_from([0.0, -0.0, 1.0, -1.5, 1e308, math.nan, None])
texts = st.sampled_from([None, "", "a", "B", "é", "0.1", "10", "x" * 3000])
rows = st.lists(st.tuples(few, texts, texts, st.sampled_from([0, 5, 7]), st.sampled_from([None, 3, 9])), max_size=9)
sorts = st.lists(st.tuples(st.sampled_from(SORTS), st.booleans()), max_size=3, unique_by=lambda each: each[0])


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """An experiment without runs."""
    return make_experiment(repo)


def fill(experiment: Experiment, values: Sequence[tuple[Any, ...]], start: int = 0) -> None:
    """Runs straight into the tables: metric m, parameter p, tag t, start and end."""
    key, _ = MetricKey.objects.get_or_create(repository=experiment.repository, name="m")
    for number, (metric, param, tag, begun, ended) in enumerate(values, start):
        run = Run.objects.create(
            repository=experiment.repository, experiment=experiment, uuid=f"{(number * 7919) % 10_000:032x}",
            name=param or "", user_name=(tag or "")[:20], start_time=begun, end_time=ended,
        )  # fmt: skip
        if metric is not None:
            value = 0.0 if math.isnan(metric) else metric
            LatestMetric.objects.create(
                run=run, key=key, step=0, timestamp=0, value=value, is_nan=math.isnan(metric)
            )  # fmt: skip
        if param is not None:
            Param.objects.create(run=run, key="p", value=param)
        if tag is not None:
            RunTag.objects.create(run=run, key="t", value=tag)
    Experiment.objects.filter(pk=experiment.pk).update(active_runs=len(values) + start)
    experiment.refresh_from_db()


def empty(experiment: Experiment) -> None:
    """Hypothesis keeps one database for all its examples."""
    for table in (LatestMetric, Param, RunTag):
        table.objects.filter(run__experiment=experiment).delete()
    Run.objects.filter(experiment=experiment).delete()


def page(experiments: Sequence[Experiment], state: TableState) -> RunPage:
    return page_of_runs(scope_of(experiments[0].repository, experiments, state), state)


def walk(experiments: Sequence[Experiment], state: TableState, way: str) -> list[list[int]]:
    """The keys of all pages, from the first on, or back from the last."""
    found: list[list[int]] = []
    while len(found) < 20:
        got = page(experiments, state)
        found.append(got.keys)
        cursor = getattr(got, way)
        if not cursor:
            return found
        state = state.changed(**{way: cursor})
    raise AssertionError("the pages do not end")


def state_of(order: Sequence[tuple[str, bool]], **more: Any) -> TableState:
    state = TableState(sorts=tuple(Sort(key, down) for key, down in order), tree=False, **more)
    object.__setattr__(state, "size", SIZE)
    return state


@usual
@given(values=rows, order=sorts, walked=st.booleans())
def test_pages_put_together_are_the_whole_order(
    sweep: Experiment, values: list[tuple[Any, ...]], order: list[tuple[str, bool]], walked: bool
) -> None:
    empty(sweep)
    fill(sweep, values)
    asked = [
        f"{key.replace('.', '.`') + '`' if '.' in key else key} {'DESC' if down else 'ASC'}" for key, down in order
    ]
    state = state_of(order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_keyset, "WALK_SHARE", 0 if walked else 2)
        forwards = walk([sweep], state, "after")
        whole = [key for keys in forwards for key in keys]
        if not any(key == "duration" for key, _ in order):
            found = search_runs(sweep.repository, [sweep.number], order_by=asked)
            assert whole == [row.pk for row in found.rows]
        assert len(whole) == len(set(whole)) == len(values)
        assert all(len(keys) == SIZE for keys in forwards[:-1])
        last = state
        for _ in forwards[:-1]:
            last = last.changed(after=page([sweep], last).after)
        backwards = walk([sweep], last, "before")
        # Going back, the top page is full again, whatever the last page began with.
        assert backwards[::-1] == forwards


def test_runs_that_come_meanwhile_move_nothing(sweep: Experiment) -> None:
    fill(sweep, [(float(n), None, None, 5, None) for n in range(6)])
    state = state_of([("metrics.m", False)])
    first = page([sweep], state)
    fill(sweep, [(-1.0, None, None, 5, None)], start=100)
    second = page([sweep], state.changed(after=first.after))
    assert list(
        Run.objects.filter(pk__in=second.keys).order_by("pk").values_list("latest_metrics__value", flat=True)
    ) == [3.0, 4.0, 5.0]
    assert second.first == 3


def test_a_page_behind_a_run_that_is_gone_goes_on_after_it(sweep: Experiment) -> None:
    fill(sweep, [(float(n), None, None, 5, None) for n in range(5)])
    state = state_of([("metrics.m", False)])
    first = page([sweep], state)
    Run.objects.filter(pk=first.keys[-1]).update(deleted_at=1)
    assert len(page([sweep], state.changed(after=first.after)).keys) == 2


def test_several_experiments_are_merged_in_one_order(repo: Repository) -> None:
    one, two = make_experiment(repo, "one"), make_experiment(repo, "two")
    fill(one, [(1.0, "a", None, 9, None), (3.0, "b", None, 7, None), (None, None, None, 5, None)])
    fill(two, [(2.0, "c", None, 8, None), (math.nan, "d", None, 6, None)], start=50)
    for order in ([], [("metrics.m", True)], [("params.p", False)]):
        keys = [key for keys in walk([one, two], state_of(order), "after") for key in keys]
        terms = [f"{key} {'DESC' if down else 'ASC'}" for key, down in order]
        found = search_runs(repo, [one.number, two.number], order_by=terms)
        assert keys == [row.pk for row in found.rows]


@pytest.mark.parametrize("text", ["x", "AAAA", "W10", "_" * 500])
def test_a_broken_cursor_shows_the_first_page(sweep: Experiment, text: str) -> None:
    fill(sweep, [(1.0, None, None, 5, None)])
    assert len(page([sweep], state_of([], after=text)).keys) == 1
    assert len(page([sweep], state_of([("metrics.m", True)], before=text)).keys) == 1


def test_a_cursor_of_another_order_or_with_foreign_values_is_passed_over(sweep: Experiment) -> None:
    # The attack: values of another type than the column's would be an error of the database.
    from tracking.search.compile import Setting
    from tracking.search.ordering import compile_order
    from tracking.search.vocabulary import RUNS

    keys = compile_order([], RUNS, Setting(1, False)).keys
    good = write_cursor(Cursor("", 1, 3, [5, "a" * 32]))
    assert read_cursor(good, "", keys) == Cursor("", 1, 3, [5, "a" * 32])
    assert read_cursor(good, "-run_name", keys) is None
    for edge in (["x", "a"], [5, 5], [2**70, "a"], [5, "\0"], [5], [True, "a"], [1.5, "a"]):
        assert read_cursor(write_cursor(Cursor("", 1, 3, edge)), "", keys) is None
    assert read_cursor(write_cursor(Cursor("", -1, 3, [5, "a"])), "", keys) is None


def test_a_text_too_long_for_an_address_is_looked_up(sweep: Experiment) -> None:
    fill(sweep, [(None, "x" * 5000 + str(n), None, 5, None) for n in range(7)])
    state = state_of([("params.p", True)])
    first = page([sweep], state)
    assert len(first.after) < 100
    assert [len(keys) for keys in walk([sweep], state, "after")] == [3, 3, 1]


tree_rows = st.lists(st.integers(-1, 8), min_size=1, max_size=8)


@usual
@given(parents=tree_rows, deleted=st.sets(st.integers(0, 7), max_size=3))
def test_every_run_stands_in_the_tree_once(sweep: Experiment, parents: list[int], deleted: set[int]) -> None:
    # Parents may be anything: later runs, the run itself, circles, runs that are not there.
    empty(sweep)
    fill(sweep, [(None, None, None, 5, None) for _ in parents])
    runs = list(Run.objects.order_by("pk"))
    for run, parent in zip(runs, parents, strict=True):
        if parent >= 0:
            value = runs[parent].uuid if parent < len(runs) else "gone"
            RunTag.objects.create(run=run, key=PARENT, value=value)
    Run.objects.filter(pk__in=[runs[n].pk for n in deleted if n < len(runs)]).update(deleted_at=1)
    state = TableState()
    scope = scope_of(sweep.repository, [sweep], state)
    seen: list[int] = []
    waiting = page_of_runs(scope, state).keys
    while waiting and len(seen) < 50:
        seen += waiting
        shown = list(Run.objects.filter(pk__in=waiting))
        counts = child_counts(scope, shown)
        below = {run.pk: page_of_runs(children_scope(scope, run), state).keys for run in shown}
        assert counts == {key: len(keys) for key, keys in below.items() if keys}
        waiting = [key for keys in below.values() for key in keys]
    assert sorted(seen) == sorted(Run.objects.filter(deleted_at__isnull=True).values_list("pk", flat=True))


def test_a_child_whose_parent_does_not_match_stands_by_itself(repo: Repository, sweep: Experiment) -> None:
    parent = make_run(repo, sweep, "parent", params={"lr": "1"})
    child = make_run(repo, sweep, "child", params={"lr": "2"}, tags={PARENT: parent.uuid})

    def names(text: str) -> list[int]:
        return page([sweep], TableState(text=text)).keys

    assert names("") == [parent.pk]
    assert names("params.lr = '2'") == [child.pk]
    assert names("params.lr LIKE '%'") == [parent.pk]


def test_a_parent_in_another_repository_hides_nothing(
    repo: Repository, other_repo: Repository, sweep: Experiment
) -> None:
    foreign = make_run(other_repo, make_experiment(other_repo))
    child = make_run(repo, sweep, "child", tags={PARENT: foreign.uuid})
    assert page([sweep], TableState()).keys == [child.pk]


def test_views(repo: Repository, sweep: Experiment) -> None:
    runs = [make_run(repo, sweep, name) for name in ("a", "b", "c")]
    Run.objects.filter(pk=runs[0].pk).update(deleted_at=1)
    Run.objects.filter(pk=runs[1].pk).update(archived_at=1)
    shown = {view: page([sweep], TableState.from_query(QueryDict(f"view={view}"))).keys for view in
             ("active", "archived", "deleted")}  # fmt: skip
    assert shown == {"active": [runs[2].pk], "archived": [runs[1].pk], "deleted": [runs[0].pk]}
