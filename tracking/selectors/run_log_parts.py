"""Parts of a log of any size: its end, what stands before, and what has been added; as lines of safe HTML."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from hub.lib.render import ansi
from storage.models import StoredObject
from storage.selectors import read_object

WINDOW = 96 * 1024
"""Bytes of a log that one page shows."""
LONGEST_LINE = 8 * 1024
COUNTED = 32 * 1024 * 1024
"""Lines are numbered as long as no more bytes than this stand before them."""
SEEN = 512
"""Bytes before an offset by whose checksum a reader learns that the log still is the one it began to follow."""
KEPT_SECONDS = 24 * 3600
_colour = re.compile(r"\x1b\[([0-9;]{0,200})m")


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line as safe HTML; `number` counts from 1, None where nobody has counted."""

    number: int | None
    html: SafeString


@dataclass(frozen=True, slots=True)
class LogPart:
    """Lines of a log from byte `start` to byte `end` of `size`. `is_open`: the last has no line feed so far.

    `next_offset` is where the reader goes on: behind the last line feed. `seen` is the checksum of what stands before.
    """

    lines: list[LogLine]
    start: int
    end: int
    size: int
    is_open: bool
    next_offset: int
    next_number: int | None
    seen: int

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the log."""
        return self.start == 0 and self.end == self.size


def part_before(stored: StoredObject, end: int | None = None) -> LogPart:
    """The last lines that end at byte `end` at the latest, which is the end of the log when None."""
    end = stored.size if end is None else min(end, stored.size)
    start = max(0, end - WINDOW)
    data = _read(stored, start, end - start)
    if start:  # The window begins amid a line, unless that is longer than the window.
        cut = data.find(b"\n") + 1
        start, data = start + cut, data[cut:]
    return _part(stored, data, start, _number_at(stored, start))


def part_after(stored: StoredObject, offset: int, number: int | None) -> LogPart:
    """The lines from byte `offset` on, where line `number` begins."""
    offset = min(offset, stored.size)
    data = _read(stored, offset, WINDOW)
    if offset + len(data) < stored.size:
        data = data[: data.rfind(b"\n") + 1] or data
    return _part(stored, data, offset, number)


def checksum_before(stored: StoredObject, offset: int) -> int:
    """The CRC-32 of the last SEEN bytes before an offset; -1 when the log is shorter now."""
    if offset > stored.size:
        return -1
    start = max(0, offset - SEEN)
    return zlib.crc32(_read(stored, start, offset - start))


def _part(stored: StoredObject, data: bytes, start: int, number: int | None) -> LogPart:
    end = start + len(data)
    whole = data.rfind(b"\n") + 1
    return LogPart(
        lines=_drawn(data, number),
        start=start,
        end=end,
        size=stored.size,
        is_open=whole < len(data),
        next_offset=start + whole,
        next_number=None if number is None else number + data.count(b"\n"),
        seen=checksum_before(stored, start + whole),
    )


def _read(stored: StoredObject, offset: int, length: int) -> bytes:
    return b"".join(read_object(stored, offset, length)) if length > 0 else b""


def _number_at(stored: StoredObject, offset: int) -> int | None:
    """The number of the line that begins at an offset; kept by content, since counting reads all before."""
    if offset > COUNTED:
        return None
    if offset == 0:
        return 1
    key = f"log-lines:{stored.blob.sha256}:{offset}"
    count: int | None = cache.get(key)
    if count is None:
        count = sum(block.count(b"\n") for block in read_object(stored, 0, offset))
        cache.set(key, count, KEPT_SECONDS)
    return count + 1


MOST_COLOURS = 20
"""Codes of colours that a line takes over from those before it."""


def _drawn(data: bytes, number: int | None) -> list[LogLine]:
    """The lines; a colour that a line leaves switched on goes on in the next."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    carried: list[str] = []
    found = []
    for index, line in enumerate(lines):
        text = line[:LONGEST_LINE].decode("utf-8", "replace")
        text = text.rstrip("\r").rpartition("\r")[2]
        rest = f" … {len(line) - LONGEST_LINE} more bytes in this line" if len(line) > LONGEST_LINE else ""
        html = mark_safe(ansi.render("".join(carried) + text + rest))  # noqa: S308 (hub.lib.render gives safe HTML only)
        found.append(LogLine(None if number is None else number + index, html))
        for colour in _colour.finditer(text):
            carried = [] if colour[1].strip("0;") == "" else [*carried, colour[0]][-MOST_COLOURS:]
    return found
