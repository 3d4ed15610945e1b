"""The runs that were started at a commit, for the page of the commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repos.models import Repository
from tracking import sql
from tracking.models import Run
from tracking.search.writing import equals
from tracking.selectors.run_table import COMMIT
from tracking.table_state import TableState

SHOWN = 6
MOST_COUNTED = 1000


def runs_of_commit(repository: Repository, commit: str) -> Mapping[str, Any] | None:
    """The newest runs, how many there are (`more`: or more), and the address of a table of all; None for none."""
    # Written as the index of commits has it: SQLite uses that for this very expression, and no value in its condition.
    place = "SUBSTRING(t.value, 1, 64)" if sql.is_postgres() else "SUBSTR(t.value, 1, 64)"
    # CROSS JOIN has it begin there, too: without statistics it would walk through all runs of the repository.
    rows = sql.rows(
        f"SELECT r.id, r.experiment_id FROM tracking_runtag t CROSS JOIN tracking_run r WHERE r.id = t.run_id"
        f" AND t.key = 'mlflow.source.git.commit' AND {place} = ? AND r.repository_id = ?"
        " AND r.deleted_at IS NULL ORDER BY r.start_time DESC, r.uuid LIMIT ?",
        (commit, repository.pk, MOST_COUNTED + 1),
    )
    if not rows:
        return None
    keys = [key for key, _ in rows[:SHOWN]]
    found = Run.objects.select_related("experiment").in_bulk(keys)
    return {
        "runs": [found[key] for key in keys if key in found],
        "count": min(len(rows), MOST_COUNTED),
        "more": len(rows) > MOST_COUNTED,
        **_table(repository, {home for _, home in rows}, commit),
    }


def _table(repository: Repository, homes: set[int], commit: str) -> dict[str, Any]:
    numbers = sorted(repository.experiments.filter(pk__in=homes).values_list("number", flat=True))
    text = equals("tags", COMMIT, commit) or ""
    state = TableState(text=text, experiments=tuple(numbers[1:]))
    return {"number": numbers[0], "query": state.to_query()}
