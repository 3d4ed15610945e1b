"""One row by equality, through SQL that the ORM compiled once: what every wire request asks, without its compiler.

Compiling a query with three joins costs Django ten times what the database needs to answer it, and its cursors
cost as much as the answer: while nobody logs or counts queries, the driver is asked without them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
REMEMBERED = 16  # rows, for each thread


class _Trust(threading.local):
    """What a thread knows of its database: rows that were read in the present age are as they were."""

    age = 1
    on = False
    held: tuple[Any, int, int] = (None, 0, 0)


_trust = _Trust()


class trusting:
    """Within, a row that was found before is taken as it was, without asking, while nothing has changed since.

    SQLite tells in one short question whether another connection has committed anything, and the driver how many
    rows this one has changed. Only for code that itself changes none of the rows it finds so, nor the objects, which
    are not copied; what has to change one all the same says `forget`. On PostgreSQL nothing is taken on trust.
    """

    __slots__ = ("_version",)

    def __enter__(self) -> None:
        wrapper: Any = connections["default"]
        if wrapper.vendor != "sqlite" or wrapper.connection is None or wrapper.queries_logged:
            return
        with wrapper.wrap_database_errors:
            self._version = wrapper.connection.execute("PRAGMA data_version").fetchone()[0]
        if _trust.held != (wrapper.connection, self._version, wrapper.connection.total_changes):
            _trust.age += 1
        _trust.on = True

    def __exit__(self, *_: object) -> None:
        if _trust.on:
            _trust.on = False
            connection: Any = connections["default"].connection
            _trust.held = (connection, self._version, connection.total_changes if connection else -1)


def forget() -> None:
    """What this thread has found is asked for again next time."""
    _trust.age += 1


class Lookup(Generic[M]):
    """Finds the object of a query whose filter values change and nothing else.

    `make` builds the query from `stand_ins`: as many distinct values as it takes arguments, of their types. They
    are recognised among the parameters of the compiled SQL and replaced by the real values at each call.
    """

    def __init__(self, make: Callable[..., QuerySet[M]], *stand_ins: Any) -> None:
        self._make = make
        self._stand_ins = stand_ins
        self._local = threading.local()  # Compiled for each thread: converters belong to its connection.

    def find(self, *values: Any) -> M | None:
        """The first object that matches, with what the query selects along, or None."""
        plan: _Plan[M] | None = getattr(self._local, "plan", None)
        if plan is None:
            plan = self._local.plan = _Plan(self._make(*self._stand_ins), self._stand_ins)
        return plan.find(values)


class _Plan(Generic[M]):
    def __init__(self, query: QuerySet[M], stand_ins: tuple[Any, ...]) -> None:
        compiler: Any = query.order_by().query.get_compiler(using=query.db)
        self.statement, params = compiler.as_sql()
        self.plain = re.sub(r"(?<!%)%s", "?", self.statement).replace("%%", "%")  # as SQLite's driver reads it
        self.places = [(stand_ins.index(p), None) if p in stand_ins else (None, p) for p in params]
        assert len([place for place, _ in self.places if place is not None]) == len(stand_ins)
        info = compiler.klass_info
        self.alias = query.db
        self.model: type[M] = info["model"]
        fields = info["select_fields"]
        self.first, self.last = fields[0], fields[-1] + 1
        self.names = [column[0].target.attname for column in compiler.select[self.first : self.last]]
        populators: Any = get_related_populators
        self.related = populators(info, compiler.select, self.alias)
        self.compiler = compiler
        self.converters = compiler.get_converters([column[0] for column in compiler.select])
        self.seen: dict[tuple[Any, ...], tuple[tuple[Any, ...], M, int]] = {}

    def find(self, values: tuple[Any, ...]) -> M | None:
        if _trust.on and (known := self.seen.get(values)) is not None and known[2] == _trust.age:
            return known[1]
        params = [fixed if place is None else values[place] for place, fixed in self.places]
        row = self.ask(params)
        if row is None:
            return None
        before = self.seen.pop(values, None)
        # The row is always read; only making an object of it is saved, where it has not changed.
        found = before[1] if before is not None and before[0] == row else self.make(row)
        self.seen[values] = (row, found, _trust.age if _trust.on else 0)
        if len(self.seen) > REMEMBERED:
            del self.seen[next(iter(self.seen))]
        copy: M = _copy(found, {})
        return copy

    def ask(self, params: list[Any]) -> tuple[Any, ...] | None:
        wrapper: Any = connections[self.alias]
        if wrapper.queries_logged or wrapper.vendor != "sqlite":
            with wrapper.cursor() as cursor:
                cursor.execute(self.statement, params)
                return cursor.fetchone()  # type: ignore[no-any-return]
        if wrapper.connection is None:
            wrapper.ensure_connection()
        with wrapper.wrap_database_errors:
            return wrapper.connection.execute(self.plain, params).fetchone()  # type: ignore[no-any-return]

    def make(self, row: tuple[Any, ...]) -> M:
        if self.converters:
            (row,) = self.compiler.apply_converters([row], self.converters)
        found = self.model.from_db(self.alias, self.names, row[self.first : self.last])
        for populator in self.related:
            populator.populate(row, found)
        return found


def _copy(found: Any, done: dict[int, Any]) -> Any:
    """A model object of its own, with what was selected along: callers may change what they get.

    `done` holds the copies by the ids of their originals, since objects may know each other.
    """
    copy = done[id(found)] = found.__class__.__new__(found.__class__)
    copy.__dict__.update(found.__dict__)
    state = copy.__dict__["_state"] = ModelState()
    state.db, state.adding = found._state.db, False
    state.fields_cache = {
        name: other if other is None else done.get(id(other)) or _copy(other, done)
        for name, other in found._state.fields_cache.items()
    }
    return copy
