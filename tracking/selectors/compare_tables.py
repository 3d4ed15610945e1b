"""Tables that several runs logged at the same path, joined row by row: asked of a confined child, never loaded here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.lib.render.text import printable
from storage.viewers import confined
from storage.viewers.source import Source, Unreadable
from storage.viewers.tables.head import read_head
from tracking.selectors.compare_tables_child import CELL, LARGEST_TABLE

ROWS = 25
MOST_TABLES = 6
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_Cells = tuple["JoinedCell", ...]
_CHILD = "tracking.selectors.compare_tables_child"


@dataclass(frozen=True, slots=True)
class TableAsk:
    """`keys` are columns that tell rows apart: none, to be chosen by the child; ("",) for the number of the row.

    `shown` are the columns laid side by side, none for those that differ most; `only` leaves out rows that agree.
    """

    keys: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    only: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class JoinedColumn:
    """A column, in how many of the tables it is, and in how many rows they differ (None: it is a key)."""

    name: str
    tables: int
    differing: int | None


@dataclass(frozen=True, slots=True)
class JoinedCell:
    """A value, None where it is empty or the table has no such row. `apart`: another one than in the first table."""

    text: str | None
    apart: bool


@dataclass(frozen=True, slots=True)
class JoinedRow:
    """A row: its key, and for each column shown the cells of all tables."""

    key: tuple[str, ...]
    differs: bool
    groups: tuple[tuple[JoinedCell, ...], ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A page of joined rows. `keys` is empty when rows are joined by their number; `counts` are rows of each table."""

    columns: tuple[JoinedColumn, ...]
    keys: tuple[str, ...]
    shown: tuple[str, ...]
    rows: tuple[JoinedRow, ...]
    total: int
    differing: int
    counts: tuple[int, ...]
    page: int
    pages: int


def is_table(source: Source) -> bool:
    """Whether the file can be joined: by its name, or as JSON that `mlflow.log_table` wrote."""
    name = source.name.lower()
    return name.endswith(TABLES) or (name.endswith(".json") and _is_split(source))


def _is_split(source: Source) -> bool:
    return source.read(0, 64).lstrip().startswith(b'{"columns":')


def join_tables(sources: Sequence[Source], ask: TableAsk) -> Joined:
    """The tables joined, the first being the one that others are held against.

    Raises Unreadable for what is no table, is too large, or takes too long.
    """
    if max(source.size for source in sources) > LARGEST_TABLE:
        raise Unreadable("Tables of more than 64 MiB are not joined here. Download them, or log a sample.")
    question = {
        "formats": [_form(source) for source in sources],
        "keys": list(ask.keys),
        "shown": list(ask.shown),
        "only": ask.only,
        "limit": ROWS,
        "offset": (ask.page - 1) * ROWS,
    }
    try:
        found: dict[str, Any] = json.loads(confined.run_many(_CHILD, sources, question))
    except ValueError:
        raise Unreadable("Its content is damaged.") from None
    if "error" in found:
        raise Unreadable(found["error"])
    return _told(found, ask)


def _form(source: Source) -> dict[str, Any]:
    if source.read(0, 4) == b"PAR1":
        return {"kind": "parquet"}
    if source.name.lower().endswith(".json"):
        if not _is_split(source):
            raise Unreadable("This JSON is no table that mlflow.log_table wrote.")
        return {"kind": "split", "size": source.size}
    return read_head(source, 50).form


def _told(found: dict[str, Any], ask: TableAsk) -> Joined:
    kinds_of = {name: kinds for name, kinds, _ in found["columns"]}
    having = [[bool(kind) for kind in kinds_of[name]] for name in found["shown"]]
    rows_asked = found["differing"] if ask.only else found["total"]
    return Joined(
        columns=tuple(
            JoinedColumn(printable(name), sum(bool(kind) for kind in kinds), differing)
            for name, kinds, differing in found["columns"]
        ),
        keys=tuple(printable(key) for key in found["keys"]),
        shown=tuple(printable(name) for name in found["shown"]),
        rows=tuple(
            JoinedRow(tuple(_text(cell) or "" for cell in key), differs, _groups(groups, having))
            for key, differs, groups in found["rows"]
        ),
        total=found["total"],
        differing=found["differing"],
        counts=tuple(found["counts"]),
        page=ask.page,
        pages=max(1, -(-rows_asked // ROWS)),
    )


def _groups(groups: Sequence[Sequence[str | None]], having: Sequence[Sequence[bool]]) -> tuple[_Cells, ...]:
    """The cells of each column; a table without the column is told apart from one with another value."""
    return tuple(
        tuple(
            JoinedCell(_text(cell), has and has_it[0] and cell != cells[0])
            for cell, has in zip(cells, has_it, strict=True)
        )
        for cells, has_it in zip(groups, having, strict=True)
    )


def _text(cell: str | None) -> str | None:
    if cell is None:
        return None
    return printable(cell[:CELL]) + ("…" if len(cell) > CELL else "")
