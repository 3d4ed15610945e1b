"""Changes of many topics at once that run in the background."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from repos.models import Repository


class TopicChange(models.Model):
    """One change of many topics, chosen when it was asked for. `done` and `refused` grow as it goes on.

    `action` is what services.bulk takes apart (`add-label:12`), `topics` their keys in order, `reasons` refusals in
    words and how many topics each kept as they were.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="topic_changes")
    kind = models.CharField(max_length=10)
    action = models.CharField(max_length=40)
    words = models.CharField(max_length=200, help_text="The action as people read it")
    topics: models.JSONField[list[int], list[int]] = models.JSONField(default=list, blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    reasons: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.action} of {len(self.topics)} topics"

    @property
    def seen(self) -> int:
        """How many it has come to."""
        return self.done + self.refused
