"""Evaluation datasets: named collections of inputs with what is expected of them."""

from __future__ import annotations

from django.db import models

from repos.models import Repository
from tracking.models import Experiment


class EvaluationDataset(models.Model):
    """A collection of records. `dataset_id` (`d-` and 32 hex digits) is the id that clients see; times in ms."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="evaluation_datasets", db_index=False)
    dataset_id = models.CharField(max_length=34)
    name = models.CharField(max_length=255)
    schema = models.TextField(blank=True)
    profile = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    created_by = models.CharField(max_length=255, blank=True)
    last_updated_by = models.CharField(max_length=255, blank=True)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "dataset_id"], name="tracing_dataset_id")]
        indexes = [models.Index(fields=["repository", "-created_at"], name="tracing_dataset_recent")]

    def __str__(self) -> str:
        return self.name


class DatasetTag(models.Model):
    """A word about an evaluation dataset."""

    pk = models.CompositePrimaryKey("dataset", "key")
    dataset = models.ForeignKey(EvaluationDataset, models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=255)
    value = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class DatasetRecord(models.Model):
    """Inputs with what came out and what is expected, each as JSON. `digest` is the SHA-256 of the inputs."""

    dataset = models.ForeignKey(EvaluationDataset, models.CASCADE, related_name="records", db_index=False)
    record_id = models.CharField(max_length=35)
    digest = models.CharField(max_length=64)
    inputs = models.TextField()
    outputs = models.TextField(null=True, blank=True)
    expectations = models.TextField(null=True, blank=True)
    tags = models.TextField(null=True, blank=True)
    source = models.TextField(null=True, blank=True)
    source_type = models.CharField(max_length=64, blank=True)
    source_id = models.CharField(max_length=255, blank=True)
    created_by = models.CharField(max_length=255, blank=True)
    last_updated_by = models.CharField(max_length=255, blank=True)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "digest"], name="tracing_record_inputs"),
            models.UniqueConstraint(fields=["dataset", "record_id"], name="tracing_record_id"),
        ]
        indexes = [models.Index(fields=["dataset", "created_at", "record_id"], name="tracing_record_order")]

    def __str__(self) -> str:
        return self.record_id


class DatasetExperiment(models.Model):
    """An experiment that a dataset belongs to; a dataset may have none."""

    pk = models.CompositePrimaryKey("dataset", "experiment")
    dataset = models.ForeignKey(EvaluationDataset, models.CASCADE, related_name="links", db_index=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        indexes = [models.Index(fields=["experiment"], name="tracing_dataset_experiment")]

    def __str__(self) -> str:
        return f"{self.dataset_id} in experiment {self.experiment_id}"
