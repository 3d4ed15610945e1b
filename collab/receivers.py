"""Answers the repos room when a branch got commits: their messages may name topics."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from collab.services.commit_references import wanted
from jobs.services import enqueue
from repos.models import Activity
from repos.signals import recorded


@receiver(recorded, dispatch_uid="collab-read-commits")
def read_commits(*, activity: Activity, **_: Any) -> None:
    """Have the messages read."""
    if activity.repository_id is not None and wanted(activity):
        enqueue("collab.read_commits", activity.pk, queue="git")
