"""Every endpoint that tracing adds to the MLflow door: verb, path, handler, and the level it needs.

The struct that a handler's second argument is annotated with is what the request is read into.
"""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.routing import Route
from tracing.mlflow import analytics, assessments, datasets, files, otlp, scorers, traces, traces_v2
from tracking.mlflow.routes import TABLE
from tracking.paths import guard_folder

READ, WRITE = Level.READ, Level.WRITE

# Below /api/3.0/mlflow/, and again below /ajax-api/3.0/mlflow/.
VERSION_3 = [
    Route("POST", "traces", traces.start, needs=WRITE),
    Route("GET", "traces/get", traces.get, needs=READ),
    Route("GET", "traces/batchGet", traces.batch_get, needs=READ),
    Route("POST", "traces/batchGetInfos", traces.batch_get_infos, needs=READ),
    Route("POST", "traces/search", traces.search, needs=READ),
    Route("POST", "traces/delete-traces", traces.delete, needs=WRITE),
    Route("POST", "traces/metrics", analytics.query_metrics, needs=READ),
    Route("POST", "traces/calculate-filter-correlation", analytics.correlate, needs=READ),
    Route("GET", "traces/{trace_id}", traces.get_info, needs=READ),
    Route("PATCH", "traces/{trace_id}/tags", traces.set_tag, needs=WRITE),
    Route("DELETE", "traces/{trace_id}/tags", traces.delete_tag, needs=WRITE),
    Route("POST", "traces/{trace_id}/assessments", assessments.create, needs=WRITE),
    Route("GET", "traces/{trace_id}/assessments/{assessment_id}", assessments.get, needs=READ),
    Route("PATCH", "traces/{trace_id}/assessments/{assessment_id}", assessments.update, needs=WRITE),
    Route("DELETE", "traces/{trace_id}/assessments/{assessment_id}", assessments.delete, needs=WRITE),
    Route("POST", "datasets/create", datasets.create, needs=WRITE),
    Route("POST", "datasets/search", datasets.search, needs=READ),
    Route("GET", "datasets/search", datasets.search, needs=READ),
    Route("GET", "datasets/{dataset_id}", datasets.get, needs=READ),
    Route("DELETE", "datasets/{dataset_id}", datasets.delete, needs=WRITE),
    Route("PATCH", "datasets/{dataset_id}/tags", datasets.set_tags, needs=WRITE),
    Route("DELETE", "datasets/{dataset_id}/tags/{tag_key:path}", datasets.delete_tag, needs=WRITE),
    Route("GET", "datasets/{dataset_id}/experiment-ids", datasets.experiment_ids, needs=READ),
    Route("POST", "datasets/{dataset_id}/add-experiments", datasets.add_experiments, needs=WRITE),
    Route("POST", "datasets/{dataset_id}/remove-experiments", datasets.remove_experiments, needs=WRITE),
    Route("POST", "datasets/{dataset_id}/records", datasets.upsert_records, needs=WRITE),
    Route("GET", "datasets/{dataset_id}/records", datasets.get_records, needs=READ),
    Route("DELETE", "datasets/{dataset_id}/records", datasets.delete_records, needs=WRITE),
    Route("POST", "scorers/register", scorers.register, needs=WRITE),
    Route("GET", "scorers/list", scorers.list_all, needs=READ),
    Route("GET", "scorers/versions", scorers.versions, needs=READ),
    Route("GET", "scorers/get", scorers.get, needs=READ),
    Route("DELETE", "scorers/delete", scorers.delete, needs=WRITE),
    Route("PUT", "scorers/online-config", scorers.configure, needs=WRITE),
    Route("GET", "scorers/online-configs", scorers.online_configs, needs=READ),
]

# Below /api/2.0/mlflow/, and again below /ajax-api/2.0/mlflow/.
VERSION_2 = [
    Route("POST", "traces", traces_v2.start, needs=WRITE),
    Route("GET", "traces", traces_v2.search, needs=READ),
    Route("POST", "traces/delete-traces", traces.delete, needs=WRITE),
    Route("POST", "traces/link-to-run", traces.link_to_run, needs=WRITE),
    Route("POST", "traces/link-prompts", traces.link_prompts, needs=WRITE),
    Route("PATCH", "traces/{trace_id}", traces_v2.end, needs=WRITE),
    Route("GET", "traces/{trace_id}/info", traces_v2.get_info, needs=READ),
    Route("PATCH", "traces/{trace_id}/tags", traces.set_tag, needs=WRITE),
    Route("DELETE", "traces/{trace_id}/tags", traces.delete_tag, needs=WRITE),
]

# Below /ajax-api/2.0/mlflow/ and /ajax-api/3.0/mlflow/ only: what the protocol's own pages call.
PAGES = [
    Route("GET", "get-trace-artifact", files.download, needs=READ),
]

# At the root of the tracking address.
ROOT = [
    Route("GET", "version", otlp.version, needs=READ),
    Route("POST", "v1/traces", otlp.export, needs=WRITE),
]


def serve() -> None:
    """Add the rows to the door's table, and let files lie below traces; called once, when the room is registered."""
    TABLE.add("api/3.0/mlflow/", VERSION_3)
    TABLE.add("api/2.0/mlflow/", VERSION_2)
    TABLE.add("ajax-api/2.0/mlflow/", PAGES)
    TABLE.add("ajax-api/3.0/mlflow/", PAGES)
    TABLE.add("", ROOT)
    guard_folder(
        "traces",
        "SELECT 1 FROM tracing_trace WHERE trace_id = ? AND experiment_id = ?",
        "Trace with ID '{}' not found.",
    )
