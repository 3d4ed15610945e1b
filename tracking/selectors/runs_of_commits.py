"""The runs of several commits at once, and their numbers: what a change of the code brought."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tracking import sql
from tracking.models import Run
from tracking.rules import LARGEST

MOST_RUNS = 300


@dataclass(frozen=True, slots=True)
class CommitRun:
    """A run and the commit (whole id) that it says it was started at."""

    run: Run
    commit: str


def runs_of_commits(repositories: Sequence[int], commits: Sequence[str], most: int = MOST_RUNS) -> list[CommitRun]:
    """The runs that any of the repositories (by key) has of any of the commits, newest first, at most `most`.

    Each comes with its experiment and repository; those in the trash are left out. Two queries.
    """
    if not commits or not repositories:
        return []
    # Written as the index of commits has it: SQLite uses that for this very expression, and no value in its condition.
    place = "SUBSTRING(t.value, 1, 64)" if sql.is_postgres() else "SUBSTR(t.value, 1, 64)"
    at, wanted = sql.among(place, list(commits))
    here, homes = sql.among("r.repository_id", list(repositories))
    rows = sql.rows(
        f"SELECT r.id, {place} FROM tracking_runtag t CROSS JOIN tracking_run r WHERE r.id = t.run_id"
        f" AND t.key = 'mlflow.source.git.commit' AND {at} AND {here}"
        " AND r.deleted_at IS NULL ORDER BY r.start_time DESC, r.uuid LIMIT ?",
        (wanted, homes, most),
    )
    if not rows:
        return []
    found = Run.objects.select_related("experiment", "repository__owner").in_bulk([key for key, _ in rows])
    return [CommitRun(found[key], commit) for key, commit in rows if key in found]


def last_values(runs: Sequence[int], keys: Sequence[str] | None = None) -> dict[int, dict[str, float]]:
    """The last value of each metric, or of those named, by run and name; NaN and infinities as floats. One query."""
    if not runs or keys == []:
        return {}
    among, value = sql.among("l.run_id", list(runs))
    named, names = sql.among("k.name", list(keys)) if keys is not None else ("", None)
    rows = sql.rows(
        "SELECT l.run_id, k.name, l.value, l.is_nan FROM tracking_latestmetric l"
        f" JOIN tracking_metrickey k ON k.id = l.key_id WHERE {among}{f' AND {named}' if named else ''}",
        (value, names) if named else (value,),
    )
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for run, key, number, is_nan in rows:
        found[run][key] = _real(number, is_nan)
    return found


def extremes_of(
    runs: Sequence[int], keys: Sequence[str], most_points: int | None = None
) -> dict[int, dict[str, tuple[float, float]]]:
    """The least and the greatest value that each run ever logged, by run and name; NaN is left out.

    With `most_points` nothing is answered where they have more: pages must not walk through millions.
    """
    if not runs or not keys:
        return {}
    among, value = sql.among("l.run_id", list(runs))
    named, names = sql.among("k.name", list(keys))
    tables = "tracking_latestmetric l JOIN tracking_metrickey k ON k.id = l.key_id CROSS JOIN tracking_metric m"
    where = f"{among} AND {named} AND m.run_id = l.run_id AND m.key_id = l.key_id AND NOT m.is_nan"
    if most_points is not None:
        counted = sql.row(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {tables} WHERE {where} LIMIT ?) p", (value, names, most_points + 1)
        )
        if counted is None or counted[0] > most_points:
            return {}
    found: dict[int, dict[str, tuple[float, float]]] = defaultdict(dict)
    for run, key, least, greatest in sql.rows(
        f"SELECT m.run_id, k.name, MIN(m.value), MAX(m.value) FROM {tables} WHERE {where} GROUP BY m.run_id, k.name",
        (value, names),
    ):
        found[run][key] = (_real(least, False), _real(greatest, False))
    return found


def _real(value: float, is_nan: bool) -> float:
    """A stored value as it was logged: infinities are kept as the largest number there is."""
    if is_nan:
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= LARGEST else value
