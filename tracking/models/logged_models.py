"""Logged models: what `log_model` of MLflow 3 creates, with parameters, tags and metrics of their own."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import User
from repos.models import Repository
from tracking.models.experiments import Experiment, moment
from tracking.models.metrics import MetricKey
from tracking.models.runs import MAX_KEY, Run


class ModelStatus(models.TextChoices):
    """How far the upload of a model got."""

    PENDING = "PENDING", "Pending"
    READY = "READY", "Ready"
    FAILED = "FAILED", "Failed"


class LoggedModel(models.Model):
    """A model that a run logged. `uuid` (`m-` and 32 hex digits) is the id that clients see."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="logged_models", db_index=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="logged_models", db_index=False)
    uuid = models.CharField(max_length=34, unique=True)
    name = models.CharField(max_length=500)
    model_type = models.CharField(max_length=500, blank=True)
    source_run_id = models.CharField(max_length=32, blank=True, help_text="Run id as clients see it")
    status = models.CharField(max_length=7, choices=ModelStatus, default=ModelStatus.PENDING)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()
    deleted_at = models.BigIntegerField(null=True, blank=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        indexes = [
            models.Index(fields=["experiment", "-created_at", "uuid"], name="tracking_loggedmodel_recent"),
            models.Index(fields=["repository", "-created_at"], name="tracking_loggedmodel_repo"),
            models.Index(fields=["source_run_id"], name="tracking_loggedmodel_run"),
            models.Index(
                fields=["repository", "deleted_at"],
                condition=Q(deleted_at__isnull=False),
                name="tracking_loggedmodel_trash",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def deleted(self) -> datetime | None:
        """When it was put into the trash."""
        return moment(self.deleted_at)

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return moment(self.created_at)


class LoggedModelParam(models.Model):
    """A parameter of a logged model; it never changes."""

    pk = models.CompositePrimaryKey("model", "key")
    model = models.ForeignKey(LoggedModel, models.CASCADE, related_name="params", db_index=False)
    key = models.CharField(max_length=MAX_KEY)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class LoggedModelTag(models.Model):
    """A word about a logged model."""

    pk = models.CompositePrimaryKey("model", "key")
    model = models.ForeignKey(LoggedModel, models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=MAX_KEY)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class LoggedModelMetric(models.Model):
    """A metric point that a run logged about a model, perhaps on a named dataset."""

    pk = models.CompositePrimaryKey("model", "key", "run", "timestamp", "step")
    model = models.ForeignKey(LoggedModel, models.CASCADE, related_name="metrics", db_index=False)
    key = models.ForeignKey(MetricKey, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    timestamp = models.BigIntegerField()
    step = models.BigIntegerField()
    value = models.FloatField()
    is_nan = models.BooleanField()
    dataset_name = models.CharField(max_length=500, blank=True)
    dataset_digest = models.CharField(max_length=36, blank=True)

    class Meta:
        indexes = [models.Index(fields=["key"], name="tracking_modelmetric_key")]

    def __str__(self) -> str:
        return f"{self.step}: {'nan' if self.is_nan else self.value}"
