"""Registered models: names under which versions of a model (or of a prompt) are kept."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from accounts.models import User
from repos.models import Repository
from tracking.models.experiments import moment

MAX_NAME = 256
MAX_TAG_KEY = 250
MAX_USER_NAME = 256


class RegisteredModel(models.Model):
    """A name with numbered versions. Times are in milliseconds since 1970."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="registered_models", db_index=False)
    name = models.CharField(max_length=MAX_NAME)
    description = models.TextField(blank=True)
    # Kept in step with the tag that marks a prompt, so that lists tell models from prompts without a join.
    is_prompt = models.BooleanField(default=False)
    last_version = models.PositiveIntegerField(default=0, help_text="The highest number ever given; never used twice")
    user_name = models.CharField(max_length=MAX_USER_NAME, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "name"], name="registry_model_name"),
        ]
        indexes = [
            models.Index(fields=["repository", "-updated_at"], name="registry_model_recent"),
            models.Index(fields=["created_by"], name="registry_model_created_by"),
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return moment(self.created_at)

    @property
    def updated(self) -> datetime | None:
        """When it, or the list of its versions, last changed."""
        return moment(self.updated_at)


class RegisteredModelTag(models.Model):
    """A word about a registered model; the last one written holds."""

    pk = models.CompositePrimaryKey("model", "key")
    model = models.ForeignKey(RegisteredModel, models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=MAX_TAG_KEY)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
