"""GeoJSON as a drawing: shapes on a plain grid of degrees, without tiles from elsewhere, and their properties."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from storage.viewers.asks import Ask
from storage.viewers.parts import JSON_BYTES, MARKUP, Fact, fact, parse_json, short, within
from storage.viewers.source import Source, Unreadable

WIDTH, HEIGHT = 800.0, 480.0
MARGIN = 12.0
MOST_POINTS = 5_000
MOST_SHAPES = 1_000
ROWS = 40
COLUMNS = 8
TABLE_BYTES = 70_000
DEEPEST = 8
_STEPS = (90, 45, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


@dataclass(frozen=True, slots=True)
class Shape:
    """`kind`: point, line or area; `path` in SVG, or a point's place."""

    kind: str
    path: str = ""
    x: str = ""
    y: str = ""


@dataclass(frozen=True, slots=True)
class GridLine:
    """A meridian (`across` false) or a parallel, at `at` pixels."""

    across: bool
    at: str
    words: str


@dataclass(frozen=True, slots=True)
class GeoView:
    """The drawing, and a table of the first features' properties."""

    template: ClassVar[str] = "geo"
    ask: Ask
    facts: tuple[Fact, ...]
    shapes: tuple[Shape, ...]
    grid: tuple[GridLine, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


Line = list[tuple[float, float]]


def draw_geo(source: Source, ask: Ask) -> GeoView:
    """Raises Unreadable for what is no GeoJSON or too large."""
    if source.size > JSON_BYTES:
        raise Unreadable("It is larger than is drawn here.")
    document = parse_json(source.read(0, JSON_BYTES))
    features = _features(document)
    lines = [found for feature in features for found in _lines(feature.get("geometry"), 0)]
    lines = [(kind, clean) for kind, line in lines if (clean := _points(line))]
    if not lines:
        raise Unreadable("It holds no shapes.")
    drawn, frame, note = _drawn(lines)
    kinds = sorted({kind for kind, _ in lines})
    names, rows = _table(features)
    west, south, east, north = frame
    facts = (
        fact("Features", f"{len(features):,}"),
        fact("Shapes", f"{len(lines):,} ({', '.join(kinds)})"),
        fact("Longitude", f"{west:.5g}° to {east:.5g}°"),
        fact("Latitude", f"{south:.5g}° to {north:.5g}°"),
    )
    return GeoView(ask=ask, facts=facts, shapes=drawn, grid=_grid(frame), names=names, rows=rows, note=note)


def _features(document: Any) -> list[dict[str, Any]]:
    if not isinstance(document, dict):
        raise Unreadable("It is no GeoJSON object.")
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return [one for one in document["features"] if isinstance(one, dict)]
    if document.get("type") == "Feature":
        return [document]
    if "coordinates" in document or document.get("type") == "GeometryCollection":
        return [{"geometry": document}]
    raise Unreadable("It is no GeoJSON object.")


def _lines(geometry: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """The lists of positions in a geometry, and what each draws."""
    if not isinstance(geometry, dict) or depth > DEEPEST:
        return
    kind, inside = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        for inner in geometry["geometries"]:
            yield from _lines(inner, depth + 1)
    if not isinstance(inside, list):
        return
    if kind == "Point":
        yield "point", [inside]
    elif kind == "MultiPoint":
        yield from (("point", [one]) for one in inside)
    elif kind == "LineString":
        yield "line", inside
    elif kind in ("MultiLineString", "Polygon"):
        yield from (("line" if kind != "Polygon" else "area", one) for one in inside)
    elif kind == "MultiPolygon":
        yield from (("area", ring) for part in inside if isinstance(part, list) for ring in part)


def _points(line: Any) -> Line:
    found = []
    for one in line if isinstance(line, list) else ():
        if isinstance(one, list) and len(one) >= 2 and all(isinstance(part, int | float) for part in one[:2]):
            x, y = one[0], one[1]
            # Beyond this they are no degrees, and whole numbers of any length have no float.
            if -1e9 < x < 1e9 and -1e9 < y < 1e9:
                found.append((float(x), float(y)))
    return found


def _drawn(lines: list[tuple[str, Line]]) -> tuple[tuple[Shape, ...], tuple[float, float, float, float], str]:
    xs = [x for _, line in lines for x, _ in line]
    ys = [y for _, line in lines for _, y in line]
    frame = (min(xs), min(ys), max(xs), max(ys))
    place = _placing(frame)
    thinned = max(1, math.ceil(len(xs) / MOST_POINTS))
    shapes = [_shape(kind, line, place, thinned) for kind, line in lines[:MOST_SHAPES]]
    note = "Lines are drawn with fewer points than they have." if thinned > 1 else ""
    if len(lines) > MOST_SHAPES:
        note = f"Only the first {MOST_SHAPES:,} of {len(lines):,} shapes are drawn."
    return tuple(shapes), frame, note


def _placing(frame: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Scale and shift from degrees to pixels; a degree of longitude is as wide as in the middle of the drawing."""
    west, south, east, north = frame
    wide = max(0.05, math.cos(math.radians(max(-85.0, min(85.0, (south + north) / 2)))))
    across, up = max((east - west) * wide, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / up)
    left = (WIDTH - across * scale) / 2 - west * wide * scale
    top = (HEIGHT - up * scale) / 2 + north * scale
    return scale * wide, left, -scale, top


def _shape(kind: str, line: Line, place: tuple[float, float, float, float], thinned: int) -> Shape:
    ax, bx, ay, by = place
    # The first and the last point stay.
    kept = line if len(line) <= 3 else [*line[:-1:thinned], line[-1]]
    spots = [(f"{x * ax + bx:.1f}", f"{y * ay + by:.1f}") for x, y in kept]
    if kind == "point":
        return Shape("point", x=spots[0][0], y=spots[0][1])
    path = "M" + "L".join(f"{x} {y}" for x, y in spots)
    return Shape(kind, path + ("Z" if kind == "area" else ""))


def _grid(frame: tuple[float, float, float, float]) -> tuple[GridLine, ...]:
    west, south, east, north = frame
    ax, bx, ay, by = _placing(frame)
    lines: list[GridLine] = []
    for across, low, high, scale, shift in ((False, west, east, ax, bx), (True, south, north, ay, by)):
        step = next((one for one in reversed(_STEPS) if (high - low) / one <= 8), 0)
        number = math.ceil(low / step) if step else 0
        while step and number * step <= high and len(lines) < 24:
            degrees = number * step
            lines.append(GridLine(across, f"{degrees * scale + shift:.1f}", f"{degrees:.6g}°"))
            number += 1
    return tuple(lines)


def _table(features: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    properties = [found if isinstance(found := one.get("properties"), dict) else {} for one in features[:ROWS]]
    names = list(dict.fromkeys(str(name) for one in properties for name in list(one)[:COLUMNS]))[:COLUMNS]
    rows = tuple(tuple("" if one.get(name) is None else short(one[name], 80) for name in names) for one in properties)
    shown = within(rows, lambda row: "".join(row) + " " * MARKUP, TABLE_BYTES)
    return tuple(short(name, 60) for name in names), shown if names else ()
