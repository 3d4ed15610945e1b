"""Writes down what happened, inside the transaction in which it happens."""

from __future__ import annotations

from typing import Any

from accounts.actor import Actor
from accounts.models import Owner
from repos import signals
from repos.models import Activity, Repository


def record(
    *,
    actor: Actor,
    verb: str,
    repository: Repository | None = None,
    owner: Owner | None = None,
    subject: str = "",
    data: dict[str, Any] | None = None,
) -> Activity:
    """One row for feeds, notifications and webhooks: who did what (`verb`, past tense) to what (`subject`)."""
    row = Activity.objects.create(
        repository=repository,
        owner=owner or (repository.owner if repository else None),
        user=actor.user,
        verb=verb,
        subject=subject[:300],
        data=data or {},
    )
    signals.recorded.send(sender=Activity, activity=row)
    return row
