"""Statements of fixed text on PostgreSQL, by the driver itself: parsed and planned once for each connection.

Django puts the values into the text, so the database has to parse and plan a statement anew each time, which costs it
more than the answer. What is composed for each question, as a search is, is better planned for its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any


def numbered(statement: str) -> str:
    """The statement with `$1`, `$2`, … for its `?`, as PostgreSQL wants them."""
    number = count(1)
    first, *rest = statement.split("?")
    return first + "".join(f"${next(number)}{part}" for part in rest)


def execute(wrapper: Any, statement: str, params: Sequence[Any]) -> Any:
    """The driver's cursor for a numbered statement, run on Django's connection, in its transaction if there is one.

    Raises Django's database errors.
    """
    from psycopg import RawCursor  # Not loaded where the database is SQLite.

    if wrapper.connection is None:
        wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        return RawCursor(wrapper.connection).execute(statement, params, prepare=True)
