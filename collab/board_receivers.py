"""Listens for topics that are closed or opened again, so that their cards follow on boards."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from collab.models import BoardCard
from jobs.services import enqueue
from repos.models import Activity
from repos.signals import recorded

VERBS = {
    f"{word} {kind}" for word in ("closed", "reopened", "merged") for kind in ("issue", "pull request")
}  # fmt: skip


@receiver(recorded, dispatch_uid="collab.boards")
def follow(activity: Activity, **_: Any) -> None:
    """A topic with cards was closed or opened: ask for them to be moved."""
    if activity.verb in VERBS and BoardCard.objects.filter(topic=activity.data.get("topic")).exists():
        enqueue("collab.follow_boards", int(activity.data["topic"]))
