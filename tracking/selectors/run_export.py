"""What an export of a runs table holds: the runs that match in the table's order, a block at a time.

The keys of all runs are taken at the start, so that each is exported once, whatever is logged meanwhile.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.lib.errors import Invalid
from tracking import sql
from tracking.rules import LARGEST
from tracking.search.grammar import Name
from tracking.search.ordering import Term, compile_order
from tracking.search.vocabulary import RUNS
from tracking.selectors.run_columns import USUAL, candidates, default_columns, logged_of
from tracking.selectors.run_keyset import page_of_runs
from tracking.selectors.run_scope import Scope
from tracking.table_state import TableState

BLOCK = 1000
"""Runs that are read at a time."""
MOST_COLUMNS = 2000
KNOWN = ("run_id", "run_name", "experiment_id", "status", "start_time", "end_time", "duration", "user_id")
"""What every export tells of a run: times in ms since 1970, the duration in seconds."""
_SQL = {
    "run_id": "r.uuid", "run_name": "r.name", "experiment_id": "e.number", "status": "r.status",
    "start_time": "NULLIF(r.start_time, 0)", "end_time": "NULLIF(r.end_time, 0)",
    "duration": RUNS.attributes["duration"].column, "user_id": "r.user_name",
}  # fmt: skip
_SOURCES = {
    "metrics": "SELECT DISTINCT k.name FROM tracking_metrickey k WHERE k.repository_id = ? AND EXISTS "
    "(SELECT 1 FROM tracking_latestmetric m JOIN tracking_run r ON r.id = m.run_id WHERE m.key_id = k.id AND {})",
    "params": "SELECT DISTINCT w.key FROM tracking_run r JOIN tracking_param w ON w.run_id = r.id WHERE {}",
    "tags": "SELECT DISTINCT w.key FROM tracking_run r JOIN tracking_runtag w ON w.run_id = r.id WHERE {}",
}
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the export: `metrics.loss`, or one of KNOWN. `kind` is "" for these."""

    name: str
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Export:
    """Runs to export, by key and in order, and the columns of each."""

    scope: Scope
    runs: array[int]
    fields: list[Field]

    def blocks(self) -> Iterator[list[list[Value]]]:
        """The cells of BLOCK runs at a time, in the order of the fields; runs that are gone meanwhile are left out."""
        for start in range(0, len(self.runs), BLOCK):
            yield _block(self.scope, list(self.runs[start : start + BLOCK]), self.fields)


def export_of(scope: Scope, state: TableState, *, everything: bool) -> Export:
    """The runs that the table shows on all its pages, with the columns it shows, or with all there are.

    Raises FilterError when the order is not understood, Invalid for more than MOST_COLUMNS.
    """
    terms = [_term(sort.key, sort.descending) for sort in state.sorts]
    order = compile_order(terms, RUNS, scope.setting)
    inside = scope.inside
    statement = f"SELECT r.id FROM tracking_run r{order.join_text} WHERE {inside.text} ORDER BY {order.term_text}"
    runs = array("q", (row[0] for row in sql.stream(statement, (*order.values, *inside.values))))
    keys = _all_keys(scope) if everything else shown_keys(scope, state)
    if len(keys) > MOST_COLUMNS:
        raise Invalid(
            f"These runs have {len(keys):,} columns; an export has at most {MOST_COLUMNS:,}.",
            next_step="Choose columns in the table and export those.",
        )
    known = [Field(name, "", name) for name in KNOWN]
    logged = [Field(key, *key.split(".", 1)) for key in dict.fromkeys(keys)]
    return Export(scope, runs, known + logged)


def _term(key: str, descending: bool) -> Term:
    kind, dot, label = key.partition(".")
    return Term(Name(kind, label, 0) if dot else Name("", key, 0), not descending)


def shown_keys(scope: Scope, state: TableState) -> list[str]:
    """Keys of the logged values in the table's columns: those chosen, or those that it shows by itself."""
    if state.columns:
        return [key for key in (*state.pinned, *state.columns) if "." in key]
    first = page_of_runs(scope, state.changed()).keys
    offered = candidates(first)
    logged = logged_of(scope.repository, first, offered)
    usual = [column.key for column in default_columns(offered, logged, len(first))]
    return [key for key in (*state.pinned, *USUAL, *usual) if "." in key]


def _all_keys(scope: Scope) -> list[str]:
    inside = scope.inside
    found: list[str] = []
    for kind, source in _SOURCES.items():
        values = ((scope.repository.pk,) if kind == "metrics" else ()) + inside.values
        rows = sql.rows(f"SELECT * FROM ({source.format(inside.text)}) q LIMIT ?", (*values, MOST_COLUMNS + 1))
        found += sorted(f"{kind}.{row[0]}" for row in rows)
    return found


def _block(scope: Scope, runs: Sequence[int], fields: Sequence[Field]) -> list[list[Value]]:
    test, value = sql.among("r.id", list(runs))
    columns = ", ".join(_SQL[name] for name in KNOWN)
    statement = (
        f"SELECT r.id, {columns} FROM tracking_run r JOIN tracking_experiment e ON e.id = r.experiment_id WHERE {test}"
    )
    width = len(fields)
    cells: dict[int, list[Value]] = {}
    for key, *known in sql.rows(statement, (value,)):
        duration = known[KNOWN.index("duration")]
        known[KNOWN.index("duration")] = None if duration is None else duration / 1000
        cells[key] = [*known, *[None] * (width - len(known))]
    places: dict[str, dict[str, int]] = {"metrics": {}, "params": {}, "tags": {}}
    for place, each in enumerate(fields):
        if each.kind:
            places[each.kind][each.key] = place
    _fill_numbers(scope, cells, places["metrics"])
    _fill_words("tracking_param", cells, places["params"])
    _fill_words("tracking_runtag", cells, places["tags"])
    return [cells[key] for key in runs if key in cells]


def _fill_numbers(scope: Scope, cells: dict[int, list[Value]], places: dict[str, int]) -> None:
    if not places or not cells:
        return
    named, names = sql.among("name", list(places))
    rows = sql.rows(
        f"SELECT id, name FROM tracking_metrickey WHERE repository_id = ? AND {named}", (scope.repository.pk, names)
    )
    at = {key: places[name] for key, name in rows}
    of_runs, runs = sql.among("run_id", list(cells))
    of_keys, keys = sql.among("key_id", list(at))
    statement = f"SELECT run_id, key_id, value, is_nan FROM tracking_latestmetric WHERE {of_runs} AND {of_keys}"
    for run, key, number, is_nan in sql.rows(statement, (runs, keys)):
        cells[run][at[key]] = float("nan") if is_nan else as_logged(number)


def as_logged(number: float) -> float:
    """The number as it was logged: infinities are kept as the largest number, as MLflow does (rules.stored_value)."""
    return math.copysign(math.inf, number) if abs(number) == LARGEST else number


def _fill_words(table: str, cells: dict[int, list[Value]], places: dict[str, int]) -> None:
    if not places or not cells:
        return
    of_runs, runs = sql.among("run_id", list(cells))
    of_keys, keys = sql.among("key", list(places))
    rows: list[Any] = sql.rows(f"SELECT run_id, key, value FROM {table} WHERE {of_runs} AND {of_keys}", (runs, keys))
    for run, key, text in rows:
        cells[run][places[key]] = text
