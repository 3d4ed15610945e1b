"""Versions of registered models, their tags, and the aliases that point at them."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import User
from registry.models.registered import MAX_TAG_KEY, MAX_USER_NAME, RegisteredModel
from tracking.models.experiments import moment

MAX_ALIAS = 255
MAX_ID = 256


class Stage(models.TextChoices):
    """How far a version has come, spelt as in the protocol."""

    NONE = "None", "None"
    STAGING = "Staging", "Staging"
    PRODUCTION = "Production", "Production"
    ARCHIVED = "Archived", "Archived"


class ModelVersion(models.Model):
    """One version. Deleted ones stay as rows nobody is shown. Times are in milliseconds since 1970.

    Run and logged model are kept as the ids that clients see, not as foreign keys: a version outlives its run, may
    name a run of another server, and tracking deletes runs in bulk without knowing of the rooms above it.
    """

    model = models.ForeignKey(RegisteredModel, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    source = models.TextField(help_text="Where the client said the files lie")
    storage_location = models.TextField(help_text="Where they do lie: sources that name models are resolved")
    run_uuid = models.CharField(max_length=MAX_ID, blank=True)
    logged_model_uuid = models.CharField(max_length=MAX_ID, blank=True)
    run_link = models.TextField(blank=True)
    description = models.TextField(blank=True)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.NONE)
    user_name = models.CharField(max_length=MAX_USER_NAME, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()
    deleted_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="registry_version_number"),
        ]
        indexes = [
            models.Index(
                fields=["model", "stage", "-number"],
                condition=Q(deleted_at__isnull=True),
                name="registry_version_latest",
            ),
            models.Index(fields=["run_uuid"], condition=~Q(run_uuid=""), name="registry_version_run"),
            models.Index(
                fields=["logged_model_uuid"], condition=~Q(logged_model_uuid=""), name="registry_version_logged_model"
            ),
            models.Index(fields=["created_by"], name="registry_version_created_by"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.model} v{self.number}"

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return moment(self.created_at)

    @property
    def updated(self) -> datetime | None:
        """When its description or stage last changed."""
        return moment(self.updated_at)


class ModelVersionTag(models.Model):
    """A word about a version; the text of a prompt is one, too."""

    pk = models.CompositePrimaryKey("version", "key")
    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=MAX_TAG_KEY)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class ModelAlias(models.Model):
    """A movable name for one version of a model."""

    model = models.ForeignKey(RegisteredModel, models.CASCADE, related_name="aliases", db_index=False)
    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=MAX_ALIAS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "name"], name="registry_alias_name")]
        verbose_name_plural = "model aliases"

    def __str__(self) -> str:
        return self.name
