"""Decides when a repository is maintained, and keeps its rows true to the disk."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from jobs.services import enqueue
from repos.git import maintenance as engine
from repos.models import Repository
from repos.paths import git_dir
from repos.services.pushes import apply, look

AGAIN_AFTER = dt.timedelta(minutes=10)
QUIET_FOR = dt.timedelta(hours=1)
MOST_AT_ONCE = 200


def maintain_repository(repository_id: int) -> None:
    """Pack, index and measure one repository; nothing happens when it is gone.

    When another worker is at it, the work is asked for again in ten minutes. Raises GitError when git fails.
    """
    repository = Repository.objects.filter(pk=repository_id).first()
    if repository is None or not git_dir(repository).is_dir():
        return
    try:
        engine.maintain(git_dir(repository))
    except engine.Busy:
        enqueue("repos.maintain", repository.pk, queue="git", delay=AGAIN_AFTER.total_seconds())
        return
    disk = look(git_dir(repository))
    with transaction.atomic():
        apply(repository=repository, disk=disk)
        # Pushes that came meanwhile stay counted.
        Repository.objects.filter(pk=repository.pk).update(
            pushes_since_maintenance=F("pushes_since_maintenance") - repository.pushes_since_maintenance
        )


def maintain_stale() -> int:
    """Ask for maintenance of repositories that were pushed to and are quiet now; returns how many.

    A few pushes leave a repository as slow as many do, so nobody has to wait for the count.
    """
    quiet = Q(pushed_at__lt=timezone.now() - QUIET_FOR)
    waiting = Repository.objects.filter(quiet, pushes_since_maintenance__gt=0).order_by("pushed_at")
    with transaction.atomic():
        chosen = list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE])
        for repository_id in chosen:
            enqueue("repos.maintain", repository_id, queue="git")
    return len(chosen)
