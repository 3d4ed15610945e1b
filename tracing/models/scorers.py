"""Scorers: functions that judge traces, kept as text, in numbered versions."""

from __future__ import annotations

from django.db import models

from repos.models import Repository
from tracking.models import Experiment


class Scorer(models.Model):
    """A scorer of an experiment by name. Version numbers are never used twice while it exists."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="scorers", db_index=False)
    experiment = models.ForeignKey(
        Experiment, models.CASCADE, related_name="scorers", db_index=False, db_constraint=False
    )
    name = models.CharField(max_length=256)
    scorer_id = models.CharField(max_length=36, unique=True)
    last_version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "name"], name="tracing_scorer_name")]
        indexes = [models.Index(fields=["repository"], name="tracing_scorer_repository")]

    def __str__(self) -> str:
        return self.name


class ScorerVersion(models.Model):
    """What a scorer was at one time: JSON that only clients understand. `created_at` in ms since 1970."""

    pk = models.CompositePrimaryKey("scorer", "number")
    scorer = models.ForeignKey(Scorer, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    serialized = models.TextField()
    created_at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"version {self.number}"


class OnlineConfig(models.Model):
    """How a scorer is to judge new traces: the share of them (0 to 1), and a filter that they must match.

    It is kept for programs that judge; the hub itself runs no scorers.
    """

    scorer = models.OneToOneField(Scorer, models.CASCADE, primary_key=True, related_name="online_config")
    config_id = models.CharField(max_length=32)
    sample_rate = models.FloatField()
    filter_text = models.TextField(null=True, blank=True)  # None: never said

    def __str__(self) -> str:
        return f"{self.sample_rate} of traces"
