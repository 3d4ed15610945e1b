"""What lies in the trash of a repository: since when, by whom, and whether something still needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from repos.models import Repository
from tracking import sql
from tracking.models import Experiment, LoggedModel, Purge, PurgeItem, Run, Thing

LATEST_PURGES = 5
FEW = 500
"""So many keys go into one question; with more, all of the trash is looked through."""
_MODELS: dict[Thing, type[Experiment] | type[Run] | type[LoggedModel]] = {
    Thing.EXPERIMENT: Experiment,
    Thing.RUN: Run,
    Thing.MODEL: LoggedModel,
}


@dataclass(frozen=True, slots=True)
class Trash:
    """The trash of a repository, or what was put there earlier than `before` (ms since 1970).

    What is inside of a deleted experiment goes and comes with that, and is no entry of its own; what is being purged
    does not count any more.
    """

    repository: Repository
    before: int | None = None

    def things(self, kind: Thing) -> QuerySet[Any]:
        """The experiments, runs or logged models in it, the latest first."""
        doomed = PurgeItem.objects.filter(kind=kind, thing_id=OuterRef("pk"))
        model: Any = _MODELS[kind]
        rows: QuerySet[Any] = model.objects.filter(~Exists(doomed), repository=self.repository)
        rows = rows.filter(deleted_at__isnull=False)
        if self.before is not None:
            rows = rows.filter(deleted_at__lt=self.before)
        if kind is not Thing.EXPERIMENT:
            rows = rows.filter(experiment__deleted_at__isnull=True).select_related("experiment")
        return rows.select_related("deleted_by").order_by("-deleted_at", "-pk")

    def keys(self, kind: Thing) -> list[int]:
        """Keys of all things of a kind in it."""
        return list(self.things(kind).values_list("pk", flat=True))

    def counts(self) -> dict[Thing, int]:
        """How many things of each kind are in it."""
        return {kind: self.things(kind).count() for kind in Thing}


def in_trash_with_keys(repository: Repository, kind: Thing, keys: Sequence[int]) -> list[Any]:
    """Things with these keys in the trash of this repository; a key of another one is passed over."""
    if not keys:
        return []
    rows, wanted = Trash(repository).things(kind), set(keys)
    return [each for each in (rows.filter(pk__in=keys) if len(keys) <= FEW else rows) if each.pk in wanted]


def things_in_trash(repository: Repository, kind: Thing, keys: Sequence[int]) -> list[int]:
    """Those keys that are of things in the trash of this repository, each once."""
    if not keys:
        return []
    rows = Trash(repository).things(kind)
    found = set((rows.filter(pk__in=keys) if len(keys) <= FEW else rows).values_list("pk", flat=True))
    return [key for key in dict.fromkeys(keys) if key in found]


def needed_among(kind: Thing, keys: Sequence[int], wanted: Mapping[str, str]) -> dict[int, str]:
    """Which of the things need to stay, each with what needs it; `wanted` is what tracking.belongings.needed found.

    An experiment needs to stay when one of its runs or models does.
    """
    if not keys or not wanted:
        return {}
    ids, uuids = sql.among("uuid", list(wanted))
    column = "experiment_id" if kind is Thing.EXPERIMENT else "id"
    these, chosen = sql.among(column, list(keys))
    tables = {Thing.EXPERIMENT: ("run", "loggedmodel"), Thing.RUN: ("run",), Thing.MODEL: ("loggedmodel",)}[kind]
    found: dict[int, str] = {}
    for table in tables:
        rows = sql.rows(f"SELECT {column}, uuid FROM tracking_{table} WHERE {ids} AND {these}", (uuids, chosen))
        found.update({key: wanted[uuid] for key, uuid in rows})
    return found


def latest_purges(repository: Repository) -> list[Purge]:
    """Those that go on, and the few that ended last; the latest first."""
    purges = Purge.objects.filter(repository=repository).select_related("asked_by").order_by("-asked_at", "-pk")
    ended = list(purges.filter(finished_at__isnull=False)[:LATEST_PURGES])
    return [*purges.filter(finished_at__isnull=True), *ended]


def is_doomed(kind: Thing, key: int) -> bool:
    """Whether the thing with this key is being deleted for ever."""
    return PurgeItem.objects.filter(kind=kind, thing_id=key).exists()
