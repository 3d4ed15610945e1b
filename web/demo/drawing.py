"""Small figures as PNG, drawn point by point: enough for a scatter plot, curves and a confusion matrix."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence

Colour = tuple[int, int, int]
PAPER: Colour = (255, 255, 255)
INK: Colour = (60, 57, 53)
GRID: Colour = (226, 224, 220)
SERIES: tuple[Colour, ...] = ((213, 122, 20), (48, 120, 178), (20, 140, 105))
# Digits and a dot, five by seven points, one number a row.
_GLYPHS = {
    "0": (14, 17, 19, 21, 25, 17, 14), "1": (4, 12, 4, 4, 4, 4, 14), "2": (14, 17, 1, 6, 8, 16, 31),
    "3": (14, 17, 1, 6, 1, 17, 14), "4": (2, 6, 10, 18, 31, 2, 2), "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14), "7": (31, 1, 2, 4, 8, 8, 8), "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 2, 12), ".": (0, 0, 0, 0, 0, 12, 12),
}  # fmt: skip


class Canvas:
    """Points in red, green and blue; the origin is the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [bytearray(bytes(PAPER) * width) for _ in range(height)]

    def point(self, x: int, y: int, colour: Colour, strength: float = 1.0) -> None:
        """Lay `colour` over one point, fully or in part; outside of the canvas nothing happens."""
        if 0 <= x < self.width and 0 <= y < self.height:
            row, at = self._rows[y], 3 * x
            for part in range(3):
                row[at + part] = round(row[at + part] + (colour[part] - row[at + part]) * strength)

    def box(self, x: int, y: int, width: int, height: int, colour: Colour) -> None:
        """A filled rectangle."""
        for row in self._rows[y : y + height]:
            row[3 * x : 3 * (x + width)] = bytes(colour) * width

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle with a soft edge."""
        for row in range(math.floor(y - radius), math.ceil(y + radius) + 1):
            for column in range(math.floor(x - radius), math.ceil(x + radius) + 1):
                inside = radius + 0.5 - math.hypot(column - x, row - y)
                if inside > 0:
                    self.point(column, row, colour, 0.8 * min(inside, 1.0))

    def text(self, x: int, y: int, digits: str, colour: Colour = INK, scale: int = 2) -> None:
        """Digits and dots, 12 points wide each at scale 2."""
        for number, digit in enumerate(digits):
            for row, bits in enumerate(_GLYPHS[digit]):
                for column in range(5):
                    if bits >> (4 - column) & 1:
                        self.box(x + (number * 6 + column) * scale, y + row * scale, scale, scale, colour)

    def png(self) -> bytes:
        """The picture as a PNG file."""
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        data = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 9)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scatter(groups: Sequence[Sequence[tuple[float, float]]], *, width: int = 720, height: int = 440) -> bytes:
    """A PNG with one colour a group, and round numbers along both axes."""
    canvas, left, bottom = Canvas(width, height), 56, 40
    points = [point for group in groups for point in group]
    across, up = _range([x for x, _ in points]), _range([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        right = left + (x - across[0]) / (across[1] - across[0]) * (width - left - 16)
        return right, height - bottom - (y - up[0]) / (up[1] - up[0]) * (height - bottom - 16)

    for value in _ticks(across):
        canvas.box(round(place(value, up[0])[0]), 16, 1, height - bottom - 16, GRID)
        canvas.text(round(place(value, up[0])[0]) - 11, height - 26, f"{value:.0f}")
    for value in _ticks(up):
        canvas.box(left, round(place(across[0], value)[1]), width - left - 16, 1, GRID)
        canvas.text(16, round(place(across[0], value)[1]) - 7, f"{value:.0f}")
    for group, colour in zip(groups, SERIES, strict=True):
        for point in group:
            canvas.disc(*place(*point), 4.0, colour)
    return canvas.png()


def _range(values: Sequence[float]) -> tuple[float, float]:
    room = (max(values) - min(values)) * 0.05
    return min(values) - room, max(values) + room


def _ticks(limits: tuple[float, float]) -> list[float]:
    """Four to nine round numbers."""
    width = limits[1] - limits[0]
    power = 10.0 ** math.floor(math.log10(width))
    step = next(part * power for part in (1, 0.5, 0.2) if width / (part * power) >= 4)
    return [number * step for number in range(math.ceil(limits[0] / step), math.floor(limits[1] / step) + 1)]


def confusion(counts: Sequence[Sequence[int]], *, cell: int = 84) -> bytes:
    """A PNG of a square matrix: the darker a field, the larger its share of the row."""
    canvas = Canvas(cell * len(counts) + 1, cell * len(counts) + 1)
    for y, row in enumerate(counts):
        for x, count in enumerate(row):
            share = count / (sum(row) or 1)
            shade = tuple(round(255 + (part - 255) * share) for part in SERIES[1])
            canvas.box(x * cell + 1, y * cell + 1, cell - 1, cell - 1, (shade[0], shade[1], shade[2]))
            digits = str(count)
            at = x * cell + (cell - 18 * len(digits)) // 2
            canvas.text(at, y * cell + cell // 2 - 10, digits, PAPER if share > 0.5 else INK, scale=3)
    return canvas.png()
