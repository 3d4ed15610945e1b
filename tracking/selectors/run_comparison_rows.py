"""What runs have logged, laid side by side a page of keys at a time: what differs first, only what is shown is read.

One pass over the index tells which keys differ; values are fetched for the keys of the page alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tracking import sql
from tracking.models import Run
from tracking.selectors.run_comparison_deltas import Better, Delta, best_of, delta_of, differ, finite
from tracking.selectors.run_page import SYSTEM
from tracking.selectors.run_table import metric_text

Kind = Literal["facts", "metrics", "params", "tags", "system"]
TITLES: dict[Kind, str] = {
    "facts": "Facts",
    "metrics": "Metrics",
    "params": "Parameters",
    "tags": "Tags",
    "system": "Machine",
}
MOST_CELLS = 4000
FEWEST_ROWS, MOST_ROWS = 20, 100
LONGEST_CELL = 300
_OWN_TAGS = "mlflow."


@dataclass(frozen=True, slots=True)
class Value:
    """One logged value: as text, and as a number where it is one."""

    text: str
    number: float | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A run's value in a row; `value` is None where it has none. `apart`: another one than the baseline's."""

    value: Value | None
    delta: Delta | None = None
    is_best: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One key and its cells, in the order of the runs. `better` says which way is, for metrics."""

    kind: Kind
    key: str
    differs: bool
    cells: tuple[Cell, ...]
    better: Better = ""

    @property
    def title(self) -> str:
        """What the group is called to which it belongs."""
        return TITLES[self.kind]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the reader asks of the rows. `better` holds for every metric, `turned` for single ones by their key.

    `facts_last`: what was logged comes first, as where keys are columns and only the first ones are in sight.
    """

    text: str = ""
    only: bool = False
    page: int = 1
    better: Better = ""
    turned: Mapping[str, Better] = field(default_factory=dict)
    facts_last: bool = False

    def better_of(self, key: str) -> Better:
        """Which way the metric with this key is better."""
        return self.turned.get(key, self.better)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows. `total` rows fit what was asked, `differing` of all `keys` differ."""

    rows: list[Row]
    number: int
    pages: int
    total: int
    keys: int
    differing: int


@dataclass(frozen=True, slots=True)
class _Key:
    kind: Kind
    name: str
    differs: bool


def rows_a_page(runs: int) -> int:
    """How many keys a page shows: the more runs, the fewer, so that a page keeps its size."""
    return max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // max(1, runs)))


def compared_rows(
    runs: Sequence[Run], baseline: int | None, ask: Ask, facts: Mapping[str, Sequence[Value | None]]
) -> Page:
    """The page of keys that is asked for. `baseline` is the place of a run among `runs`; `facts` by their names."""
    ids = [run.pk for run in runs]
    known = [_Key("facts", name, differ([_shown(value) for value in found])) for name, found in facts.items()]
    logged = _logged_keys(ids)
    keys = [*logged, *known] if ask.facts_last else [*known, *logged]
    words = ask.text.lower().split()
    asked = [key for key in keys if (key.differs or not ask.only) and all(word in key.name.lower() for word in words)]
    size = rows_a_page(len(runs))
    pages = max(1, -(-len(asked) // size))
    number = min(ask.page, pages)
    shown = asked[(number - 1) * size : number * size]
    values = _values(ids, shown)
    values |= {("facts", name): dict(zip(ids, found, strict=True)) for name, found in facts.items()}
    rows = [_row(key, [values.get((key.kind, key.name), {}).get(run) for run in ids], baseline, ask) for key in shown]
    return Page(rows, number, pages, len(asked), len(keys), sum(key.differs for key in keys))


def _row(key: _Key, values: Sequence[Value | None], baseline: int | None, ask: Ask) -> Row:
    better: Better = ask.better_of(key.name) if key.kind in ("metrics", "system") else ""
    base = values[baseline] if baseline is not None else None
    best = best_of([value.number if value else None for value in values], better)
    cells = []
    for at, value in enumerate(values):
        is_other = baseline is not None and at != baseline
        delta = delta_of(value.number, base.number, better) if is_other and value and base else None
        apart = is_other and differ([_shown(value), _shown(base)])
        cells.append(Cell(value, delta, at in best, apart))
    return Row(key.kind, key.name, key.differs, tuple(cells), better)


def _shown(value: Value | None) -> str | None:
    return None if value is None else value.text


def _logged_keys(ids: Sequence[int]) -> list[_Key]:
    """Every key that one of the runs has, by kind, those that differ first."""
    found = [
        *(_Key("system" if name.startswith(SYSTEM) else "metrics", name, differs) for name, differs in _metrics(ids)),
        *(_Key("params", name, differs) for name, differs in _texts("tracking_param", ids)),
        *(_Key("tags", name, differs) for name, differs in _texts("tracking_runtag", ids)),
    ]
    order = list(TITLES)
    ours = [key for key in found if key.kind != "tags" or not key.name.startswith(_OWN_TAGS)]
    return sorted(ours, key=lambda key: (order.index(key.kind), not key.differs, key.name))


def _texts(table: str, ids: Sequence[int]) -> Iterable[tuple[str, bool]]:
    test, value = sql.among("run_id", ids)
    same = "COUNT(*) = ? AND MIN(value) = MAX(value)"
    statement = f"SELECT key, CASE WHEN {same} THEN 0 ELSE 1 END FROM {table} WHERE {test} GROUP BY key"
    return ((name, bool(differs)) for name, differs in sql.rows(statement, (len(ids), value)))


def _metrics(ids: Sequence[int]) -> Iterable[tuple[str, bool]]:
    test, value = sql.among("l.run_id", ids)
    nans = "SUM(CASE WHEN l.is_nan THEN 1 ELSE 0 END)"
    same = f"COUNT(*) = ? AND MIN(l.value) = MAX(l.value) AND {nans} IN (0, ?)"
    statement = (
        f"SELECT k.name, CASE WHEN {same} THEN 0 ELSE 1 END FROM tracking_latestmetric l"
        f" JOIN tracking_metrickey k ON k.id = l.key_id WHERE {test} GROUP BY k.name"
    )
    return ((name, bool(differs)) for name, differs in sql.rows(statement, (len(ids), len(ids), value)))


_Values = dict[tuple[Kind, str], dict[int, Value | None]]


def _values(ids: Sequence[int], keys: Iterable[_Key]) -> _Values:
    """The values of these keys alone, long ones cut by the database."""
    found: _Values = defaultdict(dict)
    by_kind: dict[Kind, list[str]] = defaultdict(list)
    for key in keys:
        by_kind["metrics" if key.kind == "system" else key.kind].append(key.name)
    readers: dict[Kind, Callable[[Sequence[int], Sequence[str]], Iterable[tuple[Kind, str, int, Value]]]] = {
        "metrics": _metric_values,
        "params": lambda ids, names: _text_values("params", "tracking_param", ids, names),
        "tags": lambda ids, names: _text_values("tags", "tracking_runtag", ids, names),
    }
    for kind, read in readers.items():
        if by_kind[kind]:
            for shown, name, run, value in read(ids, by_kind[kind]):
                found[(shown, name)][run] = value
    return found


def _text_values(
    kind: Kind, table: str, ids: Sequence[int], names: Sequence[str]
) -> Iterable[tuple[Kind, str, int, Value]]:
    (runs, run_value), (keys, key_value) = sql.among("run_id", ids), sql.among("key", names)
    statement = f"SELECT run_id, key, substr(value, 1, {LONGEST_CELL}) FROM {table} WHERE {runs} AND {keys}"
    for run, name, text in sql.rows(statement, (run_value, key_value)):
        yield kind, name, run, Value(text)


def _metric_values(ids: Sequence[int], names: Sequence[str]) -> Iterable[tuple[Kind, str, int, Value]]:
    (runs, run_value), (keys, key_value) = sql.among("l.run_id", ids), sql.among("k.name", names)
    statement = (
        "SELECT l.run_id, k.name, l.value, l.is_nan FROM tracking_latestmetric l"
        f" JOIN tracking_metrickey k ON k.id = l.key_id WHERE {runs} AND {keys}"
    )
    for run, name, value, is_nan in sql.rows(statement, (run_value, key_value)):
        kind: Kind = "system" if name.startswith(SYSTEM) else "metrics"
        yield kind, name, run, Value(metric_text(value, bool(is_nan)), finite(value, bool(is_nan)))
