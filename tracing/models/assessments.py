"""Judgements about traces: feedback, expectations, and issues found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracing.models.traces import Trace

MAX_NAME = 250


class AssessmentKind(models.TextChoices):
    """What an assessment says; the words are those of the protocol's fields."""

    FEEDBACK = "feedback", "Feedback"
    EXPECTATION = "expectation", "Expectation"
    ISSUE = "issue", "Issue"


class Assessment(models.Model):
    """One judgement. `body` is the JSON of the field that its kind names; times are in milliseconds since 1970.

    `word` and `number` repeat its value for filters: text as it is, other values as JSON, numbers as fractions.
    `valid`: no other assessment overrides it.
    """

    trace = models.ForeignKey(Trace, models.CASCADE, related_name="assessments", db_index=False)
    assessment_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=11, choices=AssessmentKind)
    name = models.CharField(max_length=MAX_NAME)
    body = models.TextField()
    word = models.TextField(null=True, blank=True)
    number = models.FloatField(null=True, blank=True)
    source_type = models.CharField(max_length=32)
    source_id = models.CharField(max_length=250, blank=True)
    span_id = models.CharField(max_length=64, blank=True)
    rationale = models.TextField(null=True, blank=True)
    metadata = models.TextField(default="{}")
    overrides = models.CharField(max_length=64, blank=True)
    valid = models.BooleanField(default=True)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trace", "assessment_id"], name="tracing_assessment_id")]
        indexes = [
            models.Index(fields=["trace", "name"], condition=Q(valid=True), name="tracing_assessment_name"),
        ]

    def __str__(self) -> str:
        return self.name
