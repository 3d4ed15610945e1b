"""Thins long series in the database: the lowest and the highest point of each stretch, where they were logged.

Every stretch is a range of the table's own index, so that a series is read twice and nothing is sorted. Nothing is
drawn by lot: the same points give the same answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracking import sql
from tracking.rules import HIGH, LARGEST, LOW

Logged = tuple[int, int, float | None]
"""A point as it was logged: step, timestamp in ms, value; None where NaN or an infinity was logged."""

Odd = tuple[int, int, str]
"""Where NaN or an infinity was logged: step, timestamp in ms, and which."""

MOST_ODD = 100
"""How many of the NaN and infinities of one series are told one by one."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a series to be told by two points; `low` and `high` (both inside) count steps.

    With `step` they count timestamps within that one step. `since` and `until` (both inside) limit a stretch of steps
    to some time.
    """

    run: int
    low: int
    high: int
    step: int | None = None
    since: int = LOW
    until: int = HIGH


@dataclass(slots=True)
class Thinned:
    """The points of one stretch: none, one or two, in the order they were logged, and what was odd in it."""

    points: list[Logged] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)


def cut(whole: Stretch, most: int) -> list[Stretch]:
    """Equal stretches of a whole one, `most` (3 or more) at the most; its first and its last value stand alone.

    So the ends of a curve are always there.
    """
    low, high, most = whole.low, whole.high, max(3, most)
    if high - low < most:
        return [replace(whole, low=at, high=at) for at in range(low, high + 1)]
    width = (high - low - 2) // (most - 2) + 1
    between = [(at, min(at + width - 1, high - 1)) for at in range(low + 1, high, width)]
    return [replace(whole, low=start, high=end) for start, end in [(low, low), *between, (high, high)]]


def thin(key: int, stretches: Sequence[Stretch]) -> list[Thinned]:
    """The extremes of each stretch of the metric with number `key`. Either all are of steps, or all of timestamps.

    One question to the database, and up to two more where NaN or infinities were logged.
    """
    found = [Thinned() for _ in stretches]
    extremes = _extremes(key, dict(enumerate(stretches)))
    infinite = {
        n: stretches[n] for n, (ends, _) in extremes.items() if any(abs(end[2]) >= _NEARLY_LARGEST for end in ends)
    }
    strange = {n: stretches[n] for n, (_, nans) in extremes.items() if nans}
    finite = _extremes(key, infinite, finite=True) if infinite else {}
    odd = _odd(key, {**infinite, **strange}) if infinite or strange else {}
    for n, (ends, _) in {**extremes, **finite}.items():
        found[n].points = [*sorted(set(ends))]
    for n, those in odd.items():
        found[n].odd = those
        if not found[n].points:
            found[n].points = [(*those[0][:2], None)]
    return found


# SQLite writes very large and very small numbers with 15 sure digits; whether one is infinite, the database is asked.
_NEARLY_LARGEST = LARGEST * (1 - 1e-14)
_COLUMNS = ("n", "run", "low", "high", "step", "since", "until")
_End = tuple[int, int, float]


def _asked(stretches: Mapping[int, Stretch]) -> tuple[str, str, str]:
    """The stretches as a table `w`, its parameter, and which points lie inside of one."""
    rows = [(n, s.run, s.low, s.high, s.step or 0, s.since, s.until) for n, s in stretches.items()]
    wanted, value = sql.rowset("w", _COLUMNS, rows)
    first = next(iter(stretches.values()))
    inside = "m.run_id = w.run AND m.key_id = ? AND m.step "
    if first.step is not None:
        return wanted, value, f"{inside} = w.step AND m.timestamp BETWEEN w.low AND w.high"
    timed = any((s.since, s.until) != (LOW, HIGH) for s in stretches.values())
    return wanted, value, f"{inside} BETWEEN w.low AND w.high" + (_IN_TIME if timed else "")


_IN_TIME = " AND m.timestamp BETWEEN w.since AND w.until"


def _extremes(
    key: int, stretches: Mapping[int, Stretch], *, finite: bool = False
) -> dict[int, tuple[list[_End], bool]]:
    """Number of a stretch → its lowest and its highest point, and whether NaN was logged in it."""
    wanted, value, test = _asked(stretches)
    is_number = f"NOT m.is_nan AND m.value < {LARGEST!r} AND m.value > -{LARGEST!r}" if finite else "NOT m.is_nan"
    inside = f"FROM tracking_metric m WHERE {test}"
    ask = _ask_postgres(inside, is_number) if sql.is_postgres() else _ask_sqlite(inside, is_number)
    found = {}
    for n, low, high in sql.rows(f"WITH {wanted} {ask}", (value, *[key] * ask.count("?"))):
        nans, _, lowest = (low or "").partition("|")
        found[n] = ([_end(text) for text in (lowest, high) if text], nans not in ("", "0"))
    return found


def _end(text: str) -> _End:
    value, step, timestamp = text.split()
    return int(step), int(timestamp), float(value)


def _ask_sqlite(inside: str, is_number: str) -> str:
    """SQLite gives the other columns of the row that holds a minimum, but one text for each subquery.

    What is no number counts as NULL in the first, which so can count the NaN on its way.
    """
    value = f"CASE WHEN {is_number} THEN m.value END"
    shown = "printf('%!.17g %d %d', {}, m.step, m.timestamp)"
    low, high = f"MIN({value})", "MAX(m.value)"
    lows = f"SELECT SUM(m.is_nan) || '|' || CASE WHEN {low} IS NULL THEN '' ELSE {shown.format(low)} END {inside}"
    highs = f"SELECT CASE WHEN {high} IS NOT NULL THEN {shown.format(high)} END {inside} AND {is_number}"
    return f"SELECT w.n, ({lows}), ({highs}) FROM w"


def _ask_postgres(inside: str, is_number: str) -> str:
    """One pass for the extremes, then a look for the first row that has each."""
    shown = "m.value || ' ' || m.step || ' ' || m.timestamp"
    low, high = [
        f"SELECT {shown} {inside} AND {is_number} AND m.value = e.{end} ORDER BY m.step, m.timestamp LIMIT 1"
        for end in ("low", "high")
    ]
    extremes = (
        f"SELECT MIN(m.value) FILTER (WHERE {is_number}) AS low, MAX(m.value) FILTER (WHERE {is_number}) AS high,"
        f" bool_or(m.is_nan) AS nans {inside}"
    )
    nans = "CASE WHEN e.nans THEN 1 ELSE 0 END"
    return f"SELECT w.n, {nans} || '|' || COALESCE(({low}), ''), ({high}) FROM w CROSS JOIN LATERAL ({extremes}) e"


def _odd(key: int, stretches: Mapping[int, Stretch]) -> dict[int, list[Odd]]:
    """Number of a stretch → the NaN and infinities in it: MOST_ODD of each run, and one of each stretch at least."""
    wanted, value, test = _asked(stretches)
    is_odd = f"(m.is_nan OR m.value >= {LARGEST!r} OR m.value <= -{LARGEST!r})"
    order = "ORDER BY m.step, m.timestamp"
    statement = (
        f"WITH {wanted}, odd AS (SELECT w.n, m.step, m.timestamp, m.value, m.is_nan,"
        f" ROW_NUMBER() OVER (PARTITION BY m.run_id {order}) AS of_run,"
        f" ROW_NUMBER() OVER (PARTITION BY w.n {order}) AS of_stretch"
        f" FROM w CROSS JOIN tracking_metric m WHERE {test} AND {is_odd})"
        " SELECT n, step, timestamp, value, is_nan FROM odd WHERE of_run <= ? OR of_stretch = 1"
        " ORDER BY n, step, timestamp"
    )
    found: dict[int, list[Odd]] = defaultdict(list)
    for n, step, timestamp, number, is_nan in sql.rows(statement, (value, key, MOST_ODD)):
        found[n].append((step, timestamp, odd_word(number, bool(is_nan))))
    return found


def odd_word(value: float, is_nan: bool) -> str:
    """NaN, Infinity or -Infinity; "" for a number that can be drawn. Infinities are stored as the largest numbers."""
    if is_nan:
        return "NaN"
    return "" if abs(value) < LARGEST else "Infinity" if value > 0 else "-Infinity"
