"""Answers the repos room when branches moved, checks spoke or something was recorded: pull requests are looked at."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from collab.models import PullRequest, Topic
from collab.services.auto_merge import TRY, want_auto_merges
from collab.services.pulls import LOOK
from jobs.services import enqueue
from repos.git.refs import RefUpdate
from repos.models import Activity, CommitStatus
from repos.signals import pushed, recorded, status_set

LOOKS = frozenset({"reopened pull request", "marked pull request ready"})
JUDGED = frozenset(
    {
        "approved pull request",
        "reviewed pull request",
        "dismissed review",
        "marked pull request ready",
        "closed pull request",
    }
)
MOST = 1000


@receiver(pushed, dispatch_uid="collab-look-at-pulls")
def look_at_pulls(*, repository_id: int, updates: list[RefUpdate], **_: Any) -> None:
    """Have the open pull requests from and into branches that moved looked at."""
    names = [update.branch for update in updates if update.branch]
    here = Q(repository_id=repository_id, base_branch__in=names[:MOST])
    there = Q(head_repository_id=repository_id, head_branch__in=names[:MOST])
    with transaction.atomic():
        rows = PullRequest.objects.filter(here | there, topic__state=Topic.State.OPEN)
        for key in rows.order_by("-pk").values_list("pk", flat=True)[:MOST]:
            enqueue(LOOK, key, queue="git")


@receiver(status_set, dispatch_uid="collab-auto-merge-on-status")
def merge_on_status(*, status: CommitStatus, **_: Any) -> None:
    """Try the merges that may have waited for this check."""
    want_auto_merges(status.repository_id, status.commit)


@receiver(recorded, dispatch_uid="collab-auto-merge-on-review")
def follow_activity(*, activity: Activity, **_: Any) -> None:
    """Look again at what was opened again; try the merges that waited for a review, end those of what was closed."""
    if activity.verb in LOOKS:
        enqueue(LOOK, activity.data["topic"], queue="git")
    if (
        activity.verb in JUDGED
        and PullRequest.objects.filter(pk=activity.data["topic"]).exclude(auto_method="").exists()
    ):
        enqueue(TRY, activity.data["topic"], queue="git")
