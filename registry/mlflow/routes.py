"""Every endpoint that the registry adds to the MLflow door: verb, path, handler, and the level it needs.

The struct that a handler's second argument is annotated with is what the request is read into.
"""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.routing import Route
from registry.mlflow import models, versions, webhooks
from tracking.mlflow.routes import TABLE

READ, WRITE, ADMIN = Level.READ, Level.WRITE, Level.ADMIN

# Below /api/2.0/mlflow/, and again below /ajax-api/2.0/mlflow/.
REGISTRY = [
    Route("POST", "registered-models/create", models.create, needs=WRITE),
    Route("POST", "registered-models/rename", models.rename, needs=WRITE),
    Route("PATCH", "registered-models/update", models.update, needs=WRITE),
    Route("DELETE", "registered-models/delete", models.delete, needs=WRITE),
    Route("GET", "registered-models/get", models.get, needs=READ),
    Route("GET", "registered-models/search", models.search, needs=READ),
    Route("POST", "registered-models/get-latest-versions", models.latest_versions, needs=READ),
    Route("GET", "registered-models/get-latest-versions", models.latest_versions, needs=READ),
    Route("POST", "registered-models/set-tag", models.set_tag, needs=WRITE),
    Route("DELETE", "registered-models/delete-tag", models.delete_tag, needs=WRITE),
    Route("POST", "registered-models/alias", models.set_alias, needs=WRITE),
    Route("DELETE", "registered-models/alias", models.delete_alias, needs=WRITE),
    Route("GET", "registered-models/alias", models.get_by_alias, needs=READ),
    Route("POST", "model-versions/create", versions.create, needs=WRITE),
    Route("PATCH", "model-versions/update", versions.update, needs=WRITE),
    Route("POST", "model-versions/transition-stage", versions.transition_stage, needs=WRITE),
    Route("DELETE", "model-versions/delete", versions.delete, needs=WRITE),
    Route("GET", "model-versions/get", versions.get, needs=READ),
    Route("GET", "model-versions/search", versions.search, needs=READ),
    Route("GET", "model-versions/get-download-uri", versions.get_download_uri, needs=READ),
    Route("POST", "model-versions/set-tag", versions.set_tag, needs=WRITE),
    Route("DELETE", "model-versions/delete-tag", versions.delete_tag, needs=WRITE),
]

# Webhooks send what happens in a repository to elsewhere, and their addresses often hold keys: not for every writer.
WEBHOOKS = [
    Route("POST", "webhooks", webhooks.create, needs=ADMIN),
    Route("GET", "webhooks", webhooks.list_all, needs=ADMIN),
    Route("GET", "webhooks/{webhook_id}", webhooks.get, needs=ADMIN),
    Route("PATCH", "webhooks/{webhook_id}", webhooks.update, needs=ADMIN),
    Route("DELETE", "webhooks/{webhook_id}", webhooks.delete, needs=ADMIN),
    Route("POST", "webhooks/{webhook_id}/test", webhooks.test, needs=ADMIN),
]

# At the root of the tracking address.
ROOT = [
    Route("GET", "model-versions/get-artifact", versions.get_artifact, needs=READ),
]


def serve() -> None:
    """Add the rows to the door's table; called once, when the room is registered."""
    TABLE.add("api/2.0/mlflow/", REGISTRY + WEBHOOKS)
    TABLE.add("", ROOT)
