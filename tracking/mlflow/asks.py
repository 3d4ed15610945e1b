"""What clients send, one struct per endpoint, with the protocol's field names. None: absent.

`REQUIRED` lists what must be there and not be empty; everything else may be left out.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from tracking.rules import Point


class Ask(Struct, gc=False):
    """The base of all requests. RAW: the handler reads the body itself. IN_QUERY: so it does, with fields beside."""

    REQUIRED: ClassVar[tuple[str, ...]] = ()
    RAW: ClassVar[bool] = False
    IN_QUERY: ClassVar[bool] = False


class Nothing(Ask):
    """A request without fields."""


class Raw(Ask):
    """A request whose body is no JSON, or a file."""

    RAW = True


class Pair(Struct, gc=False):
    """A key and a value: parameters and tags."""

    key: str
    value: str = ""


# --- experiments


class CreateExperiment(Ask):
    """experiments/create"""

    REQUIRED = ("name",)
    name: str | None = None
    artifact_location: str | None = None
    tags: list[Pair] | None = None


class SearchExperiments(Ask):
    """experiments/search"""

    max_results: int | None = None
    page_token: str | None = None
    filter: str | None = None
    order_by: list[str] | None = None
    view_type: str | int | None = None


class ByExperiment(Ask):
    """experiments/get, delete, restore"""

    REQUIRED = ("experiment_id",)
    experiment_id: str | None = None


class ByExperimentName(Ask):
    """experiments/get-by-name"""

    REQUIRED = ("experiment_name",)
    experiment_name: str | None = None


class UpdateExperiment(Ask):
    """experiments/update"""

    REQUIRED = ("experiment_id", "new_name")
    experiment_id: str | None = None
    new_name: str | None = None


class ExperimentTag(Ask):
    """experiments/set-experiment-tag"""

    REQUIRED = ("experiment_id", "key")
    experiment_id: str | None = None
    key: str | None = None
    value: str | None = None


# --- runs


class CreateRun(Ask):
    """runs/create"""

    experiment_id: str | None = None
    user_id: str | None = None
    run_name: str | None = None
    start_time: int | None = None
    tags: list[Pair] | None = None


class ByRun(Ask):
    """Requests about one run; `run_uuid` is the older name of `run_id`."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("run_id",)
    run_id: str | None = None
    run_uuid: str | None = None


class UpdateRun(ByRun):
    """runs/update"""

    status: str | int | None = None
    end_time: int | None = None
    run_name: str | None = None


class LogMetric(ByRun):
    """runs/log-metric"""

    REQUIRED = ("run_id", "key", "value", "timestamp")
    key: str | None = None
    value: float | None = None
    timestamp: int | None = None
    step: int | None = None
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class KeyValue(ByRun):
    """runs/log-parameter, set-tag"""

    REQUIRED = ("run_id", "key")
    key: str | None = None
    value: str | None = None


class RunKey(ByRun):
    """runs/delete-tag"""

    REQUIRED = ("run_id", "key")
    key: str | None = None


class LogBatch(ByRun):
    """runs/log-batch"""

    metrics: list[Point] | None = None
    params: list[Pair] | None = None
    tags: list[Pair] | None = None


class LogModel(ByRun):
    """runs/log-model"""

    REQUIRED = ("run_id", "model_json")
    model_json: str | None = None


class SearchRuns(Ask):
    """runs/search"""

    experiment_ids: list[str] | None = None
    filter: str | None = None
    run_view_type: str | int | None = None
    max_results: int | None = None
    order_by: list[str] | None = None
    page_token: str | None = None


class GetHistory(ByRun):
    """metrics/get-history"""

    REQUIRED = ("run_id", "metric_key")
    metric_key: str | None = None
    page_token: str | None = None
    max_results: int | None = None


class GetHistoryBulk(Ask):
    """metrics/get-history-bulk: here `run_id` is given once for each run"""

    REQUIRED = ("metric_key",)
    run_id: list[str] | None = None
    metric_key: str | None = None
    max_results: int | None = None


class GetHistoryInterval(Ask):
    """metrics/get-history-bulk-interval"""

    REQUIRED = ("metric_key",)
    run_ids: list[str] | None = None
    metric_key: str | None = None
    start_step: int | None = None
    end_step: int | None = None
    max_results: int | None = None


class ListArtifacts(ByRun):
    """artifacts/list"""

    path: str | None = None
    page_token: str | None = None


# --- inputs and outputs


class DatasetGiven(Struct):
    """A dataset of log-inputs."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str = ""
    profile: str = ""


class DatasetInput(Struct):
    """A dataset and the tags of its use."""

    dataset: DatasetGiven
    tags: list[Pair] = []


class ModelGiven(Struct, gc=False):
    """A model that went in or came out."""

    model_id: str
    step: int = 0


class LogInputs(ByRun):
    """runs/log-inputs"""

    datasets: list[DatasetInput] | None = None
    models: list[ModelGiven] | None = None


class LogOutputs(ByRun):
    """runs/outputs"""

    REQUIRED = ("run_id", "models")
    models: list[ModelGiven] | None = None


class SearchDatasets(Ask):
    """experiments/search-datasets"""

    experiment_ids: list[str] | None = None


# --- logged models


class CreateModel(Ask):
    """POST logged-models"""

    REQUIRED = ("experiment_id",)
    experiment_id: str | None = None
    name: str | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    params: list[Pair] | None = None
    tags: list[Pair] | None = None


class ByModel(Ask):
    """Requests about one logged model; its id is in the path."""

    allow_deleted: bool | None = None


class FinishModel(Ask):
    """PATCH logged-models/{model_id}"""

    REQUIRED = ("status",)
    status: str | int | None = None


class ModelTags(Ask):
    """PATCH logged-models/{model_id}/tags"""

    tags: list[Pair] | None = None


class ModelParams(Ask):
    """POST logged-models/{model_id}/params"""

    params: list[Pair] | None = None


class OrderBy(Struct):
    """One field to order logged models by."""

    field_name: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


class DatasetAsked(Struct):
    """A dataset that metric tests are limited to."""

    dataset_name: str
    dataset_digest: str | None = None


class SearchModels(Ask):
    """POST logged-models/search"""

    experiment_ids: list[str] | None = None
    filter: str | None = None
    datasets: list[DatasetAsked] | None = None
    max_results: int | None = None
    order_by: list[OrderBy] | None = None
    page_token: str | None = None


class ModelFiles(Ask):
    """GET logged-models/{model_id}/artifacts/directories"""

    artifact_directory_path: str | None = None
    page_token: str | None = None


# --- artifacts


class FileOfRun(ByRun):
    """/get-artifact"""

    REQUIRED = ("run_id", "path")
    path: str | None = None


class UploadToRun(FileOfRun):
    """upload-artifact: the body is the file"""

    IN_QUERY = True


class FileOfModel(Ask):
    """GET logged-models/{model_id}/artifacts/files"""

    REQUIRED = ("artifact_file_path",)
    artifact_file_path: str | None = None


class CreateMultipart(Ask):
    """POST mlflow-artifacts/mpu/create/{folder}"""

    REQUIRED = ("path",)
    path: str | None = None
    num_parts: int | None = None


class SentPart(Struct, gc=False):
    """A part as the client got it acknowledged; it also sends the address back, which says nothing new."""

    part_number: int
    etag: str


class CompleteMultipart(Ask):
    """POST mlflow-artifacts/mpu/complete/{folder}"""

    REQUIRED = ("path", "upload_id")
    path: str | None = None
    upload_id: str | None = None
    parts: list[SentPart] | None = None


class AbortMultipart(Ask):
    """POST mlflow-artifacts/mpu/abort/{folder}"""

    REQUIRED = ("path", "upload_id")
    path: str | None = None
    upload_id: str | None = None


class ListFiles(Ask):
    """GET mlflow-artifacts/artifacts"""

    path: str | None = None
