"""Writes runs as files: CSV, JSON and Parquet, each in blocks, so that memory stays flat however many there are."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

Cell = str | int | float | None
Block = Sequence[Sequence[Cell]]
TIMES = frozenset({"start_time", "end_time"})
NUMBERS = frozenset({"duration"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def is_number(name: str) -> bool:
    """Whether a column of this name holds numbers."""
    return name in NUMBERS or name.startswith("metrics.")


def as_csv(names: Sequence[str], blocks: Iterable[Block]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8: times in ISO 8601, NaN and inf spelt out, an empty cell for what is missing."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_safe(name) for name in names])
    times = [name in TIMES for name in names]
    for block in blocks:
        writer.writerows([_csv_cell(cell, time) for cell, time in zip(row, times, strict=True)] for row in block)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode()


def _csv_cell(cell: Cell, is_time: bool) -> str:
    if cell is None:
        return ""
    if is_time and isinstance(cell, int):
        return _iso(cell)
    if isinstance(cell, float):
        return "NaN" if math.isnan(cell) else repr(cell)
    return _safe(cell) if isinstance(cell, str) else str(cell)


def _safe(text: str) -> str:
    """SECURITY: spreadsheets run what begins like a formula, and anybody may log one. A quote makes it text again.

    Numbers with a sign stay as they are.
    """
    if not text.startswith(_FORMULA) or _reads_as_number(text):
        return text
    return f"'{text}"


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not text[-1].isspace() and not text[0].isspace()


def _iso(milliseconds: int) -> str:
    """A time as text; the bare number where no calendar has it."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)


def as_json(names: Sequence[str], blocks: Iterable[Block]) -> Iterator[bytes]:
    """An array of objects, one a line; NaN and infinities as the words that MLflow's protocol has for them."""
    lead = "[\n"
    for block in blocks:
        parts = []
        for row in block:
            found = {name: _json_cell(name, cell) for name, cell in zip(names, row, strict=True) if cell is not None}
            parts.append(lead + json.dumps(found, ensure_ascii=False, allow_nan=False))
            lead = ",\n"
        yield "".join(parts).encode(errors="replace")
    yield b"[]\n" if lead == "[\n" else b"\n]\n"


def _json_cell(name: str, cell: Cell) -> Cell:
    if name in TIMES and isinstance(cell, int):
        return _iso(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else "Infinity" if cell > 0 else "-Infinity"
    return cell


def as_parquet(names: Sequence[str], blocks: Iterable[Block]) -> Iterator[bytes]:
    """Typed columns, zstd; a group of rows for each ten blocks. What is missing is null, NaN stays NaN."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"experiment_id": pa.int64(), **dict.fromkeys(TIMES, pa.timestamp("ms", tz="UTC"))}
    schema = pa.schema([
        (name, kinds.get(name, pa.float64() if is_number(name) else pa.string())) for name in names
    ])  # fmt: skip
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        held: list[Sequence[Cell]] = []
        for block in blocks:
            held += block
            if len(held) >= 10_000:
                writer.write_table(_table(pa, schema, held))
                held = []
                yield sink.taken()
        if held:
            writer.write_table(_table(pa, schema, held))
    yield sink.taken()


def _table(pa: Any, schema: Any, rows: Sequence[Sequence[Cell]]) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array(column, type=field.type, from_pandas=False) for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


class _Sink(io.RawIOBase):
    """What was written since it was last asked."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        """The bytes that came since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
