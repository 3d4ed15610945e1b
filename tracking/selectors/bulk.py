"""What a change of many runs would reach, and the changes of late with how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from repos.models import Repository
from tracking import sql
from tracking.models import BulkChange, Experiment
from tracking.search.compile import Condition
from tracking.selectors.run_scope import PARENT, Scope

SHOWN_NAMES = 8
LATEST = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """How many runs are meant, how many are nested in them, how many are in the trash, archived or running; some names.

    `nested` counts only where that was asked for.
    """

    count: int
    nested: int
    deleted: int
    archived: int
    running: int
    names: list[str]

    @property
    def unnamed(self) -> int:
        """How many are not named."""
        return self.count - len(self.names)


def reach_of(repository: Repository, chosen: Sequence[str] | Scope, *, nested: bool = False) -> Reach:
    """What the runs with these ids, or all of a scope, are; `nested`: with how many are nested in them."""
    where = chosen.inside if isinstance(chosen, Scope) else _picked(repository, chosen)
    below = with_nested(where) if nested else None
    whole = sql.row(f"SELECT count(*) FROM ({below.text}) q", below.values) if below else None
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
    count, deleted, archived, running = (int(number) for number in found)
    return Reach(count, whole[0] - count if whole else 0, deleted, archived, running, [row[0] for row in names])


def with_nested(where: Condition) -> Condition:
    """The keys of the runs `r` that meet a condition, and of those nested in them to any depth, in the same experiment.

    Parents are found by the index of the tag that names them; runs that hold each other are found once.
    """
    cut = "SUBSTRING" if sql.is_postgres() else "SUBSTR"
    text = (
        "WITH RECURSIVE family(id, uuid, experiment_id) AS ("
        f"SELECT r.id, r.uuid, r.experiment_id FROM tracking_run r WHERE {where.text} UNION "
        "SELECT c.id, c.uuid, c.experiment_id FROM family f "
        f"JOIN tracking_runtag t ON t.key = '{PARENT}' AND {cut}(t.value, 1, 32) = f.uuid AND t.value = f.uuid "
        "JOIN tracking_run c ON c.id = t.run_id AND c.experiment_id = f.experiment_id) SELECT id FROM family"
    )
    return Condition(text, where.values)


def _picked(repository: Repository, uuids: Sequence[str]) -> Condition:
    test, value = sql.among("r.uuid", [uuid for uuid in dict.fromkeys(uuids) if "\0" not in uuid])
    return Condition(f"r.repository_id = ? AND {test}", (repository.pk, value))


def latest_changes(experiment: Experiment) -> list[BulkChange]:
    """Those that go on, and the few that ended last; the latest first."""
    changes = BulkChange.objects.filter(experiment=experiment).select_related("asked_by").order_by("-asked_at", "-pk")
    ended = list(changes.filter(finished_at__isnull=False)[:LATEST])
    return [*changes.filter(finished_at__isnull=True), *ended]


def changes_under_way(experiment: Experiment) -> list[BulkChange]:
    """Those that go on, and those that ended a moment ago after going on for a while; the latest first."""
    lately = timezone.now() - timedelta(minutes=2)
    going = Q(finished_at__isnull=True) | Q(
        finished_at__gte=lately, finished_at__gt=F("asked_at") + timedelta(seconds=2)
    )
    rows = BulkChange.objects.filter(going, experiment=experiment, asked_at__gte=timezone.now() - timedelta(days=7))
    return list(rows.select_related("asked_by").order_by("-asked_at", "-pk")[:LATEST])
