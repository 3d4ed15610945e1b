"""Endpoints of language models that a team configures, and the trials of prompts against them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from accounts.models import User
from registry.models.registered import RegisteredModel
from repos.models import Repository

MAX_NAME = 63
MAX_URL = 2048
MAX_MODEL = 200
MAX_EXPERIMENT = 500


class ModelEndpoint(models.Model):
    """An API that speaks OpenAI's chat completions. Times are in milliseconds since 1970, prices per 1,000 tokens."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="model_endpoints", db_index=False)
    name = models.CharField(max_length=MAX_NAME)
    base_url = models.CharField(max_length=MAX_URL, help_text="What comes before /chat/completions")
    sealed_key = models.TextField(blank=True, help_text="By hub.lib.sealing; never shown again")
    default_model = models.CharField(max_length=MAX_MODEL, blank=True)
    offered = models.JSONField(default=list, blank=True, help_text="Names of models that are offered")
    max_tokens = models.PositiveIntegerField(default=1024, help_text="The most one call may ask for")
    calls_per_hour = models.PositiveIntegerField(default=60, help_text="Of one person")
    seconds = models.PositiveSmallIntegerField(default=60, help_text="How long one call may take")
    input_price = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    output_price = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="registry_endpoint_name")]

    def __str__(self) -> str:
        return self.name


class EndpointUse(models.Model):
    """How many calls somebody asked an endpoint for at a moment: what the limit of an hour is counted from."""

    endpoint = models.ForeignKey(ModelEndpoint, models.CASCADE, related_name="uses", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    calls = models.PositiveIntegerField()
    asked_at = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "user", "asked_at"], name="registry_use_recent"),
            models.Index(fields=["user"], name="registry_use_user"),
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls"


class PromptTrial(models.Model):
    """A prompt tried: each of its `columns` (a version and a model) with each of its `rows` (values of variables)."""

    model = models.ForeignKey(RegisteredModel, models.CASCADE, related_name="trials", db_index=False)
    number = models.PositiveIntegerField(help_text="Counted for each prompt")
    endpoint = models.ForeignKey(ModelEndpoint, models.SET_NULL, null=True, related_name="+", db_index=False)
    endpoint_name = models.CharField(max_length=MAX_NAME)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    user_name = models.CharField(max_length=150)
    columns = models.JSONField(help_text="List of {version, model, run_id}")
    rows = models.JSONField(help_text="List of {variable: value}")
    temperature = models.FloatField(null=True)
    max_tokens = models.PositiveIntegerField()
    experiment = models.PositiveIntegerField(help_text="The number of the experiment that keeps the runs")
    experiment_name = models.CharField(max_length=MAX_EXPERIMENT)
    error = models.TextField(blank=True, help_text="Why the results are not in a run")
    asked_at = models.BigIntegerField()
    finished_at = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="registry_trial_number")]
        indexes = [
            models.Index(fields=["endpoint"], name="registry_trial_endpoint"),
            models.Index(fields=["user"], name="registry_trial_user"),
        ]

    def __str__(self) -> str:
        return f"Trial {self.number}"

    @property
    def asked(self) -> datetime:
        """When it was asked for."""
        return datetime.fromtimestamp(self.asked_at / 1000, UTC)


class PromptCall(models.Model):
    """One call of a trial: column and row count from 0, milliseconds until the whole answer was there."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Under way"
        DONE = "done", "Answered"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"

    trial = models.ForeignKey(PromptTrial, models.CASCADE, related_name="calls", db_index=False)
    column = models.PositiveSmallIntegerField()
    row = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    output = models.TextField(blank=True)
    note = models.TextField(blank=True, help_text="What is to be known of the answer, or why there is none")
    milliseconds = models.PositiveIntegerField(null=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "column", "row"], name="registry_call_place")]

    def __str__(self) -> str:
        return f"Call {self.column}/{self.row} {self.state}"
