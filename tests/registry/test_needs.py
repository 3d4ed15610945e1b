"""What registered versions are made of stays in the trash until they are gone."""

from __future__ import annotations

from tests.registry.conftest import Door, Registry
from tracking.belongings import needed
from tracking.services.purge_asking import ask_purge_of_trash
from tracking.services.purge_work import work_on_purge


def test_a_run_of_a_version_is_not_purged(registry: Registry, mlflow: Door) -> None:
    number = mlflow.experiment()
    runs = [mlflow.run(number) for _ in range(4)]
    here = f"mlflow-artifacts:/{number}/{runs[0]}/artifacts/model"
    registry.model()
    registry.version(source=here, run_id=runs[0])
    registry.version(source=f"runs:/{runs[1]}/model", run_id=runs[1])
    registry.version(source="s3://bucket/model", run_id=runs[2])
    assert needed(mlflow.repository) == {runs[0]: "version 1 of iris", runs[1]: "version 2 of iris"}
    mlflow.ok("POST", "experiments/delete", {"experiment_id": number})
    assert ask_purge_of_trash(repository=mlflow.repository) is None
    mlflow.ok("DELETE", "model-versions/delete", {"name": "iris", "version": "1"})
    assert ask_purge_of_trash(repository=mlflow.repository) is None
    mlflow.ok("DELETE", "model-versions/delete", {"name": "iris", "version": "2"})
    purge = ask_purge_of_trash(repository=mlflow.repository)
    assert purge is not None
    assert work_on_purge(purge_id=purge.pk)
    # The version with files elsewhere keeps the id of its run, which is gone.
    assert registry.get_version("3")["run_id"] == runs[2]
    assert mlflow.refused("GET", "runs/get", run_id=runs[2])[0] == 404


def test_a_version_of_a_logged_model_needs_that_and_not_its_run(registry: Registry, mlflow: Door) -> None:
    number = mlflow.experiment()
    run = mlflow.run(number)
    body = {"experiment_id": number, "source_run_id": run}
    model = mlflow.ok("POST", "logged-models", body)["model"]["info"]["model_id"]
    registry.model()
    registry.version(source=f"models:/{model}", model_id=model, run_id=run)
    registry.prompt()
    assert needed(mlflow.repository) == {model: "version 1 of iris"}
