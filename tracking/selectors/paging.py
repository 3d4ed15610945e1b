"""A page of rows and whether more follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")


class View(Enum):
    """Which lifecycle stages a list shows."""

    ACTIVE = "active"
    DELETED = "deleted"
    ALL = "all"

    def test(self, alias: str) -> str:
        """SQL that keeps the rows of this view."""
        if self is View.ALL:
            return "1 = 1"
        return f"{alias}.deleted_at IS {'NULL' if self is View.ACTIVE else 'NOT NULL'}"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows. `more`: at least one row follows."""

    rows: Sequence[T]
    more: bool


def cut(rows: list[T], size: int) -> Page[T]:
    """The page out of rows that were asked for with one more than `size`."""
    return Page(rows[:size], len(rows) > size)
