"""Deletions for ever: what was asked for, how far they are, and what they have freed."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

from accounts.models import User
from repos.models import Repository


class Thing(models.TextChoices):
    """What can lie in the trash."""

    EXPERIMENT = "experiment", "Experiment"
    RUN = "run", "Run"
    MODEL = "model", "Logged model"


class Purge(models.Model):
    """Things of one repository's trash that are deleted for ever. Counts grow as it goes on; `size` is in bytes.

    `asked_by` is empty when the hub did it by itself, after the days that things are kept in the trash.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="purges", db_index=False)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0, help_text="Experiments, runs and models at the start")
    experiments = models.PositiveIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)
    logged_models = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0, help_text="Things that were needed, or restored, meanwhile")
    points = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    files = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["repository", "-asked_at"], name="tracking_purge_recent")]

    def __str__(self) -> str:
        return f"purge {self.pk} of repository {self.repository_id}"

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.finished_at:
            return 100
        done = self.experiments + self.runs + self.logged_models
        return min(99, 100 * done // self.total) if self.total else 0

    @property
    def duration(self) -> timedelta | None:
        """From asking to the end, or None while it goes on."""
        return self.finished_at - self.asked_at if self.finished_at else None


class PurgeItem(models.Model):
    """One thing that a purge has yet to delete. While this row is there, the thing cannot be restored.

    `begun`: some of it is gone already, so that nothing stops the rest.
    """

    purge = models.ForeignKey(Purge, models.CASCADE, related_name="items")
    kind = models.CharField(max_length=10, choices=Thing)
    thing_id = models.BigIntegerField(help_text="Key of the experiment, run or logged model")
    begun = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "thing_id"], name="tracking_purgeitem_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing_id}"
