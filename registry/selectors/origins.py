"""What registered versions were made of, and so must be kept."""

from __future__ import annotations

from repos.models import Repository
from tracking import sql

# Addresses of runs, logged models and artifacts of a hub; all others lie where no purge reaches.
_HERE = ("mlflow-artifacts:", "runs:", "models:", "http:", "https:")


def needed_by_versions(repository: Repository) -> dict[str, str]:
    """Ids of the logged models and runs whose files versions of the repository hand out, each with such a version.

    Prompts, and versions whose files lie elsewhere than in the hub, need nothing: they keep ids as plain text. Those
    made of a logged model need that, not its run.
    """
    rows = sql.rows(
        "SELECT v.logged_model_uuid, v.run_uuid, v.storage_location, m.name, v.number FROM registry_modelversion v "
        "JOIN registry_registeredmodel m ON m.id = v.model_id "
        "WHERE m.repository_id = ? AND NOT m.is_prompt AND v.deleted_at IS NULL ORDER BY v.id",
        (repository.pk,),
    )
    return {
        model or run: f"version {number} of {name}"
        for model, run, where, name, number in rows
        if (model or run) and where.startswith(_HERE)
    }
