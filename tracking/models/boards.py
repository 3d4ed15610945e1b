"""Boards of charts that a team keeps with an experiment."""

from __future__ import annotations

from django.db import models

from accounts.models import User
from tracking.models.experiments import Experiment

MAX_BOARD_NAME = 100


class Board(models.Model):
    """Panels under a name. `panels` is what tracking.charts.panels reads; `revision` grows with every change."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="boards", db_index=False)
    name = models.CharField(max_length=MAX_BOARD_NAME)
    panels = models.JSONField(default=list, blank=True)
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "name"], name="tracking_board_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
