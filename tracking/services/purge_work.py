"""Carries purges out: small transactions one after another, with room for other writers between them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.utils import timezone

from accounts.actor import Actor
from jobs.services import enqueue
from repos.models import Repository
from repos.services import activity
from tracking import sql
from tracking.belongings import needed
from tracking.models import Purge, PurgeItem, Thing
from tracking.selectors.trash import needed_among
from tracking.services.purge_steps import Freed, purge_experiment, purge_model, purge_run

TASK = "tracking.purge"
HOLD = 0.05
"""Seconds after which a transaction ends, so that nobody waits longer to write."""
TURN = 240
"""Seconds that one job works before it makes room for others in the queue."""
_PURGE = {Thing.EXPERIMENT: purge_experiment, Thing.RUN: purge_run, Thing.MODEL: purge_model}


def work_on_purge(*, purge_id: int, seconds: float = TURN) -> bool:
    """The purge is further by what `seconds` allow; returns whether it is finished (or gone).

    May be stopped at any time and begun again, also by two workers at once: what is deleted and what is counted are
    kept in the same transaction.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.monotonic()
        if _batch(purge_id):
            return True
        time.sleep(min(time.monotonic() - started, 1))  # As long as it took: others get half of the time.
    return False


def continue_purge(*, purge_id: int) -> None:
    """Work on the purge for a while; ask for another turn if that was not enough."""
    if not work_on_purge(purge_id=purge_id):
        enqueue(TASK, purge_id)


def _batch(purge_id: int) -> bool:
    """One transaction; whether the purge is finished."""
    with sql.writing():
        purge = Purge.objects.select_for_update().filter(pk=purge_id, finished_at__isnull=True).first()
        if purge is None:
            return True
        _walk_indexes()
        until, freed = time.monotonic() + HOLD, Freed()
        done = True
        for step in _steps(purge):
            freed.add(step)
            if time.monotonic() > until:
                done = False
                break
        for name in freed.__slots__:
            setattr(purge, name, getattr(purge, name) + getattr(freed, name))
        if done:
            _finish(purge)
        purge.save()
    return done


def _walk_indexes() -> None:
    """Let PostgreSQL find rows by index in this transaction, however many of the table they are.

    Reading the table from its start would pass over all that was deleted before, again in every step.
    """
    if sql.is_postgres():
        sql.change("SET LOCAL enable_seqscan = off")
        sql.change("SET LOCAL enable_bitmapscan = off")


def _steps(purge: Purge) -> Iterator[Freed]:
    repository = Repository.objects.select_related("owner").get(pk=purge.repository_id)
    wanted: dict[str, str] | None = None
    while items := list(purge.items.order_by("-begun", "pk")[:200]):
        for item in items:
            kind = Thing(item.kind)
            if not item.begun:
                wanted = needed(repository) if wanted is None else wanted
                if _must_stay(kind, item.thing_id, wanted):
                    item.delete()
                    yield Freed(kept=1)
                    continue
                PurgeItem.objects.filter(pk=item.pk).update(begun=True)
            yield from _PURGE[kind](repository, item.thing_id)
            item.delete()


def _must_stay(kind: Thing, key: int, wanted: dict[str, str]) -> bool:
    """Whether a thing is out of the trash, or something needs its files, since the purge was asked for."""
    table = {Thing.EXPERIMENT: "experiment", Thing.RUN: "run", Thing.MODEL: "loggedmodel"}[kind]
    live = sql.row(f"SELECT 1 FROM tracking_{table} WHERE id = ? AND deleted_at IS NULL", (key,))
    return live is not None or bool(needed_among(kind, [key], wanted))


def _finish(purge: Purge) -> None:
    purge.finished_at = timezone.now()
    activity.record(
        actor=Actor(user=purge.asked_by),
        repository=purge.repository,
        verb="emptied the trash",
        subject=told(purge),
        data={name: getattr(purge, name) for name in Freed.__slots__},
    )


def told(purge: Purge) -> str:
    """What a purge has freed, in words: `1 experiment, 1,000 runs, 1,012,000 rows, 3 files`."""
    words = (
        (purge.experiments, "experiment"),
        (purge.runs, "run"),
        (purge.logged_models, "model"),
        (purge.rows, "row"),
        (purge.files, "file"),
    )
    return ", ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in words if count) or "nothing"
