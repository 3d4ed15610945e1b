"""Answers the repos room when something was written down: it may concern inboxes."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from collab.verbs import is_news
from jobs.services import enqueue
from repos.models import Activity
from repos.signals import recorded


@receiver(recorded, dispatch_uid="collab-notify")
def tell_inboxes(*, activity: Activity, **_: Any) -> None:
    """Have those told whom it concerns."""
    if activity.repository_id is not None and is_news(activity.verb):
        enqueue("collab.notify", activity.pk)
