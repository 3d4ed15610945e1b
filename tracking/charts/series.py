"""Series for plots: one metric of some runs, as logged where it is short, thinned by the database where it is long."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tracking import sql
from tracking.charts.thinning import MOST_ODD, Logged, Odd, Stretch, cut, odd_word, thin
from tracking.rules import HIGH, LOW

MOST_POINTS = 1000
"""Series with no more points than this are shown as logged; longer ones are thinned to about as many."""

MOST_IN_ALL = 8_000
"""With many runs in one chart, each is given its part of so many points, and LEAST_POINTS at least."""

LEAST_POINTS = 60

STEP, TIME, RELATIVE, METRIC = "step", "time", "relative", "metric"
"""What x counts: steps, ms since 1970, seconds since the run began, or the values of another metric."""

Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A run whose curve is wanted. `start`: when it began, in ms since 1970; `after`: only points of later steps."""

    run: int
    start: int = 0
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Points (x, y) in order of x; y is None where NaN or an infinity was logged. `x` says what x counts.

    `last_step` is where to go on from when only new points are wanted; `thinned`: points stand for several. `odd` are
    (x, word) of the NaN and infinities, MOST_ODD of them at most.
    """

    x: str
    points: list[Point]
    last_step: int | None = None
    thinned: bool = False
    odd: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Raw:
    """The points of one run before x is known."""

    first: int
    last: int
    many: bool
    long: bool
    points: list[Logged] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)


def points_each(runs: int) -> int:
    """How many points each of so many runs may have in one chart."""
    return max(LEAST_POINTS, min(MOST_POINTS, MOST_IN_ALL // max(1, runs)))


def read_series(run: int, key: int, *, x: str = STEP, after: int | None = None) -> Series:
    """The points of the metric with key `key` of the run with key `run`, over `step` or `time` (ms since 1970).

    `after` leaves out steps up to it. Over steps, a series which was logged without steps is shown over time.
    """
    return read_many([Asked(run, after=after)], key, x=x)[0]


def read_many(
    asked: Sequence[Asked],
    key: int,
    *,
    x: str = STEP,
    x_key: int | None = None,
    span: tuple[float, float] | None = None,
    most: int | None = None,
) -> list[Series]:
    """The curves of one metric in several runs, in their order; at most five questions however many they are.

    `x_key` is the number of the metric to draw over, where `x` says so: a point stands at its latest value at or before
    the point's step. `span` keeps what lies between two values of x (with METRIC: of steps). Curves logged without
    steps make all of them run over time. `most`: points of each run, as many as `points_each` says if not given.
    """
    most = most or points_each(len(asked))
    axis, limits = _limits(asked, x, span)
    raw = _ends(key, asked, axis, limits, most)
    if x == STEP and span is None and any(one.many and one.first == one.last for one in raw.values()):
        x = TIME if all(one.after is None for one in asked) else x
    _read_short(key, {run: one for run, one in raw.items() if not one.long}, axis, limits)
    _read_long(key, {run: one for run, one in raw.items() if one.long}, axis, limits, most)
    across = _across(raw, x_key) if x == METRIC and x_key is not None else {}
    return [_series(one, raw.get(one.run), x, across.get(one.run)) for one in asked]


_Limits = dict[int, tuple[int, int]]


def _limits(asked: Iterable[Asked], x: str, span: tuple[float, float] | None) -> tuple[str, _Limits]:
    """The column that limits what is read, and its first and last value for each run."""
    low, high = span or (-math.inf, math.inf)
    if span is not None and x in (TIME, RELATIVE):
        shift = {one.run: one.start if x == RELATIVE else 0 for one in asked}
        scale = 1000 if x == RELATIVE else 1
        return "timestamp", {
            run: (_whole(at + low * scale, up=True), _whole(at + high * scale)) for run, at in shift.items()
        }
    after = {one.run: LOW if one.after is None else min(one.after + 1, HIGH) for one in asked}
    done = {one.run for one in asked if one.after is not None and one.after >= HIGH}
    first, last = _whole(low, up=True), _whole(high)
    return "step", {run: (max(first, at), LOW if run in done else last) for run, at in after.items()}


def _whole(number: float, *, up: bool = False) -> int:
    """A whole number of 64 bits, as near as there is on the inner side."""
    if math.isinf(number):
        return LOW if number < 0 else HIGH
    return max(LOW, min(HIGH, math.ceil(number) if up else math.floor(number)))


def _rows_of(runs: Iterable[int], limits: _Limits) -> tuple[str, str]:
    return sql.rowset("w", ("run", "low", "high"), [(run, *limits[run]) for run in runs])


def _ends(key: int, asked: Sequence[Asked], axis: str, limits: _Limits, most: int) -> dict[int, _Raw]:
    """First and last step of each run that has points, and whether these are more than one, and more than `most`."""
    inside = f"FROM tracking_metric m WHERE m.run_id = w.run AND m.key_id = ? AND m.{axis} BETWEEN w.low AND w.high"
    more = f"EXISTS (SELECT 1 {inside} LIMIT 1 OFFSET ?)"
    wanted, value = _rows_of([one.run for one in asked], limits)
    rows = sql.rows(
        f"WITH {wanted} SELECT w.run, (SELECT m.step {inside} ORDER BY m.step, m.timestamp LIMIT 1),"
        f" (SELECT m.step {inside} ORDER BY m.step DESC, m.timestamp DESC LIMIT 1), {more}, {more} FROM w",
        (value, key, key, key, 1, key, most),
    )
    return {
        run: _Raw(first, last, bool(many), bool(long)) for run, first, last, many, long in rows if first is not None
    }


def _read_short(key: int, runs: dict[int, _Raw], axis: str, limits: _Limits) -> None:
    """Every point of the runs."""
    if not runs:
        return
    wanted, value = _rows_of(runs, limits)
    rows = sql.rows(
        f"WITH {wanted} SELECT m.run_id, m.step, m.timestamp, m.value, m.is_nan FROM w CROSS JOIN tracking_metric m"
        f" WHERE m.run_id = w.run AND m.key_id = ? AND m.{axis} BETWEEN w.low AND w.high"
        " ORDER BY m.run_id, m.step, m.timestamp, m.value",
        (value, key),
    )
    for run, step, timestamp, number, is_nan in rows:
        word = odd_word(number, bool(is_nan))
        runs[run].points.append((step, timestamp, None if word else number))
        if word and len(runs[run].odd) < MOST_ODD:
            runs[run].odd.append((step, timestamp, word))


def _read_long(key: int, runs: dict[int, _Raw], axis: str, limits: _Limits, most: int) -> None:
    """The lowest and highest point of each of `most` / 2 stretches: of steps, or of time where all is one step."""
    timeless = {run: one.first for run, one in runs.items() if one.first == one.last}
    times = _times(key, list(timeless), axis, limits)
    since_until = limits if axis == "timestamp" else {}
    by_step: list[Stretch] = []
    by_time: list[Stretch] = []
    for run, one in runs.items():
        if run in timeless:
            by_time += cut(Stretch(run, *times[run], step=timeless[run]), most // 2)
        else:
            by_step += cut(Stretch(run, one.first, one.last, None, *since_until.get(run, (LOW, HIGH))), most // 2)
    for stretches in filter(None, (by_step, by_time)):
        for stretch, found in zip(stretches, thin(key, stretches), strict=True):
            runs[stretch.run].points += found.points
            runs[stretch.run].odd += found.odd


def _times(key: int, runs: Sequence[int], axis: str, limits: _Limits) -> dict[int, tuple[int, int]]:
    """The first and the last timestamp of each run."""
    if not runs:
        return {}
    wanted, value = _rows_of(runs, limits)
    inside = f"FROM tracking_metric m WHERE m.run_id = w.run AND m.key_id = ? AND m.{axis} BETWEEN w.low AND w.high"
    rows = sql.rows(
        f"WITH {wanted} SELECT w.run, (SELECT MIN(m.timestamp) {inside}), (SELECT MAX(m.timestamp) {inside}) FROM w",
        (value, key, key),
    )
    return {run: (low, high) for run, low, high in rows}


def _across(raw: dict[int, _Raw], x_key: int) -> dict[int, dict[int, float]]:
    """Run → step → the latest number of another metric at or before that step."""
    steps = [(run, step) for run, one in raw.items() for step in dict.fromkeys(point[0] for point in one.points)]
    if not steps:
        return {}
    wanted, value = sql.rowset("w", ("run", "step"), steps)
    rows = sql.rows(
        f"WITH {wanted} SELECT w.run, w.step, (SELECT m.value FROM tracking_metric m WHERE m.run_id = w.run"
        " AND m.key_id = ? AND m.step <= w.step AND NOT m.is_nan"
        " ORDER BY m.step DESC, m.timestamp DESC LIMIT 1) FROM w",
        (value, x_key),
    )
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for run, step, number in rows:
        if number is not None and not odd_word(number, False):
            found[run][step] = number
    return found


def _series(asked: Asked, raw: _Raw | None, x: str, across: dict[int, float] | None) -> Series:
    if raw is None:
        return Series(x, [], asked.after)
    if x == METRIC:
        at = across or {}
        points: list[Point] = [(at[step], y) for step, _, y in raw.points if step in at]
        return Series(x, points, raw.last, raw.long)
    place = _place(x, asked.start)
    points = [(place(step, time), y) for step, time, y in raw.points]
    odd = [(place(step, time), word) for step, time, word in raw.odd[:MOST_ODD]]
    if x != STEP:
        points.sort(key=lambda point: point[0])
    return Series(x, points, raw.last, raw.long, odd)


def _place(x: str, start: int) -> Callable[[int, int], float]:
    """Step and timestamp → x."""
    if x == STEP:
        return lambda step, time: step
    if x == TIME:
        return lambda step, time: time
    return lambda step, time: (time - start) / 1000
