"""Series for plots: the points of one metric of one run, thinned by the database without losing a peak."""

from __future__ import annotations

from dataclasses import dataclass

from tracking import sql
from tracking.rules import LARGEST

MOST_POINTS = 1000
"""Series with no more points than this are shown as logged; longer ones are thinned to about as many."""

SERIES_COLOURS = 8

Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Series:
    """Points (x, y) in order of x; y is None where NaN or an infinity was logged. `x` says what x counts.

    `last_step` is where to go on from when only new points are wanted; `thinned`: points stand for several.
    """

    x: str
    points: list[Point]
    last_step: int | None = None
    thinned: bool = False


_OF_SERIES = "FROM tracking_metric m WHERE m.run_id = ? AND m.key_id = ?"


def read_series(run: int, key: int, *, x: str = "step", after: int | None = None) -> Series:
    """The points of the metric with key `key` of the run with key `run`, over `step` or `time` (ms since 1970).

    `after` leaves out steps up to it. Over steps, a series which was logged without steps is shown over time.
    """
    since = "" if after is None else f" AND m.step > {int(after)}"
    rows = sql.rows(
        f"SELECT step, timestamp, value, is_nan {_OF_SERIES}{since} ORDER BY step, timestamp, value LIMIT ?",
        (run, key, MOST_POINTS + 1),
    )
    if not rows:
        return Series(x, [], after)
    low, high = (_end(run, key, since, "step", way) for way in ("", "DESC"))
    if x == "step" and after is None and len(rows) > 1 and low == high:
        x = "time"
    if len(rows) > MOST_POINTS:
        return Series(x, _thinned(run, key, x, low, high, since), high, thinned=True)
    column = 0 if x == "step" else 1
    points: list[Point] = [(row[column], _shown(row[2], row[3])) for row in rows]
    return Series(x, sorted(points, key=_by_x) if x == "time" else points, high)


def _end(run: int, key: int, limit: str, column: str, way: str) -> int:
    """The first or last step, or timestamp within one step: one look into the index."""
    order = f"m.step {way}, m.timestamp {way}"
    found = sql.row(f"SELECT {column} {_OF_SERIES}{limit} ORDER BY {order} LIMIT 1", (run, key))
    return found[0] if found else 0


def _thinned(run: int, key: int, x: str, low: int, high: int, limit: str) -> list[Point]:
    """Lowest and highest value of each of MOST_POINTS / 2 equal stretches of steps, or of time where all is one step.

    Every stretch is a range of the index; only the values in it are read.
    """
    axis = "step"
    if low == high:
        axis, limit = "timestamp", f" AND m.step = {int(low)}"
        low, high = (_end(run, key, limit, axis, way) for way in ("", "DESC"))
    width = (high - low) // (MOST_POINTS // 2) + 1
    inside = f"{_OF_SERIES} AND m.{axis} BETWEEN stretch.low AND stretch.high{limit}"
    column = "m.step" if x == "step" else "m.timestamp"
    asked = (
        f"SELECT {column} {inside} ORDER BY m.step, m.timestamp LIMIT 1",
        f"SELECT {column} {inside} ORDER BY m.step DESC, m.timestamp DESC LIMIT 1",
        f"SELECT MIN(m.value) {inside} AND NOT m.is_nan",
        f"SELECT MAX(m.value) {inside} AND NOT m.is_nan",
    )
    statement = (
        "WITH RECURSIVE starts(low) AS (SELECT CAST(? AS BIGINT) UNION ALL SELECT low + ? FROM starts WHERE low <= ?),"
        " stretch(low, high) AS (SELECT low, CASE WHEN low > ? THEN ? ELSE low + ? END FROM starts)"
        f" SELECT {', '.join(f'({each})' for each in asked)} FROM stretch ORDER BY stretch.low"
    )
    last_start = high - width
    values = (low, width, last_start, last_start, high, width - 1, *(run, key) * len(asked))
    return _zigzag([row for row in sql.rows(statement, values) if row[2] is not None])


def _zigzag(buckets: list[sql.Row]) -> list[Point]:
    """Two points a bucket, in the order that follows the curve: rising stretches start low."""
    points: list[Point] = []
    before: float | None = None
    for first, last, low, high in buckets:
        middle = low / 2 + high / 2
        rising = before is None or middle >= before
        before = middle
        start, end = (low, high) if rising else (high, low)
        points.append((first, _shown(start, False)))
        if last != first or low != high:
            points.append((last, _shown(end, False)))
    return points


def _shown(value: float, is_nan: bool) -> float | None:
    """The value as a plot takes it: infinities, stored as the largest numbers, and NaN are gaps."""
    return None if is_nan or abs(value) >= LARGEST else value


def _by_x(point: Point) -> float:
    return point[0]


def colour_of(run: int) -> int:
    """The series colour, 1 to 8, which the run with this key has on every page: neighbours differ."""
    return run % SERIES_COLOURS + 1
