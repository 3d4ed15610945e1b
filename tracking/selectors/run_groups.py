"""Runs of a table grouped by what they have in common, with counts and statistics of metrics, by statements over sets.

Groups are counted first and paged; statistics are computed for the groups of the page alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tracking import sql
from tracking.search.writing import both, equals
from tracking.selectors.run_columns import SOURCE
from tracking.selectors.run_export import as_logged
from tracking.selectors.run_scope import Scope
from tracking.table_state import TableState

PER_PAGE = 50
MOST_KEYS = 2
MOST_METRICS = 8
_STATES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
_COLUMNS = {
    "status": "r.status",
    "user_id": "NULLIF(r.user_name, '')",
    "experiment": "(SELECT CAST(x.number AS text) FROM tracking_experiment x WHERE x.id = r.experiment_id)",
}
_TABLES = {"params": "tracking_param", "tags": "tracking_runtag"}
_LARGE = 1e150
"""Beyond it squares overflow; PostgreSQL refuses those in place of answering with infinity."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Latest values of a metric in a group: of `count` runs, `nans` of them NaN, which no number here includes.

    `deviation` is that of a sample; None for fewer than two numbers.
    """

    count: int
    nans: int
    mean: float | None
    low: float | None
    high: float | None
    deviation: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that have the same values for the keys (None: no value). `newest` in ms since 1970, 0: unknown.

    `query` is the filter that finds its runs, None where no filter can be written for it.
    """

    values: tuple[str | None, ...]
    count: int
    newest: int
    states: dict[str, int]
    query: str | None
    metrics: dict[str, Statistics] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Groups:
    """A page of groups, the largest first. `keys` are those that runs were grouped by, `metrics` those described."""

    keys: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: list[Group]
    page: int
    more: bool


def is_groupable(key: str) -> bool:
    """Whether runs can be grouped by a column: parameters, tags, state, user, source, experiment."""
    return key in _COLUMNS or key == "source" or (key.partition(".")[0] in _TABLES and "." in key)


def grouped(scope: Scope, state: TableState, metrics: Sequence[str], page: int = 1) -> Groups:
    """The runs of the scope by the state's groups; `metrics` are the names of those to describe, at most MOST_METRICS.

    Keys that nothing can be grouped by are passed over.
    """
    keys = tuple(key for key in state.groups if is_groupable(key))[:MOST_KEYS]
    named = tuple(dict.fromkeys(metrics))[:MOST_METRICS]
    if not keys:
        return Groups((), named, [], 1, False)
    source = _Source(scope, keys)
    found = source.counts(page)
    rows = found[:PER_PAGE]
    whole = page == 1 and len(found) == len(rows)
    described = source.statistics([row[: len(keys)] for row in rows], named, whole=whole)
    groups = [_group(scope, state, keys, row, described) for row in rows]
    return Groups(keys, named, groups, page, len(found) > PER_PAGE)


def _group(
    scope: Scope, state: TableState, keys: Sequence[str], row: Sequence[Any],
    described: dict[tuple[str | None, ...], dict[str, Statistics]],
) -> Group:  # fmt: skip
    values = tuple(row[: len(keys)])
    count, newest, *states = row[len(keys) :]
    return Group(
        values,
        count,
        newest or 0,
        {name: number for name, number in zip(_STATES, states, strict=True) if number},
        group_filter(state.text, keys, values),
        described.get(values, {}),
    )


def group_filter(text: str, keys: Sequence[str], values: Sequence[str | None]) -> str | None:
    """The filter `text` and that runs have these values, or None where that cannot be said."""
    for key, value in zip(keys, values, strict=True):
        kind, _, label = key.partition(".")
        if key == "experiment":
            continue  # The table of that experiment says it.
        if key == "source":
            test = equals("tags", SOURCE, value)
        elif key in _COLUMNS:
            test = f"{key} = ''" if value is None else equals("", key, value)
        else:
            test = equals(kind, label, value)
        if test is None:
            return None
        text = both(text, test)
    return text


def _runs_first() -> str:
    """SQLite would walk all values of the metrics and look up each run: CROSS JOIN keeps it to the runs."""
    return "JOIN" if sql.is_postgres() else "CROSS JOIN"


class _Source:
    """The statements about one scope, grouped by some keys."""

    def __init__(self, scope: Scope, keys: Sequence[str]) -> None:
        self.inside = scope.inside
        self.repository = scope.repository.pk
        self.columns: list[str] = []
        self.joins = ""
        self.join_values: list[Any] = []
        for place, key in enumerate(keys):
            self.add(f"g{place}", key)

    def add(self, alias: str, key: str) -> None:
        """One more key to group by."""
        if key in _COLUMNS:
            self.columns.append(_COLUMNS[key])
            return
        kind, _, label = ("tags", "", SOURCE) if key == "source" else key.partition(".")
        self.joins += f" LEFT JOIN {_TABLES[kind]} {alias} ON {alias}.run_id = r.id AND {alias}.key = ?"
        self.join_values.append(label)
        self.columns.append(f"{alias}.value")

    def counts(self, page: int) -> list[Any]:
        """Values, number of runs, the newest start and the numbers by state, of the page's groups and one more."""
        states = ", ".join(f"SUM(CASE WHEN r.status = '{state}' THEN 1 ELSE 0 END)" for state in _STATES)
        places = ", ".join(str(place + 1) for place in range(len(self.columns)))
        statement = (
            f"SELECT {', '.join(self.columns)}, COUNT(*), MAX(r.start_time), {states} FROM tracking_run r{self.joins} "
            f"WHERE {self.inside.text} GROUP BY {places} ORDER BY COUNT(*) DESC, {places} LIMIT ? OFFSET ?"
        )
        offset = (page - 1) * PER_PAGE
        return sql.rows(statement, (*self.join_values, *self.inside.values, PER_PAGE + 1, offset))

    def statistics(
        self, groups: Sequence[Sequence[str | None]], metrics: Sequence[str], *, whole: bool
    ) -> dict[tuple[str | None, ...], dict[str, Statistics]]:
        """Of each metric in each of these groups, perhaps of further ones; `whole`: there are no others."""
        test, value = sql.among("name", list(metrics))
        keys: dict[int, str] = dict(sql.rows(
            f"SELECT id, name FROM tracking_metrickey WHERE repository_id = ? AND {test}", (self.repository, value)
        ))  # fmt: skip
        if not keys or not groups:
            return {}
        where, values = ("1 = 1", []) if whole else self.chosen(groups)
        marks = self.marks(list(keys))
        named = ", ".join(f"{column} AS v{place}" for place, column in enumerate(self.columns))
        shift = " ".join("WHEN ? THEN CAST(? AS float8)" for _ in keys)
        inner = (
            f"SELECT {named}, m.key_id, m.is_nan, m.value, CASE WHEN m.is_nan OR ABS(m.value) > {_LARGE:e} THEN NULL "
            f"ELSE m.value - CASE m.key_id {shift} END END AS part FROM tracking_run r{self.joins} "
            f"{_runs_first()} tracking_latestmetric m ON m.run_id = r.id AND m.key_id IN ({sql.marks(list(keys))}) "
            f"WHERE {self.inside.text} AND {where}"
        )
        places = ", ".join(f"v{place}" for place in range(len(self.columns)))
        number = "CASE WHEN NOT is_nan THEN value END"
        statement = (
            f"SELECT {places}, key_id, COUNT(*), SUM(CASE WHEN is_nan THEN 1 ELSE 0 END), MIN({number}), "
            f"MAX({number}), COUNT(part), SUM(part), SUM(part * part), "
            f"AVG(CASE WHEN part IS NOT NULL THEN value END) FROM ({inner}) q GROUP BY {places}, key_id"
        )
        shifts = [each for key in keys for each in (key, marks.get(key, 0.0))]
        found: dict[tuple[str | None, ...], dict[str, Statistics]] = {}
        for row in sql.rows(statement, (*shifts, *self.join_values, *keys, *self.inside.values, *values)):
            group, (key, *numbers) = tuple(row[: len(self.columns)]), row[len(self.columns) :]
            described = _described(*numbers)
            if _lost_digits(described, numbers):
                described = replace(described, deviation=self.deviation(group, key, described))
            found.setdefault(group, {})[keys[key]] = described
        return found

    def deviation(self, group: Sequence[str | None], key: int, known: Statistics) -> float:
        """Of the numbers of one group, around their own mean."""
        where, values = self.chosen([group])
        statement = (
            "SELECT SUM((m.value - CAST(? AS float8)) * (m.value - CAST(? AS float8))) "
            f"FROM tracking_run r{self.joins} {_runs_first()} tracking_latestmetric m ON m.run_id = r.id "
            f"AND m.key_id = ? WHERE {self.inside.text} AND {where} AND NOT m.is_nan"
        )
        mean = known.mean
        row = sql.row(statement, (mean, mean, *self.join_values, key, *self.inside.values, *values))
        return math.sqrt((row[0] if row else None) or 0.0) / math.sqrt(max(1, known.count - known.nans - 1))

    def chosen(self, groups: Sequence[Sequence[str | None]]) -> tuple[str, list[Any]]:
        """A test that holds for the runs of these groups, and perhaps for some of others."""
        tests, values = [], []
        for place, column in enumerate(self.columns):
            wanted = sorted({"" if group[place] is None else f"={group[place]}" for group in groups})
            test, value = sql.among(f"COALESCE('=' || {column}, '')", wanted)
            tests.append(test)
            values.append(value)
        return " AND ".join(tests), values

    def marks(self, keys: Sequence[int]) -> dict[int, float]:
        """A number amid the values of each metric: squares of what lies around it lose few digits."""
        statement = (
            "SELECT m.key_id, AVG(m.value) FROM (SELECT r.id FROM tracking_run r "
            f"WHERE {self.inside.text} ORDER BY r.start_time DESC, r.uuid LIMIT 100) n "
            f"JOIN tracking_latestmetric m ON m.run_id = n.id AND m.key_id IN ({sql.marks(keys)}) "
            f"WHERE NOT m.is_nan AND ABS(m.value) < {_LARGE:e} GROUP BY m.key_id"
        )
        return dict(sql.rows(statement, (*self.inside.values, *keys)))


def _lost_digits(found: Statistics, sums: Sequence[Any]) -> bool:
    """Whether the numbers lie so close together, seen from the middle of the metric, that squares cannot part them."""
    spread, numbers = found.deviation, found.count - found.nans
    return spread is not None and math.isfinite(spread) and spread * spread * (numbers - 1) < 1e-4 * sums[6]


def _described(
    count: int, nans: int, low: float | None, high: float | None, parts: int, total: float | None,
    squares: float | None, mean: float | None,
) -> Statistics:  # fmt: skip
    numbers = count - nans
    low, high = (None if each is None else as_logged(each) for each in (low, high))
    if parts < numbers:  # Some are infinite, or so large that their squares are.
        return Statistics(count, nans, _of_infinite(low, high), low, high, None if numbers < 2 else math.nan)
    if not numbers:
        return Statistics(count, nans, None, None, None, None)
    assert total is not None and squares is not None
    spread = max(0.0, squares - total * total / numbers)
    deviation = math.sqrt(spread / (numbers - 1)) if numbers > 1 else None
    return Statistics(count, nans, mean, low, high, deviation)


def _of_infinite(low: float | None, high: float | None) -> float | None:
    """The mean of numbers among which some are beyond all squares; None where it is not known."""
    down, up = low == -math.inf, high == math.inf
    return math.nan if down and up else math.inf if up else -math.inf if down else None
