"""What the panels of a board are drawn from: which runs, their curves, and their values side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from repos.models import Repository
from tracking import sql
from tracking.charts.influence import as_number
from tracking.charts.thinning import odd_word
from tracking.models import MetricKey, RunStatus
from tracking.search.compile import Setting, compile_filter
from tracking.search.errors import FilterError
from tracking.search.ordering import compile_order, read_terms
from tracking.search.vocabulary import RUNS_BY_HAND
from tracking.table_state import LOGGED, TableState

MOST_LINES = 200
MOST_RUNS = 1000
"""Panels that show one mark a run take so many of the runs chosen; lines as many as the reader asks, MOST_LINES."""

MOST_KEYS = 2000
_VIEWS = {
    "active": "r.deleted_at IS NULL AND r.archived_at IS NULL",
    "archived": "r.deleted_at IS NULL AND r.archived_at IS NOT NULL",
    "deleted": "r.deleted_at IS NOT NULL",
    "all": "1 = 1",
}


class Drawn(Protocol):
    """A run as charts need it, a Chosen or a Run."""

    @property
    def pk(self) -> int:
        """Its key."""
        ...

    @property
    def uuid(self) -> str:
        """The id that clients see."""
        ...

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def status(self) -> str:
        """As the protocol spells it."""
        ...

    @property
    def start_time(self) -> int:
        """In ms since 1970; 0: unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """A run of a board. Times in ms since 1970; start 0: unknown, end None: not ended."""

    pk: int
    uuid: str
    name: str
    status: str
    start_time: int
    end_time: int | None
    experiment: int

    @property
    def is_going(self) -> bool:
        """Whether more may come."""
        return self.status in (RunStatus.RUNNING, RunStatus.SCHEDULED)


def chosen_runs(repository: Repository, number: int, state: TableState, most: int) -> list[Chosen]:
    """The runs that a table with this state shows first, the newest where it has no order; `most` at most.

    Hidden runs are among them. Raises FilterError for a filter that is not understood.
    """
    setting = Setting(repository.pk, sql.is_postgres())
    condition = compile_filter(state.text, RUNS_BY_HAND, setting)
    order = compile_order(read_terms(_terms(state)), RUNS_BY_HAND, setting)
    test, numbers = sql.among("e.number", sorted({number, *state.experiments}))
    rows = sql.rows(
        "SELECT r.id, r.uuid, r.name, r.status, r.start_time, r.end_time, e.number FROM tracking_run r"
        f" JOIN tracking_experiment e ON e.id = r.experiment_id{order.join_text}"
        f" WHERE e.repository_id = ? AND {test} AND {_VIEWS[state.view]} AND ({condition.text})"
        f" ORDER BY {order.term_text} LIMIT ?",
        (*order.values, repository.pk, numbers, *condition.values, most),
    )
    return [Chosen(*row) for row in rows]


def _terms(state: TableState) -> list[str]:
    """The order of the table, as far as searches know it."""
    found = []
    for sort in state.sorts:
        kind, dot, key = sort.key.partition(".")
        term = f"{kind}.`{key}` {'DESC' if sort.descending else 'ASC'}" if dot else f"{kind} {_way(sort.descending)}"
        try:
            compile_order(read_terms([term]), RUNS_BY_HAND, Setting(0, sql.is_postgres()))
        except FilterError:
            continue
        found.append(term)
    return found


def _way(descending: bool) -> str:
    return "DESC" if descending else "ASC"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the runs of a board have logged: metrics with a curve, all metrics, parameters, tags."""

    curves: list[str]
    metrics: list[str]
    params: list[str]
    tags: list[str]


def logged_keys(runs: Sequence[Chosen]) -> Keys:
    """The keys of all runs, sorted, MOST_KEYS of each kind at most."""
    test, value = sql.among("l.run_id", [run.pk for run in runs])
    second = "SELECT 1 FROM tracking_metric m WHERE m.run_id = g.run AND m.key_id = g.key_id LIMIT 1 OFFSET 1"
    metrics = sql.rows(
        f"SELECT k.name, g.step > 0 OR EXISTS ({second}) FROM (SELECT l.key_id, MAX(l.step) AS step,"
        f" MAX(l.run_id) AS run FROM tracking_latestmetric l WHERE {test} GROUP BY l.key_id LIMIT {MOST_KEYS}) g"
        " JOIN tracking_metrickey k ON k.id = g.key_id ORDER BY k.name",
        (value,),
    )
    ask = f"SELECT DISTINCT l.key FROM {{}} l WHERE {test} {{}} ORDER BY l.key LIMIT {MOST_KEYS}"
    params = sql.rows(ask.format("tracking_param", ""), (value,))
    tags = sql.rows(ask.format("tracking_runtag", "AND substr(l.key, 1, 7) <> 'mlflow.'"), (value,))
    names = [row[0] for row in metrics]
    return Keys([row[0] for row in metrics if row[1]], names, [row[0] for row in params], [row[0] for row in tags])


def groups_of(runs: Sequence[Drawn], column: str) -> dict[int, str]:
    """Run → what it has in a column `params.<key>` or `tags.<key>`; runs without it are left out."""
    return {run: str(value) for run, value in _texts(runs, [column])[column].items()}


@dataclass(frozen=True, slots=True)
class Values:
    """Some columns of some runs; a cell is None where a run has nothing. `numbers`: columns that hold numbers only."""

    columns: list[str]
    numbers: list[bool]
    rows: list[tuple[Chosen, list[float | str | None]]]


def values_of(repository: Repository, runs: Sequence[Chosen], columns: Sequence[str]) -> Values:
    """The latest values of columns `metrics.<key>`, `params.<key>`, `tags.<key>`; four questions at most.

    NaN and infinities are nothing that could be drawn. A parameter whose values are all numbers comes as numbers.
    """
    wanted = [column for column in dict.fromkeys(columns) if column.partition(".")[0] in LOGGED]
    texts = _texts(runs, [column for column in wanted if not column.startswith("metrics.")])
    numbers = _latest(repository, runs, [column for column in wanted if column.startswith("metrics.")])
    cells: dict[str, Mapping[int, float | str]] = {}
    for column in wanted:
        if column in numbers:
            cells[column] = numbers[column]
            continue
        read = {run: as_number(text) for run, text in texts[column].items()}
        cells[column] = (
            {run: number for run, number in read.items() if number is not None}
            if read and None not in read.values() and column.startswith("params.")
            else texts[column]
        )
    is_number = [all(isinstance(cell, float) for cell in cells[column].values()) for column in wanted]
    return Values(wanted, is_number, [(run, [cells[column].get(run.pk) for column in wanted]) for run in runs])


def _latest(repository: Repository, runs: Sequence[Chosen], columns: Sequence[str]) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {column: {} for column in columns}
    names = [column.removeprefix("metrics.") for column in columns]
    keys = dict(MetricKey.objects.filter(repository=repository, name__in=names).values_list("pk", "name"))
    if not keys:
        return found
    test, value = sql.among("run_id", [run.pk for run in runs])
    statement = (
        f"SELECT run_id, key_id, value, is_nan FROM tracking_latestmetric WHERE key_id IN ({sql.marks([*keys])})"
    )
    for run, key, number, is_nan in sql.rows(f"{statement} AND {test}", (*keys, value)):
        if not odd_word(number, bool(is_nan)):
            found[f"metrics.{keys[key]}"][run] = number
    return found


def _texts(runs: Sequence[Drawn], columns: Sequence[str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {column: {} for column in columns}
    test, value = sql.among("run_id", [run.pk for run in runs])
    for kind, table in (("params", "tracking_param"), ("tags", "tracking_runtag")):
        keys = [column.partition(".")[2] for column in columns if column.startswith(f"{kind}.")]
        if keys:
            rows = sql.rows(
                f"SELECT run_id, key, value FROM {table} WHERE key IN ({sql.marks(keys)}) AND {test}", (*keys, value)
            )
            for run, key, text in rows:
                found[f"{kind}.{key}"][run] = text[:200]
    return found


def latest_steps(runs: Sequence[Drawn], repository: Repository, keys: Sequence[str]) -> dict[str, dict[str, int]]:
    """Metric → run id → its latest step, for those of the runs that have it."""
    known = dict(MetricKey.objects.filter(repository=repository, name__in=keys).values_list("pk", "name"))
    found: dict[str, dict[str, int]] = defaultdict(dict)
    if not known or not runs:
        return found
    ids: dict[Any, str] = {run.pk: run.uuid for run in runs}
    test, value = sql.among("run_id", list(ids))
    statement = (
        f"SELECT run_id, key_id, step FROM tracking_latestmetric WHERE key_id IN ({sql.marks([*known])}) AND {test}"
    )
    for run, key, step in sql.rows(statement, (*known, value)):
        found[known[key]][ids[run]] = step
    return found
