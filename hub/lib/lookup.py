"""One row by equality, through SQL that the ORM compiled once: what every wire request asks, without its compiler.

Compiling a query with three joins costs Django ten times what the database needs to answer it, and its cursors
cost as much as the answer: while nobody logs or counts queries, the driver is asked without them. On PostgreSQL, where
each question is a round trip, one may go along with another (`expecting`), and the first that is asked shows whether
the connection still stands: Django would ask for that alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError, connections
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators

from hub.lib import prepared

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


class _Ahead(threading.local):
    """A question that a thread is going to ask, and its answer once that has come along with another."""

    wanted: tuple[Lookup[Any], tuple[Any, ...]] | None = None
    answered: tuple[_Plan[Any], list[Any], tuple[Any, ...] | None] | None = None


class expecting:
    """Within, `lookup` is going to be asked for `values`: on PostgreSQL it goes along with the first other question."""

    __slots__ = ("_wanted",)

    def __init__(self, lookup: Lookup[Any], *values: Any) -> None:
        self._wanted = lookup, values

    def __enter__(self) -> None:
        if connections["default"].vendor == "postgresql":
            _ahead.wanted = self._wanted

    def __exit__(self, *_: object) -> None:
        _ahead.wanted = _ahead.answered = None


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
        return self.plan().find(values)

    def plan(self) -> _Plan[M]:
        """How this thread asks."""
        plan: _Plan[M] | None = getattr(self._local, "plan", None)
        if plan is None:
            plan = self._local.plan = _Plan(self._make(*self._stand_ins), self._stand_ins)
        return plan


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
        self.numbered = prepared.numbered(self.plain)
        self.width = len(compiler.select)
        self.joined: dict[_Plan[Any], str] = {}

    def find(self, values: tuple[Any, ...]) -> M | None:
        if _trust.on and (known := self.seen.get(values)) is not None and known[2] == _trust.age:
            return known[1]
        row = self.ask(self.params(values))
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

    def params(self, values: tuple[Any, ...]) -> list[Any]:
        """What stands at the statement's places."""
        return [fixed if place is None else values[place] for place, fixed in self.places]

    def ask(self, params: list[Any]) -> tuple[Any, ...] | None:
        wrapper: Any = connections[self.alias]
        if wrapper.queries_logged or wrapper.vendor not in ("sqlite", "postgresql"):
            with wrapper.cursor() as cursor:
                cursor.execute(self.statement, params)
                return cursor.fetchone()  # type: ignore[no-any-return]
        if wrapper.vendor == "postgresql":
            return self.ask_postgres(wrapper, params)
        if wrapper.connection is None:
            wrapper.ensure_connection()
        with wrapper.wrap_database_errors:
            return wrapper.connection.execute(self.plain, params).fetchone()  # type: ignore[no-any-return]

    def ask_postgres(self, wrapper: Any, params: list[Any]) -> tuple[Any, ...] | None:
        """By itself, or with the question that is expected, or from the answer that came along."""
        (wanted, answered), _ahead.wanted, _ahead.answered = (_ahead.wanted, _ahead.answered), None, None
        if answered is not None and answered[:2] == (self, params):
            return answered[2]
        other = wanted[0].plan() if wanted is not None else self
        if wanted is None or other is self:
            return _one(wrapper, self.numbered, params)
        more = other.params(wanted[1])
        if other not in self.joined:
            # Each of them has one row or none.
            text = f"(SELECT 1) a LEFT JOIN ({self.plain}) b ON TRUE LEFT JOIN ({other.plain}) c ON TRUE"
            self.joined[other] = prepared.numbered(f"SELECT b.*, c.* FROM {text} LIMIT 1")
        both = _one(wrapper, self.joined[other], [*params, *more])
        assert both is not None
        mine, theirs = both[: self.width], both[self.width :]
        _ahead.answered = other, more, theirs if theirs[other.first] is not None else None
        return mine if mine[self.first] is not None else None

    def make(self, row: tuple[Any, ...]) -> M:
        if self.converters:
            (row,) = self.compiler.apply_converters([row], self.converters)
        found = self.model.from_db(self.alias, self.names, row[self.first : self.last])
        for populator in self.related:
            populator.populate(row, found)
        return found


def _one(wrapper: Any, statement: str, params: list[Any]) -> tuple[Any, ...] | None:
    """The first row, from a connection that is made anew where the last one has broken meanwhile."""
    try:
        row = prepared.execute(wrapper, statement, params).fetchone()
    except (OperationalError, InterfaceError):
        # A question outside of a transaction may be asked twice.
        if wrapper.in_atomic_block or wrapper.connection is None or not wrapper.connection.closed:
            raise
        wrapper.close()
        row = prepared.execute(wrapper, statement, params).fetchone()
    wrapper.health_check_done = True
    return row  # type: ignore[no-any-return]


_ahead = _Ahead()


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
