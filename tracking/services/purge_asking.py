"""Asks for deletions for ever: of things chosen in the trash, of all of it, or of what has lain there long enough."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils import timezone

from accounts.actor import Actor
from hub.lib.errors import Conflict
from jobs.services import enqueue
from repos.models import Repository
from tracking import sql
from tracking.belongings import needed
from tracking.models import Purge, Thing
from tracking.selectors.trash import Trash, needed_among, things_in_trash
from tracking.services.purge_work import TASK

Chosen = Mapping[Thing, Sequence[int]]


def ask_purge(*, repository: Repository, chosen: Chosen, actor: Actor | None = None) -> Purge:
    """The things in the trash with these keys wait to be deleted for ever; none of them can be restored any more.

    What is not in the trash, is being purged already, or is needed by a room above, is left out. Raises Conflict
    when nothing is left.
    """
    with sql.writing():
        purge = Purge.objects.create(repository=repository, asked_by=actor.user if actor else None)
        wanted = needed(repository)
        for kind, keys in chosen.items():
            here = things_in_trash(repository, kind, keys)
            stays = needed_among(kind, here, wanted)
            sql.insert(
                "INSERT INTO tracking_purgeitem (purge_id, kind, thing_id, begun)",
                [(purge.pk, kind.value, key, False) for key in here if key not in stays],
                "ON CONFLICT DO NOTHING",
            )
        purge.total = _things(purge)
        if not purge.total:
            raise Conflict(
                "Nothing of that can be deleted for ever.",
                next_step="Somebody has restored or deleted it, or a registered model needs it.",
            )
        purge.save(update_fields=["total"])
        enqueue(TASK, purge.pk)
    return purge


def _things(purge: Purge) -> int:
    """Experiments, runs and models that will go: those asked for, and those inside of experiments."""
    inside = "(SELECT thing_id FROM tracking_purgeitem WHERE purge_id = ? AND kind = 'experiment')"
    found = sql.row(
        "SELECT (SELECT count(*) FROM tracking_purgeitem WHERE purge_id = ?)"
        f" + (SELECT count(*) FROM tracking_run WHERE experiment_id IN {inside})"
        f" + (SELECT count(*) FROM tracking_loggedmodel WHERE experiment_id IN {inside})",
        (purge.pk, purge.pk, purge.pk),
    )
    return int(found[0]) if found else 0


def ask_purge_of_trash(
    *, repository: Repository, before: dt.datetime | None = None, actor: Actor | None = None
) -> Purge | None:
    """All of the repository's trash, or what was deleted earlier than `before`, waits to be deleted for ever.

    None when there is nothing to delete.
    """
    latest = None if before is None else int(before.timestamp() * 1000)
    trash = Trash(repository, latest)
    chosen = {kind: trash.keys(kind) for kind in Thing}
    try:
        return ask_purge(repository=repository, chosen=chosen, actor=actor) if any(chosen.values()) else None
    except Conflict:
        return None


def ask_purges_of_expired() -> list[Purge]:
    """What has been in a trash for longer than HUB_TRASH_DAYS waits to be deleted for ever, in all repositories."""
    if not settings.TRASH_DAYS:
        return []
    before = timezone.now() - dt.timedelta(days=settings.TRASH_DAYS)
    asked = [ask_purge_of_trash(repository=each, before=before) for each in repositories_with_trash()]
    return [purge for purge in asked if purge is not None]


def repositories_with_trash() -> list[Repository]:
    """Repositories with anything in their trash."""
    keys: set[int] = set()
    for table in ("experiment", "run", "loggedmodel"):
        rows = sql.rows(f"SELECT DISTINCT repository_id FROM tracking_{table} WHERE deleted_at IS NOT NULL")
        keys.update(row[0] for row in rows)
    return list(Repository.objects.select_related("owner").filter(pk__in=keys).order_by("pk"))
