"""Every endpoint of the MLflow door: verb, path, handler, and the level it needs on the repository.

The struct that a handler's second argument is annotated with is what the request is read into.
"""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.routing import Route
from tracking.mlflow import artifacts, experiments, files, inputs, logged_models, metrics, multipart, runs, service
from tracking.mlflow.table import Table

READ, WRITE = Level.READ, Level.WRITE

# Below /api/2.0/mlflow/, and again below /ajax-api/2.0/mlflow/.
TRACKING = [
    Route("POST", "experiments/create", experiments.create, needs=WRITE),
    Route("GET", "experiments/get", experiments.get, needs=READ, quick=True),
    Route("GET", "experiments/get-by-name", experiments.get_by_name, needs=READ, quick=True),
    Route("POST", "experiments/search", experiments.search, needs=READ),
    Route("GET", "experiments/search", experiments.search, needs=READ),
    Route("POST", "experiments/update", experiments.update, needs=WRITE),
    Route("POST", "experiments/delete", experiments.delete, needs=WRITE),
    Route("POST", "experiments/restore", experiments.restore, needs=WRITE),
    Route("POST", "experiments/set-experiment-tag", experiments.set_tag, needs=WRITE),
    Route("POST", "experiments/delete-experiment-tag", experiments.delete_tag, needs=WRITE),
    Route("POST", "runs/create", runs.create, needs=WRITE, quick=True),
    Route("GET", "runs/get", runs.get, needs=READ, quick=True),
    Route("POST", "runs/update", runs.update, needs=WRITE, quick=True),
    Route("POST", "runs/delete", runs.delete, needs=WRITE),
    Route("POST", "runs/restore", runs.restore, needs=WRITE),
    Route("POST", "runs/search", runs.search, needs=READ),
    Route("POST", "runs/log-metric", metrics.log_metric, needs=WRITE, quick=True),
    Route("POST", "runs/log-batch", metrics.log_batch, needs=WRITE, quick=True),
    Route("POST", "runs/log-parameter", runs.log_parameter, needs=WRITE, quick=True),
    Route("POST", "runs/set-tag", runs.set_tag, needs=WRITE, quick=True),
    Route("POST", "runs/delete-tag", runs.delete_tag, needs=WRITE, quick=True),
    Route("POST", "runs/log-inputs", inputs.log_inputs, needs=WRITE),
    Route("POST", "runs/outputs", inputs.log_outputs, needs=WRITE),
    Route("POST", "runs/log-model", runs.log_model, needs=WRITE),
    Route("GET", "metrics/get-history", metrics.get_history, needs=READ),
    Route("GET", "metrics/get-history-bulk-interval", metrics.get_history_interval, needs=READ),
    Route("GET", "artifacts/list", artifacts.list_of_run, needs=READ),
    Route("POST", "artifacts/presigned-upload-url", artifacts.no_presigned_url, needs=WRITE),
    Route("POST", "artifacts/presigned-download-url", artifacts.no_presigned_url, needs=READ),
    Route("POST", "logged-models", logged_models.create, needs=WRITE),
    Route("POST", "logged-models/search", logged_models.search, needs=READ),
    Route("GET", "logged-models/{model_id}", logged_models.get, needs=READ),
    Route("PATCH", "logged-models/{model_id}", logged_models.finish, needs=WRITE),
    Route("DELETE", "logged-models/{model_id}", logged_models.delete, needs=WRITE),
    Route("PATCH", "logged-models/{model_id}/tags", logged_models.set_tags, needs=WRITE),
    Route("DELETE", "logged-models/{model_id}/tags/{tag_key:path}", logged_models.delete_tag, needs=WRITE),
    Route("POST", "logged-models/{model_id}/params", logged_models.log_params, needs=WRITE),
    Route("GET", "logged-models/{model_id}/artifacts/directories", logged_models.list_files, needs=READ),
]

# Below /api/2.0/mlflow-artifacts/, and again below /ajax-api/.
ARTIFACTS = [
    Route("GET", "artifacts", artifacts.list_files, needs=READ),
    Route("GET", "artifacts/{path:path}", artifacts.download, needs=READ),
    Route("PUT", "artifacts/{path:path}", artifacts.upload, needs=WRITE),
    Route("DELETE", "artifacts/{path:path}", artifacts.delete, needs=WRITE),
    Route("POST", "mpu/create/{path:path}", multipart.create, needs=WRITE),
    Route("PUT", "mpu/part/{upload_id}/{number}", multipart.part, needs=WRITE),
    Route("POST", "mpu/complete/{path:path}", multipart.complete, needs=WRITE),
    Route("POST", "mpu/abort/{path:path}", multipart.abort, needs=WRITE),
    Route("GET", "presigned/{path:path}", multipart.presigned, needs=READ),
]

# Below /api/3.0/mlflow/, and again below /ajax-api/.
VERSION_3 = [
    Route("GET", "server-info", service.server_info, needs=READ),
]

# Below /ajax-api/2.0/mlflow/ only: what the protocol's own pages call.
PAGES = [
    Route("GET", "metrics/get-history-bulk", metrics.get_history_bulk, needs=READ),
    Route("POST", "experiments/search-datasets", inputs.search_datasets, needs=READ),
    Route("POST", "upload-artifact", files.upload, needs=WRITE),
    Route("GET", "logged-models/{model_id}/artifacts/files", files.of_model, needs=READ),
]

# At the root of the tracking address.
ROOT = [
    Route("GET", "get-artifact", files.of_run, needs=READ),
    Route("GET", "health", service.health, needs=READ),
]

TABLE = Table()
TABLE.add("api/2.0/mlflow/", TRACKING)
TABLE.add("api/2.0/mlflow-artifacts/", ARTIFACTS)
TABLE.add("api/3.0/mlflow/", VERSION_3)
TABLE.add("ajax-api/2.0/mlflow/", PAGES)
TABLE.add("", ROOT)
