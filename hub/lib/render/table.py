"""Delimited text (CSV, TSV and kin) to rows, and rows to an HTML table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hub.lib.render.text import encoding_of, escape, printable

MAX_READ = 16 * 1024 * 1024
_SAMPLE = 64 * 1024
_SAMPLE_LINES = 50
_DELIMITERS = ",\t;|"
_number = re.compile(r"[+-]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?|[+-]?(?:nan|inf)", re.IGNORECASE)
# Below the limit of the csv module, which raises for longer fields.
_LONGEST_LINE = 100_000


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of a file.

    `header` is empty when the first row holds numbers only. `numeric` has one flag a column. `truncated` says that the
    file has more rows, columns or text than are here.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    truncated: bool
    delimiter: str
    encoding: str


def read_delimited(
    data: bytes | Iterable[bytes],
    *,
    filename: str,
    max_rows: int = 1000,
    max_cols: int = 200,
    max_cell: int = 500,
) -> Table:
    """The first `max_rows` rows of `data`; never raises for what the bytes hold.

    Delimiter (comma, tab, semicolon, bar) and encoding (UTF-8, UTF-16, Latin-1) are told from the beginning; `.tsv`
    means tabs. An iterable is read only as far as needed, at most MAX_READ bytes.
    """
    source = _Source(data)
    encoding = encoding_of(source.head)
    sample = source.head.decode(encoding, "replace")
    delimiter = "\t" if filename.lower().endswith((".tsv", ".tab")) else _delimiter(sample)
    text = io.TextIOWrapper(io.BufferedReader(source), encoding=encoding, errors="replace", newline="")
    rows: list[tuple[str, ...]] = []
    cut = False
    for row in _rows(text, delimiter):
        if len(rows) > max_rows:
            cut = True
            break
        cut = cut or len(row) > max_cols or any(len(cell) > max_cell for cell in row[:max_cols])
        rows.append(tuple(_short(cell, max_cell) for cell in row[:max_cols]))
    return _table(rows, max_rows, cut or source.cut, delimiter, encoding)


def _table(rows: list[tuple[str, ...]], max_rows: int, cut: bool, delimiter: str, encoding: str) -> Table:
    width = max(map(len, rows), default=0)
    even = [row + ("",) * (width - len(row)) for row in rows]
    has_header = bool(even) and not all(_is_number(cell) for cell in even[0] if cell)
    header = even[0] if has_header else ()
    body = even[1:] if has_header else even
    truncated = cut or len(body) > max_rows
    return Table(header, tuple(body[:max_rows]), _numeric(body, width), truncated, delimiter, encoding)


def _numeric(rows: list[tuple[str, ...]], width: int) -> tuple[bool, ...]:
    columns = ([row[at] for row in rows if row[at]] for at in range(width))
    return tuple(bool(cells) and all(map(_is_number, cells)) for cells in columns)


def _is_number(cell: str) -> bool:
    return len(cell) < 60 and bool(_number.fullmatch(cell.strip()))


def _short(cell: str, longest: int) -> str:
    cell = printable(cell)
    return cell if len(cell) <= longest else cell[:longest] + "…"


def _rows(text: io.TextIOBase, delimiter: str) -> Iterator[list[str]]:
    """Non-empty rows; from the line on where quotes do not match up, quotes are ordinary characters."""
    lines = _lines(text)
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            if row:
                yield row
    except csv.Error:
        yield from (line.rstrip("\r\n").split(delimiter) for line in lines)


def _lines(text: io.TextIOBase) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        # A NUL or a lone CR inside of a line would end the csv module's patience.
        yield line.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _delimiter(sample: str) -> str:
    """The candidate which cuts the first lines into the most even, then the most, columns."""
    lines = sample.splitlines()[:_SAMPLE_LINES]
    # The last line of a sample may be cut.
    lines = lines[:-1] if len(lines) > 1 else lines
    return max(_DELIMITERS, key=lambda candidate: _evenness(lines, candidate))


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int]:
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return (0.0, 0)
    common = max(set(widths), key=widths.count, default=0)
    return (widths.count(common) / len(widths), common) if common > 1 else (0.0, 0)


class _Source(io.RawIOBase):
    """Bytes or an iterable of blocks as a stream that ends after MAX_READ; `head` is its beginning, not consumed."""

    def __init__(self, data: bytes | Iterable[bytes]) -> None:
        self._blocks = iter((data,) if isinstance(data, bytes) else data)
        self._buffer = b""
        self._left = MAX_READ
        self.cut = False
        self._fill(_SAMPLE)
        self.head = self._buffer[:_SAMPLE]

    def _fill(self, wanted: int) -> None:
        while len(self._buffer) < wanted and (block := next(self._blocks, None)) is not None:
            self._buffer += block

    def readable(self) -> bool:
        """Always true; the text layer asks."""
        return True

    def readinto(self, target: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill `target` with what comes next; 0 at the end or at the limit."""
        self._fill(1)
        size = min(len(target), len(self._buffer), self._left)
        self.cut = self.cut or (size == 0 and bool(self._buffer))
        target[:size] = self._buffer[:size]
        self._buffer, self._left = self._buffer[size:], self._left - size
        return size


def render_file(data: bytes | Iterable[bytes], *, filename: str) -> str:
    """A delimited file as HTML: read_delimited with its usual bounds, then render."""
    return render(read_delimited(data, filename=filename))


def render(table: Table) -> str:
    """The table as HTML: rows are numbered, numbers stand right, and a note says when this is not the whole file."""
    if not table.rows and not table.header:
        return '<p class="tbl-note">This file has no rows.</p>'
    columns = zip(table.header, table.numeric, strict=True) if table.header else ()
    head = "".join(_cell("th", cell, flag, ' scope="col"') for cell, flag in columns)
    top = f'<thead><tr><th scope="col" class="tbl-row">#</th>{head}</tr></thead>' if table.header else ""
    body = "\n".join(_row(number, row, table.numeric) for number, row in enumerate(table.rows, 1))
    box = f'<div class="tbl-box" tabindex="0"><table class="tbl-data">{top}<tbody>\n{body}\n</tbody></table></div>'
    return box + _note(table)


def _row(number: int, row: tuple[str, ...], numeric: tuple[bool, ...]) -> str:
    cells = "".join(_cell("td", cell, flag) for cell, flag in zip(row, numeric, strict=True))
    return f'<tr><th scope="row" class="tbl-row">{number}</th>{cells}</tr>'


def _cell(tag: str, text: str, numeric: bool, more: str = "") -> str:
    css = ' class="tbl-number"' if numeric else ""
    return f"<{tag}{more}{css}>{escape(text)}</{tag}>"


def _note(table: Table) -> str:
    if not table.truncated:
        return ""
    shown = f"Only a part of this file is shown: {len(table.rows):,} rows. Download it for the rest."
    return f'<p class="tbl-note">{shown}</p>'
