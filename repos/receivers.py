"""What this room does when it hears of itself: asks for webhooks to be called."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from jobs.services import enqueue
from repos.hook_events import is_told
from repos.models import Activity
from repos.selectors.webhooks import has_webhooks
from repos.services.hook_deliveries import CALL
from repos.signals import recorded


@receiver(recorded, dispatch_uid="repos.call_webhooks")
def on_recorded(activity: Activity, **_: Any) -> None:
    """Enqueue a job if anybody wants to be told."""
    repository = activity.repository
    if repository is not None and is_told(activity.verb) and has_webhooks(repository.pk, repository.owner_id):
        enqueue(CALL, activity.pk)
