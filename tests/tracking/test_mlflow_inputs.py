"""runs/log-inputs and runs/outputs by HTTP."""

from __future__ import annotations

import pytest

from tests.tracking.conftest import Door
from tracking.models import Dataset, DatasetInput

IRIS = {"name": "iris", "digest": "d1", "source_type": "local", "source": "{}"}


def use(dataset: dict[str, str], **tags: str) -> dict[str, object]:
    return {"dataset": dataset, "tags": [{"key": key, "value": value} for key, value in tags.items()]}


def inputs(mlflow: Door, run: str) -> list[dict[str, object]]:
    return list(mlflow.get_run(run)["inputs"].get("dataset_inputs", []))


def test_the_first_description_and_the_first_tags_stay(mlflow: Door) -> None:
    first, second = mlflow.run(), mlflow.run()
    whole = {**IRIS, "schema": "s", "profile": "p"}
    mlflow.ok("POST", "runs/log-inputs", {"run_id": first, "datasets": [use(whole, a="1"), use(IRIS, a="2")]})
    mlflow.ok("POST", "runs/log-inputs", {"run_id": first, "datasets": [use({**IRIS, "source": "other"}, a="3")]})
    mlflow.ok("POST", "runs/log-inputs", {"run_id": second, "datasets": [use({**IRIS, "source": "other"}, b="4")]})
    assert inputs(mlflow, first) == [use(whole, a="1")]
    assert inputs(mlflow, second) == [use(whole, b="4")]
    assert (Dataset.objects.count(), DatasetInput.objects.count()) == (1, 2)


def test_datasets_belong_to_an_experiment(mlflow: Door) -> None:
    for run in (mlflow.run("0"), mlflow.run(mlflow.experiment())):
        mlflow.ok("POST", "runs/log-inputs", {"run_id": run, "datasets": [use(IRIS)]})
        assert inputs(mlflow, run) == [{"dataset": IRIS}]
    assert Dataset.objects.count() == 2


def test_models_in_and_out(mlflow: Door) -> None:
    run = mlflow.run()
    mlflow.ok("POST", "runs/log-inputs", {"run_id": run, "models": [{"model_id": "m-1"}]})
    out = [{"model_id": "m-2", "step": 3}, {"model_id": "m-2", "step": 4}]
    for _ in range(2):
        mlflow.ok("POST", "runs/outputs", {"run_id": run, "models": out})
    found = mlflow.get_run(run)
    assert found["inputs"] == {"model_inputs": [{"model_id": "m-1"}]}
    assert found["outputs"] == {"model_outputs": out}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("runs/log-inputs", {"datasets": [{"tags": []}]}, "'datasets[0].dataset'"),
        ("runs/log-inputs", {"datasets": [use({"name": "x"})]}, "'datasets[0].dataset.digest'"),
        ("runs/log-inputs", {"datasets": [use({**IRIS, "name": "x" * 501})]}, "'name' exceeds"),
        ("runs/log-inputs", {"datasets": [use({**IRIS, "digest": "x" * 37})]}, "'digest' exceeds"),
        ("runs/log-inputs", {"datasets": [use({**IRIS, "source": "x" * 65_536})]}, "'source' exceeds"),
        ("runs/log-inputs", {"datasets": [use({**IRIS, "schema": "x" * 1_048_576})]}, "'schema' exceeds"),
        ("runs/log-inputs", {"datasets": [use({**IRIS, "profile": "x" * 16_777_216})]}, "'profile' exceeds"),
        ("runs/log-inputs", {"datasets": [use(IRIS, **{"k" * 256: "v"})]}, "'key' exceeds"),
        ("runs/log-inputs", {"datasets": [use(IRIS, k="v" * 501)]}, "'value' exceeds"),
        ("runs/log-inputs", {"models": [{"model_id": "m" * 37}]}, "'model_id' exceeds"),
        ("runs/log-inputs", {"models": [{}]}, "'models[0].model_id'"),
        ("runs/outputs", {}, "'models'"),
        ("runs/outputs", {"models": [{"step": 1}]}, "'models[0].model_id'"),
    ],
)
def test_what_is_refused(mlflow: Door, path: str, body: dict[str, object], words: str) -> None:
    run = mlflow.run()
    status, code, message = mlflow.refused("POST", path, {"run_id": run, **body})
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert words in message
    assert inputs(mlflow, run) == []
