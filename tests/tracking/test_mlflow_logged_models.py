"""logged-models/… by HTTP: life of a model, parameters, tags, metrics, search, files."""

from __future__ import annotations

import json
import re

import pytest

from tests.tracking.conftest import Door


def make(mlflow: Door, **fields: object) -> str:
    body = {"experiment_id": "0", **fields}
    return str(mlflow.ok("POST", "logged-models", body)["model"]["info"]["model_id"])


def get(mlflow: Door, model: str) -> dict[str, dict[str, object]]:
    return dict(mlflow.ok("GET", f"logged-models/{model}")["model"])


def test_create(mlflow: Door) -> None:
    run = mlflow.run()
    model = make(
        mlflow,
        name="forest",
        model_type="tree",
        source_run_id=run,
        params=[{"key": "depth", "value": "3"}],
        tags=[{"key": "team", "value": "x"}],
    )
    assert re.fullmatch("m-[0-9a-f]{32}", model)
    found = get(mlflow, model)
    info = found["info"]
    assert isinstance(info.pop("creation_timestamp_ms"), int)
    assert isinstance(info.pop("last_updated_timestamp_ms"), int)
    assert info == {
        "model_id": model,
        "experiment_id": "0",
        "name": "forest",
        "artifact_uri": f"mlflow-artifacts:/0/models/{model}/artifacts",
        "status": "LOGGED_MODEL_PENDING",
        "model_type": "tree",
        "source_run_id": run,
        "tags": [{"key": "team", "value": "x"}],
    }
    assert found["data"] == {"params": [{"key": "depth", "value": "3"}]}


def test_a_name_is_made_when_none_is_given(mlflow: Door) -> None:
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", str(get(mlflow, make(mlflow))["info"]["name"]))


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a.b", "a%b", 'a"b', "a'b", "x" * 501])
def test_names_that_are_refused(mlflow: Door, name: str) -> None:
    body = {"experiment_id": "0", "name": name}
    assert mlflow.refused("POST", "logged-models", body)[:2] == (400, "INVALID_PARAMETER_VALUE")


def test_models_need_an_active_experiment(mlflow: Door) -> None:
    assert mlflow.refused("POST", "logged-models", {"experiment_id": "9"})[0] == 404
    number = mlflow.experiment()
    mlflow.ok("POST", "experiments/delete", {"experiment_id": number})
    assert mlflow.refused("POST", "logged-models", {"experiment_id": number})[0] == 400
    assert mlflow.refused("POST", "logged-models", {})[0] == 400


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("LOGGED_MODEL_READY", "LOGGED_MODEL_READY"),
        (2, "LOGGED_MODEL_READY"),
        ("LOGGED_MODEL_UPLOAD_FAILED", "LOGGED_MODEL_UPLOAD_FAILED"),
    ],
)
def test_finish(mlflow: Door, sent: object, kept: str) -> None:
    model = make(mlflow)
    answer = mlflow.ok("PATCH", f"logged-models/{model}", {"model_id": model, "status": sent})
    assert answer["model"]["info"]["status"] == kept
    assert get(mlflow, model)["info"]["status"] == kept
    assert mlflow.refused("PATCH", f"logged-models/{model}", {"status": "READY?"})[0] == 400
    assert mlflow.refused("PATCH", f"logged-models/{model}", {})[0] == 400


def test_delete_is_soft_and_may_be_repeated(mlflow: Door) -> None:
    model = make(mlflow)
    for _ in range(2):
        assert mlflow.ok("DELETE", f"logged-models/{model}", {"model_id": model}) == {}
    assert mlflow.refused("GET", f"logged-models/{model}") == (
        404, "RESOURCE_DOES_NOT_EXIST", f"Logged model with ID '{model}' not found.",
    )  # fmt: skip
    assert mlflow.ok("GET", f"logged-models/{model}", allow_deleted="true")["model"]["info"]["model_id"] == model
    assert mlflow.refused("GET", f"logged-models/{model}", allow_deleted="perhaps")[0] == 400
    assert mlflow.refused("DELETE", "logged-models/m-0", {})[0] == 404
    assert mlflow.refused("PATCH", f"logged-models/{model}", {"status": "LOGGED_MODEL_READY"})[0] == 404
    assert search(mlflow) == []


def test_tags(mlflow: Door) -> None:
    model = make(mlflow)
    for value in ("1", "2"):
        body = {"model_id": model, "tags": [{"key": "a/b", "value": value}]}
        answer = mlflow.ok("PATCH", f"logged-models/{model}/tags", body)
    assert answer["model"]["info"]["tags"] == [{"key": "a/b", "value": "2"}]
    assert mlflow.ok("DELETE", f"logged-models/{model}/tags/a%2Fb", {}) == {}
    assert mlflow.refused("DELETE", f"logged-models/{model}/tags/a%2Fb", {})[2] == (
        f"No tag with key 'a/b' found for model with ID '{model}'."
    )


def test_params_are_added_once(mlflow: Door) -> None:
    model = make(mlflow, params=[{"key": "a", "value": "1"}])
    path = f"logged-models/{model}/params"
    assert mlflow.ok("POST", path, {"model_id": model, "params": [{"key": "b", "value": "2"}]}) == {}
    assert mlflow.refused("POST", path, {"params": [{"key": "c"}, {"key": "a", "value": "1"}]})[0] == 400
    assert get(mlflow, model)["data"]["params"] == [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]


def test_metrics_of_a_model(mlflow: Door) -> None:
    model, run = make(mlflow), mlflow.run()
    metric = {"key": "acc", "value": 0.5, "timestamp": 1, "step": 0, "model_id": model, "dataset_name": "iris"}
    mlflow.ok("POST", "runs/log-metric", {"run_id": run, **metric, "dataset_digest": "d"})
    more = [{**metric, "step": 1, "value": "NaN"}, {**metric, "model_id": "m-unknown", "step": 2}]
    mlflow.ok("POST", "runs/log-batch", {"run_id": run, "metrics": more})
    first = {**metric, "dataset_digest": "d", "run_id": run}
    assert get(mlflow, model)["data"]["metrics"] == [first, {**metric, "step": 1, "value": "NaN", "run_id": run}]
    assert [found["step"] for found in mlflow.get_run(run)["data"]["metrics"]] == [2]


def search(mlflow: Door, filter_text: str = "", **more: object) -> list[str]:
    body = {"experiment_ids": ["0"], "filter": filter_text, **more}
    found = mlflow.ok("POST", "logged-models/search", body)
    return [model["info"]["name"] for model in found.get("models", [])]


@pytest.fixture
def models(mlflow: Door) -> Door:
    """Three models, a, b, c, with a metric on two datasets."""
    run = mlflow.run()
    for name, values in (("a", {"x": 1.0, "y": 5.0}), ("b", {"x": 2.0}), ("c", {})):
        model = make(mlflow, name=name, model_type=f"type-{name}", params=[{"key": "p", "value": name}])
        for step, (dataset, value) in enumerate(values.items()):
            metric = {"key": "m", "value": value, "timestamp": 1, "step": step, "model_id": model}
            mlflow.ok("POST", "runs/log-metric", {"run_id": run, **metric, "dataset_name": dataset})
    return mlflow


@pytest.mark.parametrize(
    ("filter_text", "names"),
    [
        ("", "abc"),
        ("name = 'a'", "a"),
        ("attributes.name != 'a'", "bc"),
        ("name IN ('a', 'c')", "ac"),
        ("model_type LIKE 'type-_'", "abc"),
        ("status = 'PENDING'", "abc"),
        ("status IN ('READY', 'FAILED')", ""),
        ("params.p = 'b'", "b"),
        ("params.p NOT IN ('b')", "ac"),
        ("metrics.m > 1", "ab"),
        ("metrics.m > 4 AND name = 'a'", "a"),
        ("creation_time > 0", "abc"),
        ("last_updated_timestamp < 1", ""),
        ("experiment_id = '0'", "abc"),
        ("metrics.m > 4 OR name = 'c'", "ac"),
    ],
)
def test_search(models: Door, filter_text: str, names: str) -> None:
    assert sorted(search(models, filter_text)) == list(names)


def test_search_on_datasets(models: Door) -> None:
    assert sorted(search(models, datasets=[{"dataset_name": "x"}])) == ["a", "b"]
    assert search(models, "metrics.m > 1", datasets=[{"dataset_name": "x"}]) == ["b"]
    assert search(models, datasets=[{"dataset_name": "x", "dataset_digest": "other"}]) == []


def test_search_order(models: Door) -> None:
    def names(**term: object) -> str:
        return "".join(search(models, order_by=[term]))

    assert names(field_name="name", ascending=False) == "cba"
    assert names(field_name="metrics.m") == "bac"
    assert names(field_name="metrics.m", ascending=False) == "abc"
    assert names(field_name="metrics.m", dataset_name="x") == "abc"
    assert names(field_name="params.p", ascending=True) == "abc"


def test_search_pages_are_bound_to_their_question(models: Door) -> None:
    body: dict[str, object] = {"experiment_ids": ["0"], "max_results": 2, "order_by": [{"field_name": "name"}]}
    first = models.ok("POST", "logged-models/search", body)
    token = first["next_page_token"]
    rest = models.ok("POST", "logged-models/search", {**body, "page_token": token})
    assert [model["info"]["name"] for model in first["models"] + rest["models"]] == ["a", "b", "c"]
    assert "next_page_token" not in rest
    for change in ({"filter": "name = 'a'"}, {"experiment_ids": ["0", "1"]}, {"order_by": []}):
        message = models.refused("POST", "logged-models/search", {**body, **change, "page_token": token})[2]
        assert "in the page token do not match" in message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "'experiment_ids'"),
        ({"experiment_ids": ["0"], "filter": "status = 'LOGGED_MODEL_READY'"}, "Invalid filter string"),
        ({"experiment_ids": ["0"], "filter": "tag.a = 'x'"}, "Invalid filter string"),
        ({"experiment_ids": ["0"], "filter": "metrics.m = 'x'"}, "Invalid filter string"),
        ({"experiment_ids": ["0"], "datasets": [{"dataset_digest": "d"}]}, "'datasets[0].dataset_name'"),
        ({"experiment_ids": ["0"], "order_by": [{}]}, "'order_by[0].field_name'"),
        ({"experiment_ids": ["0"], "order_by": [{"field_name": "size"}]}, "Invalid attribute key 'size'"),
        ({"experiment_ids": ["0"], "max_results": -1}, "max_results"),
    ],
)
def test_search_refuses(mlflow: Door, body: dict[str, object], words: str) -> None:
    status, code, message = mlflow.refused("POST", "logged-models/search", body)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert words in message


def test_files_of_a_model(mlflow: Door) -> None:
    model = make(mlflow)
    root = f"mlflow-artifacts:/0/models/{model}/artifacts"
    for name in ("MLmodel", "code/a.py"):
        mlflow.raw("PUT", f"/api/2.0/mlflow-artifacts/artifacts/0/models/{model}/artifacts/{name}", b"x")
    path = f"logged-models/{model}/artifacts/directories"
    assert mlflow.ok("GET", path) == {
        "root_uri": root,
        "files": [{"path": "MLmodel", "is_dir": False, "file_size": 1}, {"path": "code", "is_dir": True}],
    }
    inner = mlflow.ok("GET", path, artifact_directory_path="code")["files"]
    assert inner == [{"path": "code/a.py", "is_dir": False, "file_size": 1}]


def test_a_long_tag_is_kept_whole(mlflow: Door) -> None:
    """The client keeps all versions made of a model in one tag; cut JSON would break its next registration."""
    model = mlflow.ok("POST", "logged-models", {"experiment_id": "0"})["model"]["info"]["model_id"]
    versions = json.dumps([{"name": "forest", "version": str(number)} for number in range(1, 1001)])
    tag = {"key": "mlflow.modelVersions", "value": versions}
    mlflow.ok("PATCH", f"logged-models/{model}/tags", {"tags": [tag]})
    assert mlflow.ok("GET", f"logged-models/{model}")["model"]["info"]["tags"] == [tag]
    longer = {"key": "k", "value": "x" * 1_000_001}
    status, code, message = mlflow.refused("PATCH", f"logged-models/{model}/tags", {"tags": [longer]})
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert "1000000" in message
