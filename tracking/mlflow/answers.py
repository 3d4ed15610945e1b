"""What clients get, one struct per message, with the protocol's field names. What has its default value is left out."""

from __future__ import annotations

from msgspec import Struct, field


class Answer(Struct, omit_defaults=True, gc=False):
    """The base of all messages."""


class Empty(Answer):
    """`{}`"""


class KeyValue(Answer):
    """A parameter or tag."""

    key: str
    value: str


class Metric(Answer):
    """A metric value; NaN is the text "NaN"."""

    key: str
    value: float | str
    timestamp: int
    step: int
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""
    run_id: str = ""


class Experiment(Answer):
    """An experiment; its id is a string of digits."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int
    creation_time: int
    tags: list[KeyValue] = field(default_factory=list)


class RunInfo(Answer):
    """The head of a run."""

    run_uuid: str
    run_id: str
    experiment_id: str
    run_name: str
    user_id: str
    status: str
    start_time: int
    artifact_uri: str
    lifecycle_stage: str
    end_time: int | None = None


class RunData(Answer):
    """Latest metrics, parameters and tags."""

    metrics: list[Metric] = field(default_factory=list)
    params: list[KeyValue] = field(default_factory=list)
    tags: list[KeyValue] = field(default_factory=list)


class Dataset(Answer):
    """A dataset."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str = ""
    profile: str = ""


class DatasetInput(Answer):
    """A dataset as a run used it."""

    dataset: Dataset
    tags: list[KeyValue] = field(default_factory=list)


class ModelInput(Answer):
    """A model that a run used."""

    model_id: str


class ModelOutput(Answer):
    """A model that a run produced."""

    model_id: str
    step: int


class RunInputs(Answer):
    """What went in."""

    dataset_inputs: list[DatasetInput] = field(default_factory=list)
    model_inputs: list[ModelInput] = field(default_factory=list)


class RunOutputs(Answer):
    """What came out."""

    model_outputs: list[ModelOutput] = field(default_factory=list)


class Run(Answer):
    """A run with everything."""

    info: RunInfo
    data: RunData
    inputs: RunInputs
    outputs: RunOutputs


class LoggedModelInfo(Answer):
    """The head of a logged model."""

    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: str
    model_type: str = ""
    source_run_id: str = ""
    tags: list[KeyValue] = field(default_factory=list)


class LoggedModelData(Answer):
    """Parameters and metrics of a logged model."""

    params: list[KeyValue] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)


class LoggedModel(Answer):
    """A logged model."""

    info: LoggedModelInfo
    data: LoggedModelData


class FileInfo(Answer):
    """A line of a folder; folders have no size."""

    path: str
    is_dir: bool
    file_size: int | None = None


# --- envelopes


class ExperimentId(Answer):
    """experiments/create"""

    experiment_id: str


class OneExperiment(Answer):
    """experiments/get"""

    experiment: Experiment


class Experiments(Answer):
    """experiments/search"""

    experiments: list[Experiment] = field(default_factory=list)
    next_page_token: str = ""


class OneRun(Answer):
    """runs/create, runs/get"""

    run: Run


class OneRunInfo(Answer):
    """runs/update"""

    run_info: RunInfo


class Runs(Answer):
    """runs/search"""

    runs: list[Run] = field(default_factory=list)
    next_page_token: str = ""


class Metrics(Answer):
    """metrics/get-history"""

    metrics: list[Metric] = field(default_factory=list)
    next_page_token: str = ""


class HistoryBulk(Struct):
    """metrics/get-history-bulk: an empty list is said, too"""

    metrics: list[Metric]


class DatasetSummary(Answer):
    """A dataset as runs of an experiment used it."""

    experiment_id: str
    name: str
    digest: str
    context: str | None = None


class DatasetSummaries(Answer):
    """experiments/search-datasets"""

    dataset_summaries: list[DatasetSummary] = field(default_factory=list)


class OneModel(Answer):
    """Answers about one logged model."""

    model: LoggedModel


class Models(Answer):
    """logged-models/search"""

    models: list[LoggedModel] = field(default_factory=list)
    next_page_token: str = ""


class Files(Answer):
    """A folder. `root_uri` only where a run or model was asked."""

    root_uri: str = ""
    files: list[FileInfo] = field(default_factory=list)


class PartAddress(Struct):
    """Where one part of an upload goes."""

    url: str
    part_number: int
    headers: dict[str, str] = field(default_factory=dict)


class Multipart(Struct):
    """An upload in parts."""

    upload_id: str
    credentials: list[PartAddress]


class PresignedFile(Struct):
    """An address of a file; its size in bytes lets the client fetch ranges at once."""

    url: str
    file_size: int
    headers: dict[str, str] = field(default_factory=dict)


class Error(Struct):
    """Every refusal."""

    error_code: str
    message: str


class ServerInfo(Struct):
    """What this server can do; the client asks before it moves artifacts. Absent means no."""

    store_type: str = "SqlStore"
    workspaces_enabled: bool = False
    trace_archival_enabled: bool = False
    multipart_uploads_enabled: bool = True
    multipart_downloads_enabled: bool = True
    artifact_serving_enabled: bool = True
    artifacts_presigned_only: bool = False
