"""Asks for background work, runs it, and sends again what was lost on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from hub.lib.errors import Conflict, HubError
from jobs.models import Job

log = structlog.get_logger()

MOST_ATTEMPTS = 5
LEASE = dt.timedelta(minutes=30)
KEEP_DONE = dt.timedelta(days=7)


def enqueue(task: str, object_id: int = 0, *, queue: str = "default", delay: float = 0) -> Job:
    """Write a job in the caller's transaction; the message leaves when that commits.

    `delay` is in seconds. A job about the same object that is still waiting is returned in place of a second one.
    """
    waiting = Job.objects.filter(task=task, object_id=object_id, state=Job.State.WAITING).first()
    if waiting is not None:
        return waiting
    job = Job.objects.create(
        task=task, object_id=object_id, queue=queue, due_at=timezone.now() + dt.timedelta(seconds=delay)
    )
    transaction.on_commit(lambda: send(job, countdown=delay))
    return job


def send(job: Job, *, countdown: float = 0) -> None:
    """Tell the workers to look at a row. A broker that does not answer is no loss: the sweep sends it again."""
    try:
        current_app.send_task(job.task, args=[job.pk], queue=job.queue, countdown=countdown or None)
    except Exception as error:  # Any broker failure, of whatever client library, has the same answer.
        log.warning("job_not_sent", job=job.pk, task=job.task, error=type(error).__name__)


def run(job_id: int, work: Callable[[int], object]) -> None:
    """Take a waiting job, do it, and write down how it ended; failed ones are tried again with growing pauses.

    Does nothing when the job is gone, done, or held by another worker.
    """
    now = timezone.now()
    mine = Job.objects.filter(pk=job_id, state=Job.State.WAITING).update(
        state=Job.State.RUNNING, started_at=now, attempts=F("attempts") + 1
    )
    if not mine:
        return
    job = Job.objects.get(pk=job_id)
    try:
        work(job.object_id)
    except Exception as error:  # The row keeps the reason, whatever it was, and decides on another try.
        log.exception("job_failed", job=job.pk, task=job.task, attempt=job.attempts)
        _note_failure(job, error)
    else:
        Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, finished_at=timezone.now(), error="")


def _note_failure(job: Job, error: Exception) -> None:
    final = isinstance(error, HubError) or job.attempts >= MOST_ATTEMPTS
    pause = dt.timedelta(seconds=15 * 4 ** (job.attempts - 1))
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.FAILED if final else Job.State.WAITING,
        finished_at=timezone.now() if final else None,
        due_at=timezone.now() + pause,
        error=f"{type(error).__name__}: {error}"[:2000],
    )


def sweep() -> int:
    """Send again what is overdue, free what a dead worker held, forget what is long done; how many were sent."""
    now = timezone.now()
    Job.objects.filter(state=Job.State.RUNNING, started_at__lt=now - LEASE, attempts__lt=MOST_ATTEMPTS).update(
        state=Job.State.WAITING, due_at=now
    )
    Job.objects.filter(state=Job.State.RUNNING, started_at__lt=now - LEASE).update(
        state=Job.State.FAILED, finished_at=now, error="The worker stopped in the middle, several times."
    )
    Job.objects.filter(Q(state=Job.State.DONE), finished_at__lt=now - KEEP_DONE).delete()
    overdue = list(Job.objects.filter(state=Job.State.WAITING, due_at__lt=now - dt.timedelta(seconds=20))[:500])
    for job in overdue:
        send(job)
    return len(overdue)


def retry(*, job: Job) -> Job:
    """A failed job waits again, with all its attempts before it; raises Conflict when it has not failed."""
    with transaction.atomic():
        changed = Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
            state=Job.State.WAITING, attempts=0, due_at=timezone.now(), finished_at=None
        )
        if not changed:
            raise Conflict("Only a failed job can be tried again.", next_step="Reload the page.")
        job.refresh_from_db()
        transaction.on_commit(lambda: send(job))
    return job
