"""One row per piece of background work."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Job(models.Model):
    """Work that somebody asked for: what (`task`), about which row (`object_id`), and how it stands."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    task = models.CharField(max_length=100)
    object_id = models.BigIntegerField(default=0)
    queue = models.CharField(max_length=20, default="default")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="jobs_job_due"),
            models.Index(fields=["task", "object_id", "state"], name="jobs_job_about"),
        ]

    def __str__(self) -> str:
        return f"{self.task}({self.object_id}) {self.state}"
