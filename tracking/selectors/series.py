"""Metric history as the protocol gives it: every point, in order. Thinned series for plots are in tracking.charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from repos.models import Repository
from tracking import sql

_OF_RUN = (
    "SELECT m.value, m.timestamp, m.step, m.is_nan FROM tracking_metric m "
    "WHERE m.run_id = (SELECT id FROM tracking_run WHERE uuid = ? AND repository_id = ?) "
    "AND m.key_id = (SELECT id FROM tracking_metrickey WHERE repository_id = ? AND name = ?)"
)


class Point(msgspec.Struct, gc=False):
    """One logged value; NaN is a float NaN."""

    value: float
    timestamp: int
    step: int


def metric_history(
    repository: Repository, run_id: str, key: str, *, size: int | None = None, offset: int = 0
) -> Iterator[Point]:
    """The points of one series by (timestamp, step, value); nothing for an unknown run or key."""
    statement = f"{_OF_RUN} ORDER BY m.timestamp, m.step, m.value"
    values: tuple[object, ...] = (run_id, repository.pk, repository.pk, key)
    if size is not None:
        statement, values = f"{statement} LIMIT ? OFFSET ?", (*values, size, offset)
    for value, timestamp, step, is_nan in sql.stream(statement, values):
        yield Point(float("nan") if is_nan else value, timestamp, step)


_OF_RUNS = (
    "FROM tracking_metric m JOIN tracking_run r ON r.id = m.run_id WHERE r.repository_id = ? "
    "AND m.key_id = (SELECT id FROM tracking_metrickey WHERE repository_id = ? AND name = ?)"
)
_SAMPLED = """
    WITH shared AS (
        SELECT r.uuid, m.value, m.timestamp, m.step, m.is_nan,
            NTILE({size}) OVER (PARTITION BY m.run_id ORDER BY {up}) AS share,
            ROW_NUMBER() OVER (PARTITION BY m.run_id ORDER BY {down}) AS from_end
        {rows}
    ), placed AS (
        SELECT shared.*, ROW_NUMBER() OVER (PARTITION BY uuid, share ORDER BY {up}) AS place FROM shared
    )
    SELECT uuid, value, timestamp, step, is_nan FROM placed WHERE place = 1 OR from_end = 1 ORDER BY uuid, {up}
"""
_UP = "step, timestamp, value, is_nan"
_DOWN = "step DESC, timestamp DESC, value DESC, is_nan DESC"


def history_of_runs(
    repository: Repository, run_ids: Sequence[str], key: str, *, size: int
) -> Iterator[tuple[str, Point]]:
    """The points of one metric in several runs by (run id, timestamp, step, value), at most `size` in all.

    Unknown runs and keys have none.
    """
    test, value = sql.among("r.uuid", list(run_ids))
    statement = (
        f"SELECT r.uuid, m.value, m.timestamp, m.step, m.is_nan {_OF_RUNS} AND {test} "
        "ORDER BY r.uuid, m.timestamp, m.step, m.value LIMIT ?"
    )
    for run, *row in sql.stream(statement, (repository.pk, repository.pk, key, value, size)):
        yield run, _point(row)


def sampled_history(
    repository: Repository, run_ids: Sequence[str], key: str, *, size: int, steps: tuple[int, int] | None = None
) -> list[tuple[str, Point]]:
    """At most `size` points of each run, in the order of the runs, then by (step, timestamp, value).

    The points are parted into `size` equal shares and the first of each is taken; the last point of all is there
    always. `steps` are the first and last to look at. Unknown runs and keys have none.
    """
    test, value = sql.among("r.uuid", list(run_ids))
    rows, values = f"{_OF_RUNS} AND {test}", [repository.pk, repository.pk, key, value]
    if steps is not None:
        rows, values = f"{rows} AND m.step BETWEEN ? AND ?", [*values, *steps]
    found: dict[str, list[Point]] = {run: [] for run in run_ids}
    for run, *row in sql.rows(_SAMPLED.format(size=size, up=_UP, down=_DOWN, rows=rows), values):
        found[run].append(_point(row))
    for points in found.values():
        if len(points) > size:
            del points[-2]
    return [(run, point) for run, points in found.items() for point in points]


def _point(row: Sequence[Any]) -> Point:
    value, timestamp, step, is_nan = row
    return Point(float("nan") if is_nan else value, timestamp, step)


def metric_names(repository: Repository, run_ids: Sequence[str]) -> list[str]:
    """The names of all metrics that any of the runs has, sorted."""
    test, value = sql.among("r.uuid", list(run_ids))
    statement = (
        "SELECT DISTINCT k.name FROM tracking_run r JOIN tracking_latestmetric l ON l.run_id = r.id "
        f"JOIN tracking_metrickey k ON k.id = l.key_id WHERE r.repository_id = ? AND {test}"
    )
    return sorted(row[0] for row in sql.rows(statement, (repository.pk, value)))
