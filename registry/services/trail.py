"""Writes the trail of models: every change, who made it and by which door, in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from accounts.actor import Actor
from registry.models import Door, ModelEvent, RegisteredModel
from repos.models import Repository
from repos.services import activity

MOST_TEXT = 4000
"""Of a longer description or tag the trail keeps the beginning, and how long it was (in characters)."""


def note(
    *,
    repository: Repository,
    model: RegisteredModel | None,
    verb: str,
    actor: Actor,
    door: Door,
    version: int | None = None,
    subject: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """One row of the trail; with `subject` one for feeds, too. Without a model it is about the whole repository."""
    ModelEvent.objects.create(
        repository=repository,
        model_key=model.pk if model else None,
        model_name=model.name if model else "",
        version=version,
        verb=verb,
        data=dict(data or {}),
        user=actor.user,
        user_name=actor.name,
        door=door,
        done_at=datetime.now(UTC),
    )
    if subject:
        about = {"model": model.name, "model_id": model.pk} if model else {}
        if version is not None:
            about["version"] = version
        activity.record(actor=actor, repository=repository, verb=verb, subject=subject, data={**about, **(data or {})})


def kept(text: str | None) -> str | None:
    """A text as the trail keeps it: the beginning of a long one."""
    if text is None or len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}… ({len(text)} characters)"
