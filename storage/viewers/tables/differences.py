"""Two versions of a table: columns that came, went or changed type; rows added, removed and changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hub.lib.render.text import printable
from storage.viewers import confined
from storage.viewers.source import Source, Unreadable
from storage.viewers.tables.head import read_head

COLUMNS_SHOWN = 30
LONGEST_NAME = 120
MOST_BYTES = 512 * 1024 * 1024
_CHILD = "storage.viewers.tables.compare_child"


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column and its types; "" where it is not."""

    name: str
    old: str
    new: str

    @property
    def status(self) -> str:
        """What happened to it."""
        return "added" if not self.old else "removed" if not self.new else "retyped" if self.old != self.new else "same"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value before and after; None where there is none."""

    old: str | None
    new: str | None

    @property
    def is_changed(self) -> bool:
        """Whether the two differ."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row: what happened to it, and its cells in the order of TableDiff.names (None: it stayed as it was).

    `name` tells it from other rows: its key, or where there is none what its first cells hold.
    """

    status: str
    cells: tuple[Cell | None, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class TableDiff:
    """`key` is the column by which rows were matched; None: whole rows were compared, so that none is "changed"."""

    columns: tuple[ColumnChange, ...]
    old_rows: int
    new_rows: int
    key: str | None
    added: int
    removed: int
    changed: int
    names: tuple[str, ...]
    rows: tuple[RowChange, ...]

    @property
    def left_out(self) -> int:
        """Rows that differ and are not shown."""
        return self.added + self.removed + self.changed - len(self.rows)

    @property
    def changed_columns(self) -> list[ColumnChange]:
        """Those that did not stay."""
        return [column for column in self.columns if column.status != "same"]


def compare_tables(old: Source, new: Source) -> TableDiff:
    """The difference. Raises Unreadable for what is no table, is too large, or takes too long."""
    if max(old.size, new.size) > MOST_BYTES:
        raise Unreadable("Tables of this size are not compared here.")
    question = {"formats": [_form(old), _form(new)]}
    try:
        found: dict[str, Any] = json.loads(confined.run_many(_CHILD, [old, new], question))
    except ValueError:
        raise Unreadable("Its content is damaged.") from None
    if "error" in found:
        raise Unreadable(found["error"])
    names = _names(found)
    return TableDiff(
        columns=tuple(ColumnChange(*(printable(word) for word in column)) for column in found["columns"]),
        old_rows=found["counts"][0],
        new_rows=found["counts"][1],
        key=found["key"],
        added=found["added"],
        removed=found["removed"],
        changed=found["changed"],
        names=names,
        rows=tuple(
            RowChange(status, _cells(values, names), _name(values, found["key"])) for status, values in found["rows"]
        ),
    )


def _form(source: Source) -> dict[str, Any]:
    head = source.read(0, 8)
    if head[:4] == b"PAR1":
        return {"kind": "parquet"}
    if head[:6] == b"ARROW1" or head[:4] == b"\xff\xff\xff\xff":
        raise Unreadable("Arrow files are not compared row by row; Parquet is.")
    return read_head(source, 50).form


def _names(found: dict[str, Any]) -> tuple[str, ...]:
    """The columns of the rows shown: the key first, then those in which changed rows differ, else all."""
    changed = [values for status, values in found["rows"] if status == "changed"]
    seen: dict[str, None] = dict.fromkeys([found["key"]] if found["key"] else [])
    for values in changed or [values for _, values in found["rows"]]:
        seen.update(dict.fromkeys(values))
    return tuple(list(seen)[:COLUMNS_SHOWN])


def _cells(values: dict[str, list[str | None]], names: tuple[str, ...]) -> tuple[Cell | None, ...]:
    return tuple(Cell(*(_shown(value) for value in values[name])) if name in values else None for name in names)


def _name(values: dict[str, list[str | None]], key: str | None) -> str:
    cells = [values[key]] if key in values else list(values.values())
    told = (new if new is not None else old for old, new in cells)
    return printable(", ".join(value for value in told if value is not None))[:LONGEST_NAME]


def _shown(value: str | None) -> str | None:
    return None if value is None else printable(value)
