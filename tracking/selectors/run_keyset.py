"""Pages of runs by keyset: a page begins behind the last run of the one before, so that runs which come meanwhile
move nothing, and page 50 costs what page 1 costs.

Numbers come first, then NaN, then runs without a value, in both directions, as in the searches of the protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Sum

from tracking import sql
from tracking.models import Experiment
from tracking.search.compile import Condition, Setting
from tracking.search.grammar import Name
from tracking.search.ordering import Key, Order, Term, collated, compile_order, directed
from tracking.search.vocabulary import RUNS
from tracking.selectors.run_cursor import Cursor, read_cursor, write_cursor
from tracking.selectors.run_scope import Scope
from tracking.table_state import TableState

WALK_SHARE = 0.2
"""Runs are read in the order of a metric's index where at least this share of the repository's runs is asked for."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """Keys of the runs of one page, in order. `first` counts from 0; the cursors are "" where no page follows."""

    keys: list[int]
    first: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows to take from: SQL behind FROM and WHERE, their values, and the keys that still tell rows apart.

    `prefix` holds what the keys before them are for all rows of this source.
    """

    tables: str
    table_values: tuple[Any, ...]
    where: Condition
    keys: Sequence[Key]
    prefix: tuple[Any, ...] = ()


def page_of_runs(scope: Scope, state: TableState) -> RunPage:
    """The page of the table that the state asks for. Raises FilterError when the order is not understood."""
    order = compile_order([_term(sort.key, sort.descending) for sort in state.sorts], RUNS, scope.setting)
    pages = _Pages(scope, state, order)
    cursor = pages.cursor()
    if cursor is not None:
        page = pages.before(cursor) if state.before else pages.behind(cursor)
        if page is not None:
            return page
    return pages.first()


def _term(key: str, descending: bool) -> Term:
    kind, dot, label = key.partition(".")
    return Term(Name(kind, label, 0) if dot else Name("", key, 0), not descending)


class _Pages:
    def __init__(self, scope: Scope, state: TableState, order: Order) -> None:
        self.scope = scope
        self.state = state
        self.order = order
        self.about = ",".join(sort.text for sort in state.sorts)

    def cursor(self) -> Cursor | None:
        """Where the page begins or ends, or None for the first page: also when the cursor is of another order."""
        found = read_cursor(self.state.after or self.state.before, self.about, self.order.keys)
        if found is None or found.edge:
            return found
        edge = self.edge_of(found.run)
        return None if edge is None else Cursor(found.about, found.run, found.at, edge)

    def edge_of(self, run: int) -> list[Any] | None:
        """What a run is ordered by, for cursors too long to be written out."""
        source = self.gathered()
        where = Condition(f"{source.where.text} AND r.id = ?", (*source.where.values, run))
        rows = self.ask(_Source(source.tables, source.table_values, where, source.keys), None, False, 1)
        return rows[0][1] if rows else None

    def first(self) -> RunPage:
        """The page at the top."""
        rows = self.take(None, False)
        return self.page(rows[: self.state.size], 0, False, len(rows) > self.state.size)

    def behind(self, cursor: Cursor) -> RunPage | None:
        """The page behind a run, or None when nothing is there any more."""
        rows = self.take(cursor.edge, False)
        return self.page(rows[: self.state.size], cursor.at, True, len(rows) > self.state.size) if rows else None

    def before(self, cursor: Cursor) -> RunPage | None:
        """The page before a run, or None when that is the first."""
        rows = self.take(cursor.edge, True)
        if len(rows) <= self.state.size:
            return None
        shown = rows[self.state.size - 1 :: -1]
        return self.page(shown, max(0, cursor.at - self.state.size), True, True)

    def page(self, rows: list[tuple[int, list[Any]]], first: int, before: bool, after: bool) -> RunPage:
        """A page of these rows."""

        def at(row: tuple[int, list[Any]], place: int) -> str:
            return write_cursor(Cursor(self.about, row[0], place, row[1]))

        return RunPage(
            [key for key, _ in rows],
            first,
            at(rows[0], first) if before and rows else "",
            at(rows[-1], first + len(rows)) if after and rows else "",
        )

    def take(self, edge: list[Any] | None, backwards: bool) -> list[tuple[int, list[Any]]]:
        """One more run than the page holds, from the edge on."""
        wanted = self.state.size + 1
        found: list[tuple[int, list[Any]]] = []
        for source, begin in self.sources(edge, backwards):
            found += self.ask(source, begin, backwards, wanted - len(found))
            if len(found) >= wanted:
                break
        return found

    def sources(self, edge: list[Any] | None, backwards: bool) -> list[tuple[_Source, list[Any] | None]]:
        """What the page is taken from, one after the other, and where in the first of them it begins."""
        key = self.walked_key()
        if key is None:
            return [(self.gathered(), edge)]
        parts = [self.numbers(key), self.not_numbers(key), self.without(key)]
        at = (2 if backwards else 0) if edge is None else 2 if edge[0] else 1 if edge[1] else 0
        tail = None if edge is None else edge[len(parts[at].prefix) :]
        rest = parts[at - 1 :: -1] if backwards and at else [] if backwards else parts[at + 1 :]
        return [(parts[at], tail), *((part, None) for part in rest)]

    def gathered(self) -> _Source:
        """All runs asked for, each with what it is ordered by: right for every order, and costs a look at each run."""
        tables = f"tracking_run r{self.order.join_text}"
        return _Source(tables, tuple(self.order.values), self.scope.condition, self.order.keys)

    def walked_key(self) -> int | None:
        """The number of the one metric to order by, where its index is a short way to the first runs."""
        sort = self.state.first_sort
        if sort is None or len(self.state.sorts) > 1 or not sort.key.startswith("metrics.") or self.scope.parent:
            return None
        counts = Experiment.objects.filter(repository=self.scope.repository.pk)
        everything = counts.aggregate(all=Sum(F("active_runs") + F("deleted_runs")))["all"] or 0
        if self.scope.expected() < WALK_SHARE * everything:
            return None
        found = sql.row(
            "SELECT id FROM tracking_metrickey WHERE repository_id = ? AND name = ?",
            (self.scope.repository.pk, sort.key.removeprefix("metrics.")),
        )
        return found[0] if found else None

    def numbers(self, key: int) -> _Source:
        """Runs whose value is a number, along the index of values."""
        return self.walk(key, "FALSE", self.order.keys[2:], (False, False))

    def not_numbers(self, key: int) -> _Source:
        """Runs whose value is NaN, which is stored as 0."""
        return self.walk(key, "TRUE", self.order.keys[3:], (False, True, 0.0))

    def walk(self, key: int, is_nan: str, keys: Sequence[Key], prefix: tuple[Any, ...]) -> _Source:
        # CROSS JOIN has SQLite keep this order of tables, and so read the index from the edge on.
        alias = "o0"
        where = Condition(
            f"r.id = {alias}.run_id AND {alias}.key_id = ? AND {alias}.is_nan = {is_nan} "
            f"AND {self.scope.condition.text}",
            (key, *self.scope.condition.values),
        )
        return _Source(f"tracking_latestmetric {alias} CROSS JOIN tracking_run r", (), where, keys, prefix)

    def without(self, key: int) -> _Source:
        """Runs that never logged the metric."""
        test = "NOT EXISTS (SELECT 1 FROM tracking_latestmetric o WHERE o.run_id = r.id AND o.key_id = ?)"
        where = Condition(f"{self.scope.condition.text} AND {test}", (*self.scope.condition.values, key))
        return _Source("tracking_run r", (), where, self.order.keys[3:], (True, None, None))

    def ask(self, source: _Source, edge: list[Any] | None, backwards: bool, limit: int) -> list[tuple[int, list[Any]]]:
        """The next runs of a source, each with what it is ordered by."""
        beyond = _beyond(source.keys, edge, backwards, self.order.setting)
        shown = ", ".join(f"{key.column} AS k{number}" for number, key in enumerate(source.keys))
        terms = ", ".join(
            directed(key.column, key.sort, key.ascending != backwards, self.order.setting) for key in source.keys
        )
        one = (
            f"SELECT r.id, {shown} FROM {source.tables} WHERE {source.where.text} AND r.experiment_id = ?"
            f"{beyond.text} ORDER BY {terms} LIMIT ?"
        )
        values = (*source.table_values, *source.where.values)
        homes = self.scope.homes
        if len(homes) == 1:
            rows = sql.rows(one, (*values, homes[0], *beyond.values, limit))
        else:
            # Each experiment by itself, so that each can be read in the order of its index.
            outer = ", ".join(
                directed(f"k{number}", key.sort, key.ascending != backwards, self.order.setting)
                for number, key in enumerate(source.keys)
            )
            every = " UNION ALL ".join([f"SELECT * FROM ({one}) x"] * len(homes))
            each = [value for home in homes for value in (*values, home, *beyond.values, limit)]
            rows = sql.rows(f"SELECT * FROM ({every}) y ORDER BY {outer} LIMIT ?", (*each, limit)) if homes else []
        return [(row[0], [*source.prefix, *_plain(source.keys, row[1:])]) for row in rows]


def _plain(keys: Sequence[Key], values: Sequence[Any]) -> list[Any]:
    """Values alike from both databases: SQLite has no booleans."""
    return [
        bool(value) if key.sort is None and value is not None else value
        for key, value in zip(keys, values, strict=True)
    ]


def _beyond(keys: Sequence[Key], edge: Sequence[Any] | None, backwards: bool, setting: Setting) -> Condition:
    """What lies beyond the edge. A missing value is passed over: the test before it tells it from the others."""
    text = ""
    values: list[Any] = []
    for key, value in reversed(list(zip(keys, edge or (), strict=False))):
        if value is None:
            continue
        column = collated(key.column, key.sort, setting)
        sign = ">" if key.ascending != backwards else "<"
        if text:
            # The first half lets an index begin at the edge.
            text = f"{column} {sign}= ? AND ({column} {sign} ? OR ({text}))"
            values = [value, value, *values]
        else:
            text = f"{column} {sign} ?"
            values = [value]
    return Condition(f" AND {text}" if text else "", tuple(values))
