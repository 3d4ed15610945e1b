"""What a change of many runs would reach, and the changes of late with how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from repos.models import Repository
from tracking import sql
from tracking.models import BulkChange, Experiment
from tracking.search.compile import Condition
from tracking.selectors.run_scope import Scope

SHOWN_NAMES = 8
LATEST = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """How many runs are meant, how many of them are in the trash, archived or running, and some of their names."""

    count: int
    deleted: int
    archived: int
    running: int
    names: list[str]

    @property
    def unnamed(self) -> int:
        """How many are not named."""
        return self.count - len(self.names)


def reach_of(repository: Repository, chosen: Sequence[str] | Scope) -> Reach:
    """What the runs with these ids, or all of a scope, are."""
    where = chosen.inside if isinstance(chosen, Scope) else _picked(repository, chosen)
    found = sql.row(
        "SELECT count(*), count(r.deleted_at), count(r.archived_at), "
        "COALESCE(sum(CASE WHEN r.status IN ('RUNNING', 'SCHEDULED') THEN 1 ELSE 0 END), 0) "
        f"FROM tracking_run r WHERE {where.text}",
        where.values,
    )
    assert found is not None
    names = sql.rows(
        f"SELECT r.name FROM tracking_run r WHERE {where.text} ORDER BY r.start_time DESC, r.uuid LIMIT ?",
        (*where.values, SHOWN_NAMES),
    )
    return Reach(*(int(number) for number in found), names=[row[0] for row in names])


def _picked(repository: Repository, uuids: Sequence[str]) -> Condition:
    test, value = sql.among("r.uuid", [uuid for uuid in dict.fromkeys(uuids) if "\0" not in uuid])
    return Condition(f"r.repository_id = ? AND {test}", (repository.pk, value))


def latest_changes(experiment: Experiment) -> list[BulkChange]:
    """Those that go on, and the few that ended last; the latest first."""
    changes = BulkChange.objects.filter(experiment=experiment).select_related("asked_by").order_by("-asked_at", "-pk")
    ended = list(changes.filter(finished_at__isnull=False)[:LATEST])
    return [*changes.filter(finished_at__isnull=True), *ended]
