"""Named views of runs tables, and changes of many runs at once with how far they are."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from repos.models import Repository
from tracking.models.experiments import Experiment

MAX_VIEW_NAME = 100
MAX_VIEW_QUERY = 20_000


class NamedView(models.Model):
    """The state of an experiment's runs table under a name: `query` is what follows the `?` of its address.

    `owner` is who made it. Others see it where it is shared; one shared view of an experiment may be its default.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="run_views", db_index=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="views", db_index=False)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    name = models.CharField(max_length=MAX_VIEW_NAME)
    query = models.TextField(blank=True, max_length=MAX_VIEW_QUERY)
    shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "name"], condition=Q(shared=True), name="tracking_view_shared_name"
            ),
            models.UniqueConstraint(
                fields=["experiment", "owner", "name"], condition=Q(shared=False), name="tracking_view_own_name"
            ),
            models.UniqueConstraint(
                fields=["experiment"], condition=Q(is_default=True), name="tracking_view_one_default"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(shared=True), name="tracking_view_default_is_shared"
            ),
        ]
        indexes = [
            models.Index(fields=["experiment", "name"], name="tracking_view_list"),
            models.Index(fields=["repository"], name="tracking_view_repository"),
        ]

    def __str__(self) -> str:
        return self.name


class Action(models.TextChoices):
    """What can be done to many runs at once."""

    TAG = "tag", "Tag"
    UNTAG = "untag", "Remove a tag"
    MOVE = "move", "Move"
    ARCHIVE = "archive", "Archive"
    UNARCHIVE = "unarchive", "Unarchive"
    DELETE = "delete", "Delete"
    RESTORE = "restore", "Restore"


class BulkChange(models.Model):
    """One change of many runs, chosen when it was asked for. `done` and `refused` grow as it goes on.

    `arguments`: key and value of a tag; experiment (its number) of a move. `reasons`: refusal in words → how many runs.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="bulk_changes", db_index=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="bulk_changes", db_index=False)
    action = models.CharField(max_length=9, choices=Action)
    arguments: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    reasons: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["experiment", "-asked_at"], name="tracking_bulk_recent")]

    def __str__(self) -> str:
        return f"{self.action} of {self.total} runs"

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.finished_at:
            return 100
        return min(99, 100 * (self.done + self.refused) // self.total) if self.total else 0


class BulkItem(models.Model):
    """A run that a change has yet to reach. No foreign key: a run that is gone meanwhile is passed over."""

    pk = models.CompositePrimaryKey("change", "run_id")
    change = models.ForeignKey(BulkChange, models.CASCADE, related_name="items", db_index=False)
    run_id = models.BigIntegerField(help_text="Key of the run")

    def __str__(self) -> str:
        return f"run {self.run_id}"
