"""Answers the repos room when a pull request has a new head or base: its metric gates are to be checked."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from collab.services.gates import CHECK
from jobs.services import enqueue
from repos.models import Activity
from repos.signals import recorded

NEW_HEADS = frozenset({"opened pull request", "reopened pull request", "pushed to pull request"})


@receiver(recorded, dispatch_uid="collab-check-gates")
def check_gates_of_new_heads(*, activity: Activity, **_: Any) -> None:
    """Have the gates say what they wait for, so that a required check is there from the beginning."""
    is_new = activity.verb in NEW_HEADS or (activity.verb == "edited pull request" and "base" in activity.data)
    if is_new and activity.repository is not None and activity.repository.metric_gates.exists():
        enqueue(CHECK, activity.data["topic"])
