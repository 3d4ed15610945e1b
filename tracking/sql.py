"""Set-based SQL for the hot paths, below the ORM; the one place that knows how SQLite and PostgreSQL differ.

Statements are written once with `?` for values. They run on Django's own connection, so `transaction.atomic`
holds for them as for the ORM; what is saved is Django's cursor wrappers, which cost more than the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connections

Row = tuple[Any, ...]
Params = Sequence[Any]

FETCH = 2000


def is_postgres() -> bool:
    """Whether the hub runs on PostgreSQL (else: SQLite)."""
    return connections["default"].vendor == "postgresql"


@lru_cache(maxsize=2000)
def _for_psycopg(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


def _cursor(statement: str, params: Params) -> Any:
    wrapper = connections["default"]
    if wrapper.connection is None:
        wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        if wrapper.vendor == "postgresql":
            return wrapper.connection.cursor().execute(_for_psycopg(statement), params)
        return wrapper.connection.execute(statement, params)


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


def change_many(statement: str, values: Iterable[Params]) -> None:
    """Run a statement once per row of values, in one call of the driver."""
    wrapper = connections["default"]
    if wrapper.connection is None:
        wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        if wrapper.vendor == "postgresql":
            wrapper.connection.cursor().executemany(_for_psycopg(statement), values)
        else:
            wrapper.connection.executemany(statement, values)


def marks(values: Sequence[Any]) -> str:
    """As many comma-separated placeholders as there are values."""
    return ",".join("?" * len(values))


def among(column: str, values: Sequence[Any]) -> tuple[str, Any]:
    """A test that `column` is one of `values`, with its one parameter: the statement's text stays the same."""
    if is_postgres():
        return f"{column} = ANY(?)", list(values)
    return f"{column} IN (SELECT value FROM json_each(?))", msgspec.json.encode(values).decode()
