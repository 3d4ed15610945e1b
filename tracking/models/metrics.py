"""Metric keys, the append-only history of values, and the latest value of each key."""

from __future__ import annotations

from django.db import models

from repos.models import Repository
from tracking.models.runs import MAX_KEY, Run


class MetricKey(models.Model):
    """A metric's name, once per repository; rows of values carry its number."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="metric_keys", db_index=False)
    name = models.CharField(max_length=MAX_KEY)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="tracking_metrickey_name")]

    def __str__(self) -> str:
        return self.name


class Metric(models.Model):
    """One logged point, never changed. The table is its own index: a series is one range of it.

    NaN is stored as value 0 with `is_nan`: SQLite has no NaN, and the protocol counts it as 0 when it picks the
    latest. There is no foreign-key constraint: services lock the run's row while they write.
    """

    pk = models.CompositePrimaryKey("run", "key", "step", "timestamp", "value", "is_nan")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    key = models.ForeignKey(MetricKey, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    step = models.BigIntegerField()
    timestamp = models.BigIntegerField()
    value = models.FloatField()
    is_nan = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.step}: {'nan' if self.is_nan else self.value}"


class LatestMetric(models.Model):
    """The point of a series with the largest (step, timestamp, value): what lists, filters and orders use."""

    pk = models.CompositePrimaryKey("run", "key")
    run = models.ForeignKey(Run, models.CASCADE, related_name="latest_metrics", db_index=False, db_constraint=False)
    key = models.ForeignKey(MetricKey, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    step = models.BigIntegerField()
    timestamp = models.BigIntegerField()
    value = models.FloatField()
    is_nan = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["key", "is_nan", "value", "run"], name="tracking_latest_value")]

    def __str__(self) -> str:
        return f"{self.step}: {'nan' if self.is_nan else self.value}"
