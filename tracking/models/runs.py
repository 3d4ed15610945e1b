"""Runs with their parameters and tags."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Substr

from accounts.models import User
from repos.models import Repository
from tracking.models.experiments import Experiment, moment

MAX_KEY = 250


class RunStatus(models.TextChoices):
    """The states of a run, spelt as in the protocol."""

    RUNNING = "RUNNING", "Running"
    SCHEDULED = "SCHEDULED", "Scheduled"
    FINISHED = "FINISHED", "Finished"
    FAILED = "FAILED", "Failed"
    KILLED = "KILLED", "Killed"


class Run(models.Model):
    """One execution. `uuid` is the run id that clients see; times are in milliseconds since 1970, 0 = unknown."""

    # The same as experiment.repository: saves a join wherever a run is looked up by its id.
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="runs", db_index=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="runs", db_index=False)
    uuid = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=8000)
    status = models.CharField(max_length=9, choices=RunStatus, default=RunStatus.RUNNING)
    user_name = models.CharField(max_length=256, blank=True, help_text="As the client gave it")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    start_time = models.BigIntegerField(default=0)
    end_time = models.BigIntegerField(null=True, blank=True)
    deleted_at = models.BigIntegerField(null=True, blank=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    archived_at = models.BigIntegerField(null=True, blank=True, help_text="Out of sight in tables, found by clients")

    class Meta:
        # Few on purpose: each is another page to write for every new run.
        indexes = [
            models.Index(fields=["experiment", "-start_time", "uuid", "deleted_at"], name="tracking_run_recent"),
            models.Index(fields=["repository", "-start_time"], name="tracking_run_repository"),
            # Holds the trash alone: a run that is not deleted costs nothing here.
            models.Index(
                fields=["repository", "deleted_at"], condition=Q(deleted_at__isnull=False), name="tracking_run_trash"
            ),
            models.Index(
                fields=["experiment", "archived_at"],
                condition=Q(archived_at__isnull=False),
                name="tracking_run_archive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_deleted(self) -> bool:
        """In the trash; it can be restored."""
        return self.deleted_at is not None

    @property
    def is_archived(self) -> bool:
        """Left out of tables unless somebody asks for it; clients find it as before."""
        return self.archived_at is not None

    @property
    def lifecycle_stage(self) -> str:
        """`active` or `deleted`, as the protocol says it."""
        return "active" if self.deleted_at is None else "deleted"

    @property
    def started(self) -> datetime | None:
        """When it started, or None when the client did not say."""
        return moment(self.start_time) if self.start_time else None

    @property
    def ended(self) -> datetime | None:
        """When it ended, or None while it goes on."""
        return moment(self.end_time) if self.end_time else None

    @property
    def deleted(self) -> datetime | None:
        """When it was put into the trash."""
        return moment(self.deleted_at)

    @property
    def duration(self) -> timedelta | None:
        """From start to end, or None while it goes on."""
        if not self.start_time or not self.end_time:
            return None
        return timedelta(milliseconds=max(0, self.end_time - self.start_time))


class Param(models.Model):
    """A parameter of a run; it never changes once logged."""

    pk = models.CompositePrimaryKey("run", "key")
    run = models.ForeignKey(Run, models.CASCADE, related_name="params", db_index=False)
    key = models.CharField(max_length=MAX_KEY)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class RunTag(models.Model):
    """A word about a run; the last one written holds."""

    pk = models.CompositePrimaryKey("run", "key")
    run = models.ForeignKey(Run, models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=MAX_KEY)
    value = models.TextField(blank=True)

    class Meta:
        # Who is nested in a run: holds the tags of nested runs alone. A tag may be longer than an index can take.
        indexes = [
            models.Index(Substr("value", 1, 32), condition=Q(key="mlflow.parentRunId"), name="tracking_runtag_parent"),
            # The runs of a commit.
            models.Index(
                Substr("value", 1, 64), condition=Q(key="mlflow.source.git.commit"), name="tracking_runtag_commit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
