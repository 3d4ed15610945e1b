"""Which parameters of some runs have most to do with a metric. The method is told in tracking.charts.influence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from repos.models import Repository
from tracking import sql
from tracking.charts.influence import Influence, influence
from tracking.selectors.panels import Chosen, values_of

MOST_PARAMS = 200
MOST_SHOWN = 30


def importance_of(repository: Repository, runs: Sequence[Chosen], metric: str) -> list[Influence]:
    """The parameters that differ between the runs by their importance for the latest value of the metric.

    Looked at are the MOST_PARAMS that most runs have; MOST_SHOWN are told.
    """
    column = f"metrics.{metric}"
    outcomes = {run.pk: cells[0] for run, cells in values_of(repository, runs, [column]).rows if cells[0] is not None}
    found = [
        influence(key, list(texts.values()), [float(outcomes[run]) for run in texts])
        for key, texts in _params(list(outcomes)).items()
    ]
    told = [each for each in found if each is not None]
    return sorted(told, key=lambda each: (-each.importance, -abs(each.correlation or 0), each.key))[:MOST_SHOWN]


def _params(runs: Sequence[int]) -> dict[str, dict[int, str]]:
    """Key → run → text, for the keys that most runs have and that are not the same everywhere."""
    test, value = sql.among("run_id", runs)
    keys = sql.rows(
        f"SELECT key FROM tracking_param WHERE {test} GROUP BY key HAVING MIN(value) <> MAX(value)"
        " ORDER BY COUNT(*) DESC, key LIMIT ?",
        (value, MOST_PARAMS),
    )
    found: dict[str, dict[int, str]] = defaultdict(dict)
    if keys:
        wanted = [row[0] for row in keys]
        rows = sql.rows(
            f"SELECT run_id, key, value FROM tracking_param WHERE key IN ({sql.marks(wanted)}) AND {test}",
            (*wanted, value),
        )
        for run, key, text in rows:
            found[key][run] = text
    return found
