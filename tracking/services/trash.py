"""What guards the trash: live experiments have names of their own, and what is being purged stays where it is."""

from __future__ import annotations

from hub.lib.errors import Conflict
from repos.models import Repository
from tracking import sql
from tracking.models import Thing
from tracking.rules import InvalidState


def keep_names_apart(repository: Repository, name: str, experiment: int, *, field: str) -> None:
    """Raises Conflict, naming the other, when another live experiment of the repository has this name."""
    other = sql.row(
        "SELECT number FROM tracking_experiment "
        "WHERE repository_id = ? AND name = ? AND deleted_at IS NULL AND id <> ?",
        (repository.pk, name, experiment),
    )
    if other is not None:
        raise Conflict(
            f"Experiment(name={name}) already exists. It has the id {other[0]}.",
            field=field,
            next_step="Choose another name.",
        )


def refuse_doomed(kind: Thing, key: int) -> None:
    """Raises InvalidState when the thing with this key is being deleted for ever, or waits for it."""
    if sql.row("SELECT 1 FROM tracking_purgeitem WHERE kind = ? AND thing_id = ?", (kind.value, key)):
        raise InvalidState(f"The {kind.label.lower()} is being deleted for ever and cannot be restored.")
