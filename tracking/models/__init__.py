"""The tables of tracking: integer keys inside, the ids that clients see (numbers, hex) in columns of their own."""

from __future__ import annotations

from tracking.models.boards import Board
from tracking.models.experiments import Experiment, ExperimentTag, Space
from tracking.models.inputs import Dataset, DatasetInput, ModelLink
from tracking.models.logged_models import (
    LoggedModel,
    LoggedModelMetric,
    LoggedModelParam,
    LoggedModelTag,
    ModelStatus,
)
from tracking.models.metrics import LatestMetric, Metric, MetricKey
from tracking.models.purges import Purge, PurgeItem, Thing
from tracking.models.runs import Param, Run, RunStatus, RunTag
from tracking.models.views import Action, BulkChange, BulkItem, NamedView

__all__ = [
    "Action",
    "Board",
    "BulkChange",
    "BulkItem",
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "LatestMetric",
    "LoggedModel",
    "LoggedModelMetric",
    "LoggedModelParam",
    "LoggedModelTag",
    "Metric",
    "MetricKey",
    "ModelLink",
    "ModelStatus",
    "NamedView",
    "Param",
    "Purge",
    "PurgeItem",
    "Run",
    "RunStatus",
    "RunTag",
    "Space",
    "Thing",
]
