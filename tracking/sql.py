"""Set-based SQL for the hot paths, below the ORM; the one place that knows how SQLite and PostgreSQL differ.

Statements are written once with `?` for values. They run on Django's own connection, so `transaction.atomic`
holds for them as for the ORM; what is saved is Django's cursor wrappers, which cost more than the statement.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from types import TracebackType
from typing import Any

import msgspec
from django.db import connections, transaction

from hub.lib import prepared

Row = tuple[Any, ...]
Params = Sequence[Any]

FETCH = 2000
BLOCK = 100


@cache
def is_postgres() -> bool:
    """Whether the hub runs on PostgreSQL (else: SQLite)."""
    return connections["default"].vendor == "postgresql"


@lru_cache(maxsize=2000)
def _for_psycopg(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


_fixed: dict[str, str] = {}


def fixed(statement: str) -> str:
    """The statement; its text is always the same, so PostgreSQL shall plan it once for each connection.

    For rows found by a key. One that looks for many is better planned anew, for the values it is asked with.
    """
    _fixed[statement] = prepared.numbered(statement)
    return statement


def _cursor(statement: str, params: Params) -> Any:
    wrapper = connections["default"]
    if wrapper.connection is None:
        wrapper.ensure_connection()
    if wrapper.vendor == "postgresql":
        text = _fixed.get(statement)
        if text is not None:
            return prepared.execute(wrapper, text, params)
        with wrapper.wrap_database_errors:
            return wrapper.connection.cursor().execute(_for_psycopg(statement), params)
    with wrapper.wrap_database_errors:
        return wrapper.connection.execute(statement, params)


_writer = threading.RLock()


class writing:
    """A transaction that writes: all of it is kept, or nothing.

    SQLite has one writer at a time, and who finds it taken sleeps and looks again. Threads of this process queue
    at a lock in place of that, which wakes the next at once. Inside a transaction that has begun already, the lock
    is left alone: waiting for it there could wait for somebody who waits for that very transaction.
    """

    __slots__ = ("_atomic", "_queued")

    def __enter__(self) -> None:
        wrapper = connections["default"]
        self._queued = wrapper.vendor == "sqlite" and not wrapper.in_atomic_block
        if self._queued:
            _writer.acquire()
        try:
            self._atomic = transaction.atomic()
            self._atomic.__enter__()
        except BaseException:
            if self._queued:
                _writer.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._atomic.__exit__(kind, error, trace)
        finally:
            if self._queued:
                _writer.release()


def rows(statement: str, params: Params = ()) -> list[Row]:
    """All rows of a question."""
    found: list[Row] = _cursor(statement, params).fetchall()
    return found


def row(statement: str, params: Params = ()) -> Row | None:
    """The first row of a question, or None."""
    found: Row | None = _cursor(statement, params).fetchone()
    return found


def stream(statement: str, params: Params = ()) -> Iterator[Row]:
    """The rows of a question a few thousand at a time, for answers that may be long."""
    cursor = _cursor(statement, params)
    while block := cursor.fetchmany(FETCH):
        yield from block


def change(statement: str, params: Params = ()) -> int:
    """Run a statement that writes; returns how many rows it touched."""
    count: int = _cursor(statement, params).rowcount
    return count


def delete_some(table: str, columns: str, where: str, params: Params, most: int) -> int:
    """Delete at most so many of the rows that `where` finds; returns how many. `columns` are the table's key."""
    if is_postgres():
        return change(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {where} LIMIT ?))",
            (*params, most),
        )
    which = f"SELECT {columns} FROM {table} WHERE {where} LIMIT ?"
    return change(f"DELETE FROM {table} WHERE ({columns}) IN ({which})", (*params, most))


def insert(head: str, rows: Sequence[Params], tail: str = "") -> None:
    """Insert rows of equal width: `head` is what stands before VALUES, `tail` what follows.

    Many rows a statement cost half of one a statement; blocks of one size keep the text, and so the driver's
    prepared statement, the same.
    """
    if not rows:
        return
    row = f"({marks(rows[0])})"
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        if len(block) == BLOCK or is_postgres():
            places = ",".join([row] * len(block))
            change(f"{head} VALUES {places} {tail}", list(chain.from_iterable(block)))
        else:
            _each(f"{head} VALUES {row} {tail}", block)


def _each(statement: str, rows: Sequence[Params]) -> None:
    """Run a statement once per row, in one call of SQLite's driver."""
    wrapper = connections["default"]
    if wrapper.connection is None:
        wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        wrapper.connection.executemany(statement, rows)


def marks(values: Sequence[Any]) -> str:
    """As many comma-separated placeholders as there are values."""
    return ",".join("?" * len(values))


def among(column: str, values: Sequence[Any]) -> tuple[str, Any]:
    """A test that `column` is one of `values`, with its one parameter: the statement's text stays the same."""
    if is_postgres():
        return f"{column} = ANY(?)", list(values)
    return f"{column} IN (SELECT value FROM json_each(?))", msgspec.json.encode(values).decode()


def rowset(name: str, columns: Sequence[str], given: Sequence[Sequence[int]]) -> tuple[str, str]:
    """Rows of whole numbers as a table `name` for a WITH clause, and its one parameter: the text stays the same."""
    value = msgspec.json.encode(given).decode()
    head = f"{name}({', '.join(columns)}) AS MATERIALIZED"
    if is_postgres():
        picked = ", ".join(f"CAST(each ->> {n} AS bigint)" for n in range(len(columns)))
        return f"{head} (SELECT {picked} FROM jsonb_array_elements(CAST(? AS jsonb)) each)", value
    picked = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(columns)))
    return f"{head} (SELECT {picked} FROM json_each(?))", value
