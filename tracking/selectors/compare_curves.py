"""Which metrics several runs have curves of, and these curves over one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracking import sql
from tracking.models import Run
from tracking.selectors.run_page import SYSTEM


@dataclass(frozen=True, slots=True)
class SharedCurve:
    """A metric with a history, and how many of the runs have logged it."""

    key: str
    runs: int


def shared_curves(runs: Sequence[Run], text: str = "") -> list[SharedCurve]:
    """The metrics that have a curve in one of the runs, those of most runs first, the machine's at the end.

    `text` keeps those whose names hold each of its words.
    """
    test, value = sql.among("l.run_id", [run.pk for run in runs])
    second = (
        "EXISTS (SELECT 1 FROM tracking_metric m WHERE m.run_id = l.run_id AND m.key_id = l.key_id LIMIT 1 OFFSET 1)"
    )
    curve = f"MAX(CASE WHEN l.step > 0 THEN 1 WHEN {second} THEN 1 ELSE 0 END)"
    statement = (
        f"SELECT k.name, COUNT(*), {curve} FROM tracking_latestmetric l"
        f" JOIN tracking_metrickey k ON k.id = l.key_id WHERE {test} GROUP BY k.name"
    )
    words = text.lower().split()
    found = [
        SharedCurve(key, count)
        for key, count, curved in sql.rows(statement, (value,))
        if curved and all(word in key.lower() for word in words)
    ]
    return sorted(found, key=lambda each: (each.key.startswith(SYSTEM), -each.runs, each.key))
