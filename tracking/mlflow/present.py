"""Rows → messages of the protocol, one function per entity."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

from tracking.mlflow import answers
from tracking.models import Experiment
from tracking.selectors.logged_models import ModelDetail, ModelMetric
from tracking.selectors.runs import DatasetUse, RunData, RunDetail, RunRow
from tracking.selectors.series import Point

_STATUS = {"PENDING": "LOGGED_MODEL_PENDING", "READY": "LOGGED_MODEL_READY", "FAILED": "LOGGED_MODEL_UPLOAD_FAILED"}


def number(value: float) -> float | str:
    """A metric value; JSON has no NaN, the protocol writes it as text."""
    return "NaN" if isnan(value) else value


def pairs(found: Iterable[tuple[str, str]]) -> list[answers.KeyValue]:
    """Parameters or tags."""
    make = answers.KeyValue
    return [make(key, value) for key, value in found]


def experiment(found: Experiment) -> answers.Experiment:
    """An experiment with its tags (prefetched)."""
    return answers.Experiment(
        experiment_id=str(found.number),
        name=found.name,
        artifact_location=found.artifact_location,
        lifecycle_stage=found.lifecycle_stage,
        last_update_time=found.updated_at,
        creation_time=found.created_at,
        tags=[answers.KeyValue(tag.key, tag.value) for tag in found.tags.all()],
    )


def run_info(row: RunRow) -> answers.RunInfo:
    """The head of a run."""
    return answers.RunInfo(
        run_uuid=row.uuid,
        run_id=row.uuid,
        experiment_id=str(row.experiment),
        run_name=row.name,
        user_id=row.user_name,
        status=row.status,
        start_time=row.start_time,
        artifact_uri=row.artifact_uri,
        lifecycle_stage="active" if row.deleted_at is None else "deleted",
        end_time=row.end_time,
    )


def run(found: RunDetail) -> answers.Run:
    """A run with everything."""
    data = found.data
    return answers.Run(
        run_info(found.row),
        _run_data(data),
        answers.RunInputs(
            [_dataset_input(use) for use in data.datasets], [answers.ModelInput(model) for model in data.models_in]
        ),
        answers.RunOutputs([answers.ModelOutput(model, step) for model, step in data.models_out]),
    )


def _run_data(data: RunData) -> answers.RunData:
    make = answers.Metric
    metrics = [make(metric.key, number(metric.value), metric.timestamp, metric.step) for metric in data.metrics]
    return answers.RunData(metrics, pairs(data.params), pairs(data.tags))


def _dataset_input(use: DatasetUse) -> answers.DatasetInput:
    found = answers.Dataset(use.name, use.digest, use.source_type, use.source, use.schema, use.profile)
    return answers.DatasetInput(found, pairs(use.tags))


def history(key: str, points: Iterable[Point]) -> list[answers.Metric]:
    """The points of one series."""
    make = answers.Metric
    return [make(key, number(point.value), point.timestamp, point.step) for point in points]


def history_of_runs(key: str, points: Iterable[tuple[str, Point]]) -> list[answers.Metric]:
    """The points of one metric in several runs."""
    make = answers.Metric
    return [make(key, number(each.value), each.timestamp, each.step, run_id=run) for run, each in points]


def logged_model(found: ModelDetail) -> answers.LoggedModel:
    """A logged model with everything."""
    row = found.row
    info = answers.LoggedModelInfo(
        model_id=row.uuid,
        experiment_id=str(row.experiment),
        name=row.name,
        creation_timestamp_ms=row.created_at,
        last_updated_timestamp_ms=row.updated_at,
        artifact_uri=row.artifact_uri,
        status=_STATUS[row.status],
        model_type=row.model_type,
        source_run_id=row.source_run_id,
        tags=pairs(found.tags),
    )
    metrics = [_model_metric(row.uuid, metric) for metric in found.metrics]
    return answers.LoggedModel(info, answers.LoggedModelData(pairs(found.params), metrics))


def _model_metric(model_id: str, metric: ModelMetric) -> answers.Metric:
    return answers.Metric(
        metric.key,
        number(metric.value),
        metric.timestamp,
        metric.step,
        model_id,
        metric.dataset_name,
        metric.dataset_digest,
        metric.run_id,
    )
