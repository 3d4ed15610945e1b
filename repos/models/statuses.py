"""What outside programs and the hub itself say about a commit: checks passed, failed, still going."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User
from repos.models.repositories import Repository


class CommitStatus(models.Model):
    """One word about one commit by one check (`context`); a later row of the same context replaces an earlier one."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SUCCESS = "success", "Success"
        FAILURE = "failure", "Failure"
        ERROR = "error", "Error"
        WARNING = "warning", "Warning"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="commit_statuses", db_index=False)
    commit = models.CharField(max_length=40, help_text="The whole id")
    context = models.CharField(max_length=255, default="default")
    state = models.CharField(max_length=7, choices=State)
    description = models.CharField(max_length=300, blank=True)
    target_url = models.CharField(max_length=2048, blank=True)
    creator = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="commit_statuses")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["repository", "commit", "context", "-id"], name="repos_status_latest")]
        ordering = ["-id"]
        verbose_name_plural = "commit statuses"

    def __str__(self) -> str:
        return f"{self.context} {self.state} on {self.commit[:10]}"
