"""How many traces match one filter, another, and both."""

from __future__ import annotations

from collections.abc import Sequence

from repos.models import Repository
from tracing.correlation import Counts
from tracing.search import compile_together
from tracking import sql
from tracking.search.compile import Setting

_FROM = "FROM tracing_trace t JOIN tracking_experiment e ON e.id = t.experiment_id"


def count_matches(
    repository: Repository, experiments: Sequence[int], *, first: str, second: str, base: str = ""
) -> Counts:
    """The counts among the traces of the numbered experiments that match `base`. Raises FilterError."""
    setting = Setting(repository.pk, sql.is_postgres())
    one, two = (compile_together((base, text), setting) for text in (first, second))
    among = compile_together((base,), setting)
    inside, numbers = sql.among("e.number", list(set(experiments)))
    rows = (
        f"SELECT CASE WHEN {one.text} THEN 1 ELSE 0 END AS one, CASE WHEN {two.text} THEN 1 ELSE 0 END AS two "
        f"{_FROM} WHERE t.repository_id = ? AND {inside} AND ({among.text})"
    )
    values = (*one.values, *two.values, repository.pk, numbers, *among.values)
    counted = "SELECT COUNT(*), COALESCE(SUM(one), 0), COALESCE(SUM(two), 0), COALESCE(SUM(one * two), 0)"
    found = sql.row(f"{counted} FROM ({rows}) x", values)
    assert found is not None
    return Counts(*(int(number) for number in found))
