"""What went into a run and what came out of it: datasets and models."""

from __future__ import annotations

from django.db import models

from tracking.models.experiments import Experiment
from tracking.models.runs import Run


class Dataset(models.Model):
    """A dataset that runs used, once per experiment by name and digest; the first description stays."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="datasets", db_index=False)
    name = models.CharField(max_length=500)
    digest = models.CharField(max_length=36)
    source_type = models.CharField(max_length=500)
    source = models.TextField()
    schema = models.TextField(blank=True)
    profile = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name", "digest"], name="tracking_dataset_identity")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.digest})"


class DatasetInput(models.Model):
    """A run used a dataset. `tags` are [key, value] pairs; `context` repeats the tag that filters ask for."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="dataset_inputs", db_index=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="uses")
    tags = models.JSONField(default=list, blank=True)
    context = models.CharField(max_length=500, null=True, blank=True)  # None: no such tag

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "dataset"], name="tracking_datasetinput_once")]

    def __str__(self) -> str:
        return f"{self.dataset_id} → run {self.run_id}"


class ModelLink(models.Model):
    """A run used (`input`) or produced (`output`) a logged model, named by the id that clients see."""

    class Direction(models.TextChoices):
        """Which way the model went."""

        INPUT = "input", "Input"
        OUTPUT = "output", "Output"

    run = models.ForeignKey(Run, models.CASCADE, related_name="model_links", db_index=False)
    direction = models.CharField(max_length=6, choices=Direction)
    model_id = models.CharField(max_length=36)
    step = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["run", "direction"], name="tracking_modellink_run"),
            models.Index(fields=["model_id"], name="tracking_modellink_model"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.model_id}"
