"""Counts the statements of a block: those of `tracking.sql`, which pass by Django's own counting, and Django's."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tracking import sql


class Counted:
    """`with Counted() as counted: …` → `counted.statements`."""

    def __enter__(self) -> Counted:
        self._own = 0
        self._rows, self._row = sql.rows, sql.row
        sql.rows, sql.row = self._count_rows, self._count_row
        self._captured = CaptureQueriesContext(connection)
        self._captured.__enter__()
        return self

    @property
    def statements(self) -> int:
        """How many there were."""
        return self._own + len(self._captured)

    def _count_rows(self, statement: str, params: Sequence[object] = ()) -> list[sql.Row]:
        self._own += 1
        return self._rows(statement, params)

    def _count_row(self, statement: str, params: Sequence[object] = ()) -> sql.Row | None:
        self._own += 1
        return self._row(statement, params)

    def __exit__(self, *_: object) -> None:
        self._captured.__exit__(None, None, None)
        sql.rows, sql.row = self._rows, self._row
