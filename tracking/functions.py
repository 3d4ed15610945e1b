"""Functions that searches need and SQLite lacks."""

from __future__ import annotations

from typing import Any

from tracking.search.patterns import FUNCTION, matches


def teach(connection: Any, **_: object) -> None:
    """Make the functions known to a new connection."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 2, matches, deterministic=True)
