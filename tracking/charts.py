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


_COLUMNS = {"step": "step", "time": "timestamp"}
_OF_SERIES = "FROM tracking_metric WHERE run_id = ? AND key_id = ?"


def read_series(run: int, key: int, *, x: str = "step", after: int | None = None) -> Series:
    """The points of the metric with key `key` of the run with key `run`, over `step` or `time` (ms).

    `after` leaves out steps up to it. Over steps, a series which was logged without steps is shown over time.
    """
    since = "" if after is None else f" AND step > {int(after)}"
    rows = sql.rows(
        f"SELECT step, timestamp, value, is_nan {_OF_SERIES}{since} ORDER BY step, timestamp, value LIMIT ?",
        (run, key, MOST_POINTS + 1),
    )
    if not rows:
        return Series(x, [], after)
    if x == "step" and after is None and len(rows) > 1 and _all_in_one_step(run, key):
        x = "time"
    if len(rows) > MOST_POINTS:
        return _thinned(run, key, x, since)
    column = 0 if x == "step" else 1
    points: list[Point] = [(row[column], _shown(row[2], row[3])) for row in rows]
    return Series(x, sorted(points, key=_by_x) if x == "time" else points, rows[-1][0])


def _all_in_one_step(run: int, key: int) -> bool:
    ends = [sql.row(f"SELECT step {_OF_SERIES} ORDER BY step {way} LIMIT 1", (run, key)) for way in ("ASC", "DESC")]
    return ends[0] == ends[1]


def _thinned(run: int, key: int, x: str, since: str) -> Series:
    """Lowest and highest value of each of MOST_POINTS / 2 equal stretches of x."""
    column = _COLUMNS[x]
    bounds = sql.row(
        f"SELECT MIN({column}), MAX({column}), MAX(step) {_OF_SERIES}{since}",
        (run, key),
    )
    first, last, last_step = bounds or (0, 0, 0)
    width = (last - first) // (MOST_POINTS // 2) + 1
    buckets = sql.rows(
        f"SELECT MIN({column}), MAX({column}), MIN(value), MAX(value) {_OF_SERIES}{since} AND NOT is_nan"
        f" GROUP BY CAST(({column} * 1.0 - ?) / ? AS INTEGER) ORDER BY 1",
        (run, key, first, width),
    )
    return Series(x, _zigzag(buckets), last_step, thinned=True)


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
