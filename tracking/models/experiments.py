"""Experiments: named groups of runs, numbered from 0 in each repository."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q

from accounts.models import User
from repos.models import Repository

ARTIFACT_SCHEME = "mlflow-artifacts:/"
MAX_NAME = 500
MAX_LOCATION = 2048


def moment(milliseconds: int | None) -> datetime | None:
    """A time as the protocol counts it (milliseconds since 1970) → datetime in UTC; None stays None."""
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None  # A client may claim any 64-bit number; the calendar ends in the year 9999.


class Space(models.Model):
    """What a repository's tracking keeps once: the next experiment number. Numbers are never used twice."""

    repository = models.OneToOneField(Repository, models.CASCADE, primary_key=True, related_name="tracking_space")
    next_experiment = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"tracking of repository {self.repository_id}"


class Experiment(models.Model):
    """A group of runs. `number` is the experiment id that clients see; times are in milliseconds since 1970."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="experiments", db_index=False)
    number = models.BigIntegerField()
    name = models.CharField(max_length=MAX_NAME)
    artifact_location = models.CharField(max_length=MAX_LOCATION)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()
    deleted_at = models.BigIntegerField(null=True, blank=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    # Kept by the services in the transaction that changes a run, so that no page counts runs.
    active_runs = models.PositiveIntegerField(default=0)
    deleted_runs = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "number"], name="tracking_experiment_number"),
            # What is in the trash does not keep its name from others.
            models.UniqueConstraint(
                fields=["repository", "name"],
                condition=Q(deleted_at__isnull=True),
                name="tracking_experiment_live_name",
            ),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_deleted(self) -> bool:
        """In the trash; it and its runs can be restored."""
        return self.deleted_at is not None

    @property
    def lifecycle_stage(self) -> str:
        """`active` or `deleted`, as the protocol says it."""
        return "active" if self.deleted_at is None else "deleted"

    @property
    def deleted(self) -> datetime | None:
        """When it was put into the trash."""
        return moment(self.deleted_at)

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return moment(self.created_at)

    @property
    def updated(self) -> datetime | None:
        """When it was last renamed, deleted or restored."""
        return moment(self.updated_at)


class ExperimentTag(models.Model):
    """A word about an experiment."""

    pk = models.CompositePrimaryKey("experiment", "key")
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=250)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
