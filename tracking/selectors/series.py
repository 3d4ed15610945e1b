"""Metric history as the protocol gives it: every point, in order. Thinned series for plots are in tracking.charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def metric_names(repository: Repository, run_ids: Sequence[str]) -> list[str]:
    """The names of all metrics that any of the runs has, sorted."""
    test, value = sql.among("r.uuid", list(run_ids))
    statement = (
        "SELECT DISTINCT k.name FROM tracking_run r JOIN tracking_latestmetric l ON l.run_id = r.id "
        f"JOIN tracking_metrickey k ON k.id = l.key_id WHERE r.repository_id = ? AND {test}"
    )
    return sorted(row[0] for row in sql.rows(statement, (repository.pk, value)))
