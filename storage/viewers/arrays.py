"""NumPy arrays: header, statistics of a sample, first values, a picture of a slice. No NumPy, and never a pickle."""

from __future__ import annotations

import ast
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact, number_text, png, short
from storage.viewers.source import Source, Unreadable, Window
from storage.viewers.tables.engine import Bar, bars
from storage.viewers.zipped import MemberSource, member_source, read_directory

LONGEST_HEADER = 10_000
SAMPLES = 16
SAMPLE_BYTES = 64 * 1024
SIDE = 64
VALUES = 64
BINS = 24
MEMBERS = 100
INFLATED = 4 * 1024 * 1024
_TYPE = re.compile(r"([<>|=])([biufc?SUVmM])(\d{0,9})(\[[^\]]{1,20}\])?")
# struct's letters; NumPy's names count bytes.
_CODES = dict(
    pair.split(":")
    for pair in "b1:? f2:e f4:f f8:d c8:ff c16:dd i1:b i2:h i4:i i8:q u1:B u2:H u4:I u8:Q m8:q M8:q".split()
)
# Colours of the picture, dark to bright, of equal steps in lightness.
_COLOURS = ((68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137), (53, 183, 121))
_RAMP = (*_COLOURS, (110, 206, 88), (181, 222, 43), (253, 231, 37))


@dataclass(frozen=True, slots=True)
class Layout:
    """The header of an array: `type` as NumPy writes it, `start` of its data in the file."""

    type: str
    shape: tuple[int, ...]
    fortran: bool
    start: int

    @property
    def item(self) -> int:
        """Bytes of one value; 0 when its type has no plain values."""
        return struct.calcsize("=" + self.code) if self.code else 0

    @property
    def code(self) -> str:
        """The struct letters of one value, "" when they are none."""
        match = _TYPE.fullmatch(self.type)
        return _CODES.get(match[2] + match[3], "") if match else ""

    @property
    def order(self) -> str:
        """The struct sign of the byte order."""
        return ">" if self.type.startswith(">") else "<"


@dataclass(frozen=True, slots=True)
class ArrayMember:
    """An array in an .npz file; `query` shows it."""

    name: str
    type: str
    shape: str
    query: str
    current: bool


@dataclass(frozen=True, slots=True)
class ArrayView:
    """`values` are the first ones; `picture` is a `data:` address, `bars` a histogram of the sample."""

    template: ClassVar[str] = "array"
    ask: Ask
    facts: tuple[Fact, ...]
    statistics: tuple[Fact, ...] = ()
    values: tuple[str, ...] = ()
    more_values: bool = False
    bars: tuple[Bar, ...] = ()
    picture: str = ""
    picture_words: str = ""
    members: tuple[ArrayMember, ...] = ()
    note: str = ""


def draw_array(source: Source, ask: Ask) -> ArrayView:
    """An .npy file, or the array of an .npz file that `ask.start` counts to. Raises Unreadable."""
    if source.read(0, 2) == b"PK":
        return _npz(source, ask)
    return _npy(source, ask)


def _npz(source: Source, ask: Ask) -> ArrayView:
    found = [member for member in read_directory(source).members if member.name.endswith(".npy")]
    if not found:
        raise Unreadable("It holds no arrays.")
    chosen = min(ask.start, len(found) - 1)
    members, picked = [], None
    for at, member in enumerate(found[:MEMBERS]):
        try:
            inner = member_source(source, member, INFLATED if at == chosen else LONGEST_HEADER + 12)
            layout = read_layout(inner)
            words = (layout.type, shape_text(layout.shape))
            picked = inner if at == chosen else picked
        except Unreadable as reason:
            words = ("?", short(reason, 60))
        name = short(member.name.removesuffix(".npy"), 120)
        members.append(ArrayMember(name, short(words[0], 40), words[1], ask.query(start=at), at == chosen))
    if picked is None:
        return ArrayView(ask=ask, facts=(fact("Arrays", len(found)),), members=tuple(members))
    return _npy(picked, ask, tuple(members), partial=isinstance(picked, MemberSource) and picked.content is not None)


def _npy(source: Source, ask: Ask, members: tuple[ArrayMember, ...] = (), *, partial: bool = False) -> ArrayView:
    layout = read_layout(source)
    count = math.prod(layout.shape)
    facts = [
        fact("Type", f"{layout.type} ({type_words(layout.type)})"),
        fact("Shape", shape_text(layout.shape)),
        fact("Values", f"{count:,}"),
        fact("Order", "Fortran (columns first)" if layout.fortran else "C (rows first)"),
    ]
    if "O" in layout.type:
        note = "Its values are Python objects, kept as a pickle: they are not loaded here."
        return ArrayView(ask=ask, facts=tuple(facts), members=members, note=note)
    if not layout.item or not count:
        return ArrayView(ask=ask, facts=tuple(facts), members=members)
    there = min(count, max(0, source.size - layout.start) // layout.item)
    if partial and isinstance(source, MemberSource) and source.content is not None:
        there = min(there, max(0, len(source.content) - layout.start) // layout.item)
    note = ""
    if there < count:
        note = "Only its beginning was unpacked." if partial else "The file ends before its last value: it was cut."
    sample = list(_sample(source, layout, there))
    first = [*_values(source, layout, 0, min(there, VALUES))]
    picture, words = _picture(source, layout, there)
    return ArrayView(
        ask=ask,
        facts=tuple(facts),
        statistics=_statistics(sample, there),
        values=tuple(_text(value) for value in first),
        more_values=count > len(first),
        bars=_histogram(sample),
        picture=picture,
        picture_words=words,
        members=members,
        note=note,
    )


def read_layout(source: Source) -> Layout:
    """The header of an .npy file. Raises Unreadable."""
    window = Window(source, 4 * LONGEST_HEADER, block=LONGEST_HEADER + 12)
    mark = window.take(8)
    if mark[:6] != b"\x93NUMPY":
        raise Unreadable("It does not begin as a NumPy file does.")
    (length,) = window.unpack("<H") if mark[6] == 1 else window.unpack("<I")
    if length > LONGEST_HEADER:
        raise Unreadable("Its header is larger than NumPy itself would read.")
    text = window.take(length).decode("latin-1")
    try:
        header: Any = ast.literal_eval(text.strip())
        shape, descr, fortran = header["shape"], header["descr"], bool(header["fortran_order"])
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        raise Unreadable("Its header cannot be understood.") from None
    if (
        not isinstance(shape, tuple)
        or len(shape) > 64
        or not all(type(size) is int and 0 <= size < 2**63 for size in shape)
    ):
        raise Unreadable("Its header names a shape that no array can have.")
    if math.prod(shape) >= 2**80:
        raise Unreadable("Its header names a shape that no array can have.")
    return Layout(short(descr, 300), shape, fortran, window.tell())


def shape_text(shape: tuple[int, ...]) -> str:
    """The shape, as people write it."""
    return " × ".join(map(str, shape)) or "scalar"


def type_words(name: str) -> str:
    """What a NumPy type is called."""
    match = _TYPE.fullmatch(name)
    if not match:
        return "records" if name.startswith("[") else "objects" if "O" in name else "other"
    words = {"b": "bool", "?": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex", "S": "bytes", "U": "text"}
    words |= {"V": "raw bytes", "m": "timedelta", "M": "datetime"}
    size = match[3]
    bits = f"{int(size) * 8}" if match[2] in "iufc" and size else ""
    return words[match[2]] + bits


def _values(source: Source, layout: Layout, at: int, count: int) -> Iterator[Any]:
    """`count` values from number `at` of the file; complex ones as pairs of numbers."""
    data = source.read(layout.start + at * layout.item, count * layout.item)
    data = data[: len(data) // layout.item * layout.item]
    for found in struct.iter_unpack(layout.order + layout.code, data):
        yield found[0] if len(found) == 1 else complex(*found)


def _sample(source: Source, layout: Layout, there: int) -> Iterator[float]:
    """Numbers from up to SAMPLES places, at equal distances; of complex ones the magnitude."""
    block = SAMPLE_BYTES // layout.item
    places = [0] if there <= block else sorted({(there - block) * n // (SAMPLES - 1) for n in range(SAMPLES)})
    if there <= block * SAMPLES:
        places = list(range(0, there, block))
    for at in places:
        for value in _values(source, layout, at, min(block, there - at)):
            yield _number(value)


def _number(value: Any) -> float:
    # Unlike abs(), hypot does not raise for what is too large.
    return math.hypot(value.real, value.imag) if isinstance(value, complex) else float(value)


def _statistics(sample: list[float], there: int) -> tuple[Fact, ...]:
    finite = [value for value in sample if math.isfinite(value)]
    if not finite:
        return (fact("Finite", "none"),)
    # Scaled first: extremes of float64 leave no room for their squares.
    scale = max(map(abs, finite)) or 1.0
    mean = math.fsum(value / scale for value in finite) / len(finite)
    spread = math.sqrt(math.fsum((value / scale - mean) ** 2 for value in finite) / len(finite)) * scale
    mean *= scale
    whole = "all values" if len(sample) >= there else f"{len(sample):,} of {there:,} values"
    return (
        fact("Taken from", whole),
        fact("Minimum", number_text(min(finite))),
        fact("Maximum", number_text(max(finite))),
        fact("Mean", number_text(mean)),
        fact("Standard deviation", number_text(spread)),
        *([fact("NaN or infinite", f"{len(sample) - len(finite):,}")] if len(finite) < len(sample) else []),
        fact("Zeros", f"{sum(value == 0 for value in finite):,}"),
    )


def _histogram(sample: list[float]) -> tuple[Bar, ...]:
    finite = [value for value in sample if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    step = (high - low) / BINS
    if not step > 0 or not math.isfinite(step):
        return ()
    counts = [0] * BINS
    for value in finite:
        counts[min(BINS - 1, int((value - low) / step))] += 1
    return bars(counts)


def _text(value: Any) -> str:
    if isinstance(value, complex):
        return f"{value:.6g}"
    return str(value) if isinstance(value, bool | int) else number_text(value)


def _picture(source: Source, layout: Layout, there: int) -> tuple[str, str]:
    """The first 2-D slice as a picture of at most SIDE × SIDE pixels, and words about it; "" for arrays of one row."""
    shape = layout.shape
    if len(shape) < 2:
        return "", ""
    # As the values lie in the file: the last of these two is the fast one.
    rows, columns = (shape[1], shape[0]) if layout.fortran else (shape[-2], shape[-1])
    if rows < 2 or columns < 2 or there < columns:
        return "", ""
    picked_rows = [row * rows // min(rows, SIDE) for row in range(min(rows, SIDE))]
    width = min(columns, SAMPLE_BYTES // layout.item)
    picked = [column * width // min(width, SIDE) for column in range(min(width, SIDE))]
    grid: list[list[float]] = []
    for row in picked_rows:
        if (row + 1) * columns > there:
            break
        line = [_number(value) for value in _values(source, layout, row * columns, width)]
        if len(line) < width:
            break
        grid.append([line[column] for column in picked])
    if len(grid) < 2:
        return "", ""
    if layout.fortran:
        grid = [list(line) for line in zip(*grid, strict=True)]
    words = (
        f"{'slice of ' if len(shape) > 2 else ''}{rows} × {columns}" if not layout.fortran else f"{columns} × {rows}"
    )
    return png(_coloured(grid)), words


def _coloured(grid: list[list[float]]) -> list[list[tuple[int, int, int]]]:
    finite = [value for row in grid for value in row if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    span = high - low

    def colour(value: float) -> tuple[int, int, int]:
        if not math.isfinite(value):
            return (128, 128, 128)
        place = (value - low) / span if 0 < span < math.inf else 0.5
        return _RAMP[min(len(_RAMP) - 1, max(0, int(place * len(_RAMP))))]

    return [[colour(value) for value in row] for row in grid]
