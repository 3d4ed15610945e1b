"""The least and the most of each metric of a run, and the shape of its curve, in one pass over the points."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

from tracking import sql
from tracking.models import Run, RunStatus
from tracking.selectors.run_page import Latest
from tracking.selectors.run_table import metric_text

MOST_LIVE = 20_000
MOST_ENDED = 100_000
"""Points of a run that are looked through: each time while it goes on, once when it has ended."""
KEPT_SECONDS = 24 * 3600
STRETCHES = 24
WIDTH, HEIGHT = 64.0, 16.0


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most as text; `path` draws the curve in a box of 64 × 16, "" where there is none."""

    least: str
    most: str
    path: str


def ranges_of(run: Run, latest: Sequence[Latest]) -> dict[str, Range]:
    """By key, of these metrics only. Empty where they have more points than a page looks through; NaN is left out."""
    if not latest:
        return {}
    state = hashlib.sha256(repr([(each.key, each.step, each.value) for each in latest]).encode()).hexdigest()
    key = f"run-ranges:{run.pk}:{state}"
    kept: dict[str, Range] | None = cache.get(key)
    if kept is None:
        kept = _ranges(run, latest)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _ranges(run: Run, latest: Sequence[Latest]) -> dict[str, Range]:
    one_of, numbers = sql.among("key_id", [metric.number for metric in latest])
    most = MOST_LIVE if run.status == RunStatus.RUNNING else MOST_ENDED
    counted = sql.row(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM tracking_metric WHERE run_id = ? AND {one_of} LIMIT ?) p",
        (run.pk, numbers, most + 1),
    )
    if counted is None or counted[0] > most:
        return {}
    # Where a point lies on the way to the last step; floats, since steps fill 64 bits.
    stretch = (
        f"CASE WHEN l.step > 0 AND m.step > 0 THEN CAST({STRETCHES - 1}.0 * m.step / l.step AS INTEGER) ELSE 0 END"
    )
    points = (
        f"SELECT m.key_id AS key_id, {stretch} AS n, MIN(m.value) AS least, MAX(m.value) AS most"
        " FROM tracking_latestmetric l CROSS JOIN tracking_metric m"
        f" WHERE l.run_id = ? AND l.{one_of} AND m.run_id = l.run_id AND m.key_id = l.key_id AND NOT m.is_nan"
        " GROUP BY m.key_id, n"
    )
    rows = sql.rows(
        f"SELECT k.name, p.n, p.least, p.most FROM ({points}) p JOIN tracking_metrickey k ON k.id = p.key_id"
        " ORDER BY k.name, p.n",
        (run.pk, numbers),
    )
    by_key: dict[str, list[tuple[int, float, float]]] = {}
    for name, at, least, highest in rows:
        by_key.setdefault(name, []).append((at, least, highest))
    return {name: _range(points) for name, points in by_key.items()}


def _range(points: Sequence[tuple[int, float, float]]) -> Range:
    least, most = min(low for _, low, _ in points), max(high for _, _, high in points)
    return Range(metric_text(least, False), metric_text(most, False), _path(points, least, most))


def _path(points: Sequence[tuple[int, float, float]], least: float, most: float) -> str:
    """A line through the middle of each stretch; halves keep what overflows apart from what does not."""
    if len(points) < 2:
        return ""
    span = most / 2 - least / 2
    first, last = points[0][0], points[-1][0]
    steps = []
    for at, low, high in points:
        middle = low / 2 + high / 2
        up = 0.5 if span == 0 else (middle / 2 - least / 2) / span
        x = 1 + (WIDTH - 2) * (at - first) / (last - first)
        steps.append(f"{x:.1f} {HEIGHT - 1 - (HEIGHT - 2) * up:.1f}")
    return "M" + "L".join(steps)
