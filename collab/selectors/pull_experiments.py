"""What the page of a pull request's experiments shows: its new runs, and one of them beside one of the base."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collab.gate_rules import Comparison
from collab.selectors.pull_runs import PullRuns
from hub.lib.wording import number_text
from repos.models import Repository
from tracking.charts import colour_of
from tracking.models import LoggedModel, Param, Run, RunStatus
from tracking.selectors.run_comparison_deltas import Better, Delta, delta_of
from tracking.selectors.run_page import SYSTEM
from tracking.selectors.runs_of_commits import CommitRun, extremes_of, last_values

MOST_ROWS = 50
MOST_COLUMNS = 4
MOST_METRICS = 60
MOST_PARAMS = 100
MOST_POINTS = 200_000
"""Points of the two runs that a page looks through for their best values."""
MOST_MODELS = 20


@dataclass(frozen=True, slots=True)
class Cell:
    """A run's last value of a metric, and how far it is from the base's."""

    text: str
    delta: Delta | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of the head: `is_newest` when it was started at the newest commit, `cells` in the order of the columns."""

    run: Run
    home: Repository
    commit: str
    is_newest: bool
    is_chosen: bool
    colour: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric of the two runs: last values, and the best ones (by `better`; both ends while nobody said it)."""

    key: str
    better: Better
    base: str
    head: str
    delta: Delta | None
    base_best: str
    head_best: str
    best_delta: Delta | None


@dataclass(frozen=True, slots=True)
class ParamRow:
    """A parameter in which the two runs differ; None where one has it not."""

    key: str
    base: str | None
    head: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A run of the head beside one of the base. `base` is None where there is none to compare with."""

    head: CommitRun
    base: CommitRun | None
    metrics: tuple[MetricRow, ...]
    more_metrics: int
    params: tuple[ParamRow, ...]
    same_params: int

    @property
    def share_a_home(self) -> bool:
        """Whether both lie in one repository, so that pages of comparisons can show them."""
        return self.base is not None and self.base.run.repository_id == self.head.run.repository_id


@dataclass(frozen=True, slots=True)
class Experiments:
    """All of the page; `bases` are the runs of the base that can be chosen."""

    rows: tuple[RunRow, ...]
    total: int
    columns: tuple[str, ...]
    pair: Pair | None
    bases: tuple[CommitRun, ...]
    models: tuple[LoggedModel, ...]


def experiments_of(
    runs: PullRuns, rules: Iterable[Comparison], *, head: str = "", base: str = "", better: Better = ""
) -> Experiments:
    """The page's content; `head` and `base` name the runs to compare, `better` says which values are for all metrics.

    Where a gate asks for a metric, its rule says which values are better. At most seven queries.
    """
    directions: dict[str, Better] = {each.metric: each.better for each in rules if each.better}
    usual = runs.of_base()
    bases = list(dict.fromkeys([*usual, *(each for each in runs.at_base if each.run.status == RunStatus.FINISHED)]))
    shown = list(runs.head[:MOST_ROWS])
    chosen = _chosen(runs, head)
    against = next((each for each in bases if each.run.uuid == base), bases[0] if bases else None)
    wanted = [each.run.pk for each in (*shown, *filter(None, (chosen, against)))]
    last = last_values(list(dict.fromkeys(wanted)))
    columns = _columns([last.get(each.run.pk, {}) for each in shown], directions)
    beside = last.get(against.run.pk, {}) if against else {}
    rows = [_row(each, runs, chosen, columns, last, beside, directions, better) for each in shown]
    pair = _pair(chosen, against, last, directions, better) if chosen else None
    return Experiments(tuple(rows), len(runs.head), columns, pair, tuple(bases[:MOST_ROWS]), _models(runs))


def _chosen(runs: PullRuns, uuid: str) -> CommitRun | None:
    """The run asked for, else the newest finished one of the newest commit, else the newest finished one, else any."""
    named = [each for each in runs.head if each.run.uuid == uuid]
    finished = [each for each in runs.head if each.run.status == RunStatus.FINISHED]
    newest = [each for each in finished if each.commit == runs.pull.head_commit]
    return next(iter([*named, *newest, *finished, *runs.head]), None)


def _columns(values: Sequence[Mapping[str, float]], directions: Mapping[str, Better]) -> tuple[str, ...]:
    """The metrics that gates ask for, then those that most runs have."""
    counted = Counter(key for row in values for key in row if not key.startswith(SYSTEM))
    order = sorted(counted, key=lambda key: (key not in directions, -counted[key], key))
    return tuple(order[:MOST_COLUMNS])


def _row(
    each: CommitRun, runs: PullRuns, chosen: CommitRun | None, columns: Sequence[str],
    last: Mapping[int, Mapping[str, float]], beside: Mapping[str, float], directions: Mapping[str, Better],
    better: Better,
) -> RunRow:  # fmt: skip
    values = last.get(each.run.pk, {})
    cells = (
        Cell(_text(values.get(key)), _delta(values.get(key), beside.get(key), directions.get(key, better)))
        for key in columns
    )
    newest = each.commit == runs.pull.head_commit
    return RunRow(
        each.run, each.run.repository, each.commit, newest, each == chosen, colour_of(each.run.pk), tuple(cells)
    )


def _pair(
    head: CommitRun, base: CommitRun | None, last: Mapping[int, Mapping[str, float]],
    directions: Mapping[str, Better], better: Better,
) -> Pair:  # fmt: skip
    ours = last.get(head.run.pk, {})
    theirs = last.get(base.run.pk, {}) if base else {}
    keys = sorted({*ours, *theirs} - {key for key in {*ours, *theirs} if key.startswith(SYSTEM)})
    # What both have says most, and what a gate asks for is looked for first.
    keys.sort(key=lambda key: (key not in directions, not (key in ours and key in theirs)))
    shown = keys[:MOST_METRICS]
    both = [head.run.pk, *([base.run.pk] if base else [])]
    extremes = extremes_of(both, shown, MOST_POINTS)
    metrics = tuple(
        _metric(
            key, directions.get(key, better), ours.get(key), theirs.get(key),
            extremes.get(head.run.pk, {}).get(key), extremes.get(base.run.pk, {}).get(key) if base else None,
        )
        for key in shown
    )  # fmt: skip
    params, same = _params(head.run, base.run) if base else ((), 0)
    return Pair(head, base, metrics, len(keys) - len(shown), params, same)


def _metric(
    key: str, better: Better, ours: float | None, theirs: float | None, our_ends: tuple[float, float] | None,
    their_ends: tuple[float, float] | None,
) -> MetricRow:  # fmt: skip
    place = {"min": 0, "max": 1}.get(better)
    our_best = our_ends[place] if our_ends and place is not None else None
    their_best = their_ends[place] if their_ends and place is not None else None
    return MetricRow(
        key,
        better,
        _text(theirs),
        _text(ours),
        _delta(ours, theirs, better),
        _text(their_best) if place is not None else _ends(their_ends),
        _text(our_best) if place is not None else _ends(our_ends),
        _delta(our_best, their_best, better),
    )


def _params(head: Run, base: Run) -> tuple[tuple[ParamRow, ...], int]:
    found: dict[int, dict[str, str]] = {head.pk: {}, base.pk: {}}
    for run, key, value in Param.objects.filter(run__in=[head.pk, base.pk]).values_list("run_id", "key", "value"):
        found[run][key] = value
    ours, theirs = found[head.pk], found[base.pk]
    differing = [key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]
    rows = tuple(ParamRow(key, theirs.get(key), ours.get(key)) for key in differing[:MOST_PARAMS])
    return rows, len({*ours, *theirs}) - len(differing)


def _models(runs: PullRuns) -> tuple[LoggedModel, ...]:
    ids = [each.run.uuid for each in runs.head]
    rows = LoggedModel.objects.select_related("experiment", "repository__owner").filter(
        source_run_id__in=ids, repository__in=[home.pk for home in runs.homes], deleted_at=None
    )
    return tuple(rows.order_by("-created_at", "uuid")[:MOST_MODELS]) if ids else ()


def _delta(value: float | None, base: float | None, better: Better) -> Delta | None:
    fine = [each for each in (value, base) if each is not None and math.isfinite(each)]
    return delta_of(value, base, better) if len(fine) == 2 else None


def _text(value: float | None) -> str:
    return "" if value is None else number_text(value)


def _ends(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return ""
    return _text(ends[0]) if ends[0] == ends[1] else f"{_text(ends[0])} … {_text(ends[1])}"
