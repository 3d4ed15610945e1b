"""Traces with their tags and metadata, and what they are linked to."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from repos.models import Repository
from tracking.models import Experiment
from tracking.models.experiments import moment

MAX_TRACE_ID = 250
MAX_KEY = 250


class TraceState(models.TextChoices):
    """The states of a trace, spelt as in the protocol."""

    IN_PROGRESS = "IN_PROGRESS", "In progress"
    OK = "OK", "OK"
    ERROR = "ERROR", "Error"
    STATE_UNSPECIFIED = "STATE_UNSPECIFIED", "Unknown"


class Trace(models.Model):
    """One call of a program, seen from outside. `trace_id` is the id that clients see; times are in milliseconds.

    Spans and the description of the trace arrive in any order. `finalized`: the description came, and its times hold.
    `has_spans`: at least one span is kept here. The experiment is no database constraint: tracking deletes
    experiments in bulk without knowing of the rooms above it.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="traces", db_index=False)
    experiment = models.ForeignKey(
        Experiment, models.CASCADE, related_name="traces", db_index=False, db_constraint=False
    )
    trace_id = models.CharField(max_length=MAX_TRACE_ID)
    request_time = models.BigIntegerField()
    duration = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=17, choices=TraceState, default=TraceState.IN_PROGRESS)
    client_request_id = models.TextField(null=True, blank=True)
    request_preview = models.TextField(null=True, blank=True)
    response_preview = models.TextField(null=True, blank=True)
    finalized = models.BooleanField(default=False)
    has_spans = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "trace_id"], name="tracing_trace_id")]
        indexes = [models.Index(fields=["experiment", "-request_time", "trace_id"], name="tracing_trace_recent")]

    def __str__(self) -> str:
        return self.trace_id

    @property
    def started(self) -> datetime | None:
        """When it started."""
        return moment(self.request_time)


class TraceTag(models.Model):
    """A word about a trace that may change. The tag `mlflow.traceName` is its name."""

    pk = models.CompositePrimaryKey("trace", "key")
    trace = models.ForeignKey(Trace, models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=MAX_KEY)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class TraceMetadata(models.Model):
    """A word about a trace that its maker wrote and nobody changes later."""

    pk = models.CompositePrimaryKey("trace", "key")
    trace = models.ForeignKey(Trace, models.CASCADE, related_name="metadata", db_index=False)
    key = models.CharField(max_length=MAX_KEY)
    value = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "trace metadata"

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class TraceRunLink(models.Model):
    """A run that a trace belongs to without saying so itself, by the run id that clients see."""

    pk = models.CompositePrimaryKey("trace", "run_uuid")
    trace = models.ForeignKey(Trace, models.CASCADE, related_name="run_links", db_index=False)
    run_uuid = models.CharField(max_length=256)

    class Meta:
        indexes = [models.Index(fields=["run_uuid"], name="tracing_runlink_run")]

    def __str__(self) -> str:
        return f"{self.trace_id} → run {self.run_uuid}"


class TracePrompt(models.Model):
    """A version of a prompt that a trace used, by name and number."""

    pk = models.CompositePrimaryKey("trace", "name", "version")
    trace = models.ForeignKey(Trace, models.CASCADE, related_name="prompts", db_index=False)
    name = models.CharField(max_length=256)
    version = models.CharField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["name", "version"], name="tracing_prompt_version")]

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"
