"""The first rows of a text table, from the beginning of the file alone: nothing is started, however large it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hub.lib.render import table
from hub.lib.render.text import encoding_of, printable
from storage.viewers.source import Source, Unreadable

FIRST_BYTES = 256 * 1024
MOST_BYTES = 2 * 1024 * 1024
MOST_COLUMNS = 20_000
CELL = 200

Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """Columns (names and whether they hold numbers) and the first rows; `whole` when the file has no more rows.

    `form` is what a child needs to read the file the same way.
    """

    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[Row, ...]
    whole: bool
    form: dict[str, Any]


def read_head(source: Source, rows: int) -> Head:
    """The first `rows` rows, and fewer only where the file ends or they are too long. Raises Unreadable."""
    read = _jsonl if source.name.lower().endswith((".jsonl", ".ndjson")) else _delimited
    head = read(source, rows, FIRST_BYTES)
    if len(head.rows) < rows and not head.whole and source.size > FIRST_BYTES:
        head = read(source, rows, MOST_BYTES)
    return head


def _delimited(source: Source, rows: int, length: int) -> Head:
    data = source.read(0, length)
    cut = len(data) < source.size
    found = table.read_delimited(data, filename=source.name, max_rows=rows + 1, max_cols=MOST_COLUMNS, max_cell=CELL)
    # Where the file goes on, the last row may be half of one.
    whole_rows = found.rows[:-1] if cut and len(found.rows) <= rows else found.rows
    width = len(found.header) or max(map(len, found.rows), default=0)
    if not width:
        raise Unreadable("This file has no rows.")
    names = _different(found.header or tuple(f"column{at}" for at in range(width)))
    form = {
        "kind": "csv",
        "delimiter": found.delimiter,
        "names": names,
        "header": bool(found.header),
        "encoding": {"utf-8-sig": "utf-8"}.get(found.encoding, found.encoding),
    }
    shown: tuple[Row, ...] = tuple(tuple(cell or None for cell in row) for row in whole_rows[:rows])
    return Head(names, found.numeric, shown, not cut and len(found.rows) <= rows, form)


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names as columns may have them: none empty, none twice, whatever the case."""
    seen: set[str] = set()
    result = []
    for at, name in enumerate(names):
        wanted = base = name.strip() or f"column{at}"
        number = 0
        while wanted.lower() in seen:
            number += 1
            wanted = f"{base}_{number}"
        seen.add(wanted.lower())
        result.append(wanted)
    return tuple(result)


def _jsonl(source: Source, rows: int, length: int) -> Head:
    data = source.read(0, length)
    cut = len(data) < source.size
    lines = data.decode(encoding_of(data[:FIRST_BYTES]), "replace").split("\n")
    if cut:
        lines.pop()
    objects = [found for line in lines[: 4 * rows] if line.strip() and (found := _object(line)) is not None]
    if not objects:
        raise Unreadable("Its lines are no JSON objects.")
    names: dict[str, None] = {}
    for one in objects:
        names.update(dict.fromkeys(list(one)[:MOST_COLUMNS]))
    columns = tuple(names)[:MOST_COLUMNS]
    numeric = tuple(_all_numbers(objects, name) for name in columns)
    shown = tuple(tuple(_cell(one.get(name)) for name in columns) for one in objects[:rows])
    return Head(columns, numeric, shown, not cut and len(objects) <= rows and len(lines) <= 4 * rows, {"kind": "jsonl"})


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _all_numbers(objects: list[dict[str, Any]], name: str) -> bool:
    values = [value for one in objects if (value := one.get(name)) is not None]
    return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) > CELL:
        value = value[:CELL]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = printable(text[: CELL + 1])
    return text[:CELL] + "…" if len(text) > CELL else text
