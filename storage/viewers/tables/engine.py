"""A table as a page shows it: the head of the file where that is enough, a confined DuckDB where it is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, ClassVar

from hub.lib.render.text import printable
from storage.viewers import confined
from storage.viewers.asks import OPERATORS, Ask, Condition
from storage.viewers.source import Source, Unreadable
from storage.viewers.tables.head import Head, Row, read_head

ROWS = 50
COLUMNS = 50
STATISTICS = 40
PAGE_BYTES = 150_000
"""Bytes of HTML that rows may take."""
CELL_MARKUP = 34
CELL = 200
LONGEST_NAME = 100
"""Characters of a column's name that a page shows; a longer one cannot be sorted by."""
_CHILD = "storage.viewers.tables.child"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the page; `type` is DuckDB's word, "" before it was asked."""

    name: str
    type: str
    number: bool

    @property
    def sortable(self) -> bool:
        """Names that were cut for the page name no column."""
        return len(self.name) <= LONGEST_NAME


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram, in an SVG 64 wide and 24 high."""

    x: float
    y: float
    height: float
    width: float


@dataclass(frozen=True, slots=True)
class Statistic:
    """What a column holds. `distinct` is an estimate; `least`, `most` and `mean` are text, None where there is none."""

    name: str
    type: str
    number: bool
    nulls: int
    distinct: int | None
    least: str | None
    most: str | None
    mean: str | None
    bars: tuple[Bar, ...]

    @property
    def sortable(self) -> bool:
        """As of a Column."""
        return len(self.name) <= LONGEST_NAME


@dataclass(frozen=True, slots=True)
class TableView:
    """A page of a table.

    `first` numbers the first row from 1; `count` is the number of rows where it is known; `problem` says why there are
    no rows, and `before`, `at` and `after` part the reader's SQL where it is wrong.
    """

    template: ClassVar[str] = "table"
    ask: Ask
    format: str
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    total_columns: int = 0
    count: int | None = None
    more: bool = False
    cut: bool = False
    problem: str = ""
    before: str = ""
    at: str = ""
    after: str = ""

    @property
    def operators(self) -> dict[str, str]:
        """What a filter may say."""
        return OPERATORS

    @property
    def first(self) -> int:
        """The number of the first row shown."""
        return (self.ask.page - 1) * ROWS + 1

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.rows) - 1

    @property
    def lines(self) -> list[list[tuple[str | None, bool]]]:
        """The rows, each cell with whether its column holds numbers."""
        numbers = [column.number for column in self.columns]
        return [list(zip(row, numbers, strict=False)) for row in self.rows]

    @property
    def range_words(self) -> str:
        """Which rows are shown."""
        if not self.rows:
            return ""
        return f"Rows {self.first:,} to {self.last:,}" + (f" of {self.count:,}" if self.count is not None else "")

    @property
    def window_words(self) -> str:
        """Which columns are shown, where it is not all."""
        shown = len(self.columns or self.statistics)
        if shown >= self.total_columns:
            return ""
        return f"Columns {self.ask.start + 1:,} to {self.ask.start + shown:,} of {self.total_columns:,}"

    @property
    def without(self) -> list[tuple[Condition, str]]:
        """Each filter, and the query without it."""
        where = self.ask.where
        return [(one, self.ask.query(page=1, where=tuple(w for w in where if w != one))) for one in where]

    @property
    def pages(self) -> dict[str, str]:
        """Queries of the neighbouring pages."""
        page = self.ask.page
        return {
            **({"previous": self.ask.query(page=page - 1)} if page > 1 else {}),
            **({"next": self.ask.query(page=page + 1)} if self.more else {}),
        }

    @property
    def windows(self) -> dict[str, str]:
        """Queries of the neighbouring columns, where there are too many for one page."""
        start, step = self.ask.start, STATISTICS if self.ask.show == "columns" else COLUMNS
        return {
            **({"previous": self.ask.query(start=max(0, start - step))} if start else {}),
            **({"next": self.ask.query(start=start + step)} if start + step < self.total_columns else {}),
        }

    @property
    def shows(self) -> list[tuple[str, str, str]]:
        """The three ways to look at it: key, label, query."""
        places = [("rows", "Rows"), ("columns", "Columns"), ("sql", "SQL")]
        keep = {"page": 1, "start": 0, "sql": "", "sort": "", "where": self.ask.where}
        return [(key, label, self.ask.query(**{**keep, "show": key})) for key, label in places]


def draw_table(source: Source, ask: Ask) -> TableView:
    """The page of a table that is asked for. Raises Unreadable when the file is none."""
    if ask.show in ("json", "scripts"):
        ask = replace(ask, show="rows")
    head = read_head(source, ROWS) if _is_text(source) else None
    form: dict[str, Any] = head.form if head else {"kind": _binary_kind(source)}
    words = {"csv": "Delimited text", "jsonl": "JSON lines", "parquet": "Parquet", "arrow": "Arrow"}[form["kind"]]
    if head and ask.plain and ask.page == 1 and (head.whole or len(head.rows) == ROWS):
        return _first_page(head, ask, words)
    if ask.show == "sql" and not ask.sql:
        return TableView(ask=ask, format=words)
    try:
        found = _asked(source, form, ask)
    except confined.TooSlow as slow:
        return TableView(ask=ask, format=words, problem=str(slow))
    if "error" in found:
        return _refused(ask, words, found)
    if ask.show == "columns":
        return _statistics(found, ask, words)
    columns = tuple(Column(_short(name, LONGEST_NAME) or "", kind, number) for name, kind, number in found["columns"])
    rows, cut = fit(found["rows"], columns)
    return TableView(
        ask=ask,
        format=words,
        columns=columns,
        rows=rows,
        total_columns=found["total"],
        count=found["count"],
        more=found["more"],
        cut=cut,
    )


def _is_text(source: Source) -> bool:
    return source.read(0, 6)[:4] != b"PAR1" and not _is_arrow(source)


def _is_arrow(source: Source) -> bool:
    head = source.read(0, 8)
    # A stream has no mark but the continuation in front of its schema.
    return head[:6] == b"ARROW1" or (head[:4] == b"\xff\xff\xff\xff" and head[4:8] != b"\xff\xff\xff\xff")


def _binary_kind(source: Source) -> str:
    return "arrow" if _is_arrow(source) else "parquet"


def _asked(source: Source, form: dict[str, Any], ask: Ask) -> dict[str, Any]:
    question = {
        "format": form,
        "want": ask.show,
        "start": ask.start,
        "limit": ROWS,
        "offset": (ask.page - 1) * ROWS,
        "sort": ask.sort,
        "down": ask.down,
        "where": [[one.column, one.operator, one.value] for one in ask.where],
        "sql": ask.sql,
    }
    try:
        found: dict[str, Any] = json.loads(confined.run(_CHILD, source, question))
    except ValueError:
        raise Unreadable("Its content is damaged.") from None
    return found


def _first_page(head: Head, ask: Ask, words: str) -> TableView:
    window = slice(ask.start, ask.start + COLUMNS)
    named = zip(head.names, head.numeric, strict=False)
    columns = [Column(_short(name, LONGEST_NAME) or "", "", number) for name, number in named]
    rows, cut = fit([row[window] for row in head.rows], columns[window])
    return TableView(
        ask=ask,
        format=words,
        columns=tuple(columns[window]),
        rows=rows,
        total_columns=len(columns),
        count=len(head.rows) if head.whole else None,
        more=not head.whole,
        cut=cut,
    )


def fit(rows: Sequence[Sequence[str | None]], columns: Sequence[Column] = ()) -> tuple[tuple[Row, ...], bool]:
    """The rows with their cells shortened until their HTML fits a page; and whether they were shortened for that."""
    longest = CELL
    # A name stands in the head twice, and once in the list of the filter.
    heads = sum(3 * len(escape(column.name).encode()) for column in columns)
    while longest > 8:
        short = tuple(tuple(_short(cell, longest) for cell in row) for row in rows)
        if sum(CELL_MARKUP + len(escape(cell or "").encode()) for row in short for cell in row) <= PAGE_BYTES - heads:
            return short, longest < CELL
        longest //= 2
    return tuple(tuple(_short(cell, 8) for cell in row) for row in rows), True


def _short(cell: str | None, longest: int) -> str | None:
    if cell is None:
        return None
    text = printable(cell)
    return text if len(text) <= longest else text[:longest] + "…"


def _refused(ask: Ask, words: str, found: dict[str, Any]) -> TableView:
    position = found.get("position")
    if position is None or ask.show != "sql":
        return TableView(ask=ask, format=words, problem=found["error"])
    # The word at the place, with what stands before it on its line.
    start = ask.sql.rfind("\n", 0, position) + 1
    end = position + max(1, len(ask.sql[position:].split(maxsplit=1)[0]) if ask.sql[position:].strip() else 1)
    line_end = ask.sql.find("\n", position)
    return TableView(
        ask=ask,
        format=words,
        problem=found["error"],
        before=ask.sql[start:position],
        at=ask.sql[position:end],
        after=ask.sql[end : line_end if line_end >= end else len(ask.sql) if line_end < 0 else end],
    )


def _statistics(found: dict[str, Any], ask: Ask, words: str) -> TableView:
    return TableView(
        ask=ask,
        format=words,
        statistics=tuple(_statistic(column) for column in found["columns"]),
        total_columns=found["total"],
        count=found["count"],
    )


def _statistic(column: dict[str, Any]) -> Statistic:
    mean = column["mean"]
    return Statistic(
        name=_short(column["name"], LONGEST_NAME) or "",
        type=column["type"],
        number=column["number"],
        nulls=column["nulls"],
        distinct=column["distinct"],
        least=_short(column["least"], 40),
        most=_short(column["most"], 40),
        mean=None if mean is None else f"{mean:.6g}",
        bars=bars(column["bins"]),
    )


def bars(bins: Sequence[float]) -> tuple[Bar, ...]:
    """Counts as bars, the highest 24 high."""
    most = max(bins, default=0)
    if most <= 0:
        return ()
    width = 64 / len(bins)
    heights = [max(0.75, 24 * count / most) if count else 0.0 for count in bins]
    return tuple(
        Bar(round(at * width, 2), round(24 - height, 2), round(height, 2), round(width * 0.88, 2))
        for at, height in enumerate(heights)
    )
