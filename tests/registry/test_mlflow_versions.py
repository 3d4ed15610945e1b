"""model-versions/… by HTTP: success, refusals, messages, stages, and what sources may be."""

from __future__ import annotations

import json

import pytest

from registry.models import ModelVersion
from tests.registry.conftest import SEE, Door, Registry
from tracking.models import Experiment, LoggedModel

RUN_INSIDE = "The run_id request parameter must identify the resource that contains the source."
MODEL_INSIDE = "The model_id request parameter must identify the resource that contains the source."
RELATIVE = "an absolute path must be provided without relative path references present."


def logged_model(door: Door, **fields: object) -> str:
    body = {"experiment_id": "0", "name": "forest", **fields}
    return str(door.ok("POST", "logged-models", body)["model"]["info"]["model_id"])


def test_create_answers_the_version(registry: Registry) -> None:
    registry.model()
    fields = {
        "run_id": "a" * 32,
        "run_link": "https://elsewhere/run",
        "description": "first",
        "tags": [{"key": "k", "value": "x"}, {"key": "k", "value": "v"}],
    }
    made = registry.version(**fields)
    assert made == {
        "name": "iris",
        "version": "1",
        "creation_timestamp": made["creation_timestamp"],
        "last_updated_timestamp": made["creation_timestamp"],
        "current_stage": "None",
        "description": "first",
        "source": "s3://bucket/model",
        "run_id": "a" * 32,
        "status": "READY",
        "run_link": "https://elsewhere/run",
        "user_id": "bob",
        "tags": [{"key": "k", "value": "v"}],
    }
    assert registry.get_version() == made
    assert registry.get()["last_updated_timestamp"] == made["creation_timestamp"]
    bare = registry.version()
    assert (bare["version"], bare["description"], bare["run_link"], bare["run_id"]) == ("2", "", "", "")


def test_numbers_are_never_given_twice(registry: Registry) -> None:
    registry.model()
    assert [registry.version()["version"] for _ in range(3)] == ["1", "2", "3"]
    registry.door.ok("DELETE", "model-versions/delete", {"name": "iris", "version": "3"})
    assert registry.version()["version"] == "4"
    registry.door.refused("POST", "model-versions/create", {"name": "iris", "source": "s3://b/../c"})
    assert registry.version()["version"] == "5"


def test_delete_hides_the_version(registry: Registry) -> None:
    registry.model()
    registry.version()
    registry.door.ok("POST", "registered-models/alias", {"name": "iris", "alias": "best", "version": "1"})
    delete = {"name": "iris", "version": "1"}
    assert registry.door.ok("DELETE", "model-versions/delete", delete) == {}
    gone = (404, "RESOURCE_DOES_NOT_EXIST", "Model Version (name=iris, version=1) not found")
    assert registry.door.refused("DELETE", "model-versions/delete", delete) == gone
    assert registry.door.refused("GET", "model-versions/get", name="iris", version="1") == gone
    assert registry.door.refused("GET", "model-versions/get-download-uri", name="iris", version="1") == gone
    assert registry.versions() == []
    assert "latest_versions" not in registry.get()
    assert "aliases" not in registry.get()


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "model-versions/get", {}),
        ("GET", "model-versions/get-download-uri", {}),
        ("PATCH", "model-versions/update", {"description": "x"}),
        ("POST", "model-versions/transition-stage", {"stage": "Staging", "archive_existing_versions": False}),
        ("DELETE", "model-versions/delete", {}),
        ("POST", "model-versions/set-tag", {"key": "k", "value": "v"}),
        ("DELETE", "model-versions/delete-tag", {"key": "k"}),
    ],
)
def test_versions_that_are_not(registry: Registry, method, path, more) -> None:
    registry.model()

    def refused(**fields: str) -> tuple[int, str, str]:
        body = {**fields, **more}
        return registry.door.refused(
            method, path, None if method == "GET" else body, **(body if method == "GET" else {})
        )

    not_found = "RESOURCE_DOES_NOT_EXIST"
    wrong = "INVALID_PARAMETER_VALUE"
    assert refused(name="iris", version="1") == (404, not_found, "Model Version (name=iris, version=1) not found")
    assert refused(name="no", version="1") == (404, not_found, "Model Version (name=no, version=1) not found")
    assert refused(name="iris", version="x") == (400, wrong, "Parameter 'version' must be an integer, got 'x'.")
    assert refused(name="a/b", version="1")[:2] == (400, wrong)
    assert refused(name="iris") == (400, wrong, f"Missing value for required parameter 'version'.{SEE}")
    assert refused(version="1") == (400, wrong, f"Missing value for required parameter 'name'.{SEE}")


def test_update_sets_and_clears_the_description(registry: Registry) -> None:
    registry.model()
    registry.version(description="old")
    before = registry.get()["last_updated_timestamp"]
    ModelVersion.objects.update(updated_at=5)
    body = {"name": "iris", "version": "1", "description": "new"}
    found = registry.door.ok("PATCH", "model-versions/update", body)["model_version"]
    assert found["description"] == "new"
    assert found["last_updated_timestamp"] > 5
    assert registry.get()["last_updated_timestamp"] == before
    del body["description"]
    assert registry.door.ok("PATCH", "model-versions/update", body)["model_version"]["description"] == ""


def test_stages(registry: Registry) -> None:
    registry.model()
    for _ in range(3):
        registry.version()

    def move(version: str, stage: str, archive: bool = False) -> str:
        body = {"name": "iris", "version": version, "stage": stage, "archive_existing_versions": archive}
        return registry.door.ok("POST", "model-versions/transition-stage", body)["model_version"]["current_stage"]

    assert move("1", "production") == "Production"
    assert move("2", "Production") == "Production"
    assert registry.get_version("1")["current_stage"] == "Production"
    assert move("3", "PRODUCTION", archive=True) == "Production"
    assert [registry.get_version(number)["current_stage"] for number in "123"] == ["Archived", "Archived", "Production"]
    assert move("3", "Production", archive=True) == "Production"
    assert move("3", "none") == "None"


def test_stages_that_are_refused(registry: Registry) -> None:
    registry.model()
    registry.version()
    body = {"name": "iris", "version": "1", "stage": "Live", "archive_existing_versions": False}
    refused, path = registry.door.refused, "model-versions/transition-stage"
    assert refused("POST", path, body) == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived.",
    )
    assert refused("POST", path, {**body, "stage": "Archived", "archive_existing_versions": True}) == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Model version transition cannot archive existing model versions because 'Archived' is not an Active stage. "
        "Valid stages are ['Staging', 'Production']",
    )
    assert refused("POST", path, {**body, "stage": "Staging", "archive_existing_versions": "perhaps"})[:2] == (
        400,
        "INVALID_PARAMETER_VALUE",
    )
    assert registry.get_version()["current_stage"] == "None"


def test_tags_are_set_replaced_and_removed(registry: Registry) -> None:
    registry.model()
    registry.version()
    where = {"name": "iris", "version": "1"}
    ok = registry.door.ok
    assert ok("POST", "model-versions/set-tag", {**where, "key": "k", "value": "1"}) == {}
    ok("POST", "model-versions/set-tag", {**where, "key": "k", "value": "2"})
    assert registry.get_version()["tags"] == [{"key": "k", "value": "2"}]
    assert ok("DELETE", "model-versions/delete-tag", {**where, "key": "k"}) == {}
    assert ok("DELETE", "model-versions/delete-tag", {**where, "key": "k"}) == {}
    assert "tags" not in registry.get_version()
    long = {**where, "key": "mlflow.prompt.text", "value": "x" * 100_001}
    assert registry.door.refused("POST", "model-versions/set-tag", long)[2] == (
        "Prompt text exceeds max length of 100000 characters."
    )
    long["key"] = "other"
    assert registry.door.refused("POST", "model-versions/set-tag", long)[2] == (
        "'value' exceeds the maximum length of 100000 characters"
    )


# --- what sources may be


def test_a_runs_source_names_the_run_of_the_request(registry: Registry) -> None:
    registry.model()
    run = "f" * 32
    made = registry.version(source=f"runs:/{run}/model", run_id=run)
    assert made["run_id"] == run
    assert registry.door.ok("GET", "model-versions/get-download-uri", name="iris", version="1") == {
        "artifact_uri": f"runs:/{run}/model"
    }


@pytest.mark.parametrize(
    ("source", "more", "message"),
    [
        ("runs:/abc/model", {}, RUN_INSIDE),
        ("runs:/abc/model", {"run_id": "other"}, RUN_INSIDE),
        ("runs://host/abc/model", {"run_id": "abc"}, RUN_INSIDE),
        ("runs:/", {"run_id": ""}, RELATIVE),
        ("runs:/abc/../def", {"run_id": "abc"}, RELATIVE),
        ("models:/m-1", {}, MODEL_INSIDE),
        ("models:/m-1", {"model_id": "m-2"}, MODEL_INSIDE),
        ("models:/m-1", {"model_id": "m-1"}, MODEL_INSIDE),
        ("models:/", {}, RELATIVE),
        ("models:/a/b/c", {}, MODEL_INSIDE),
        ("models:/@best", {}, MODEL_INSIDE),
        ("models://host/iris/1", {}, "Registered model sources must use the active model registry."),
        ("mlflow-artifacts:/1/x/artifacts", {}, RUN_INSIDE),
        ("mlflow-artifacts:/1/x/artifacts", {"run_id": "x"}, RUN_INSIDE),
        ("mlflow-artifacts:/1/x/artifacts", {"model_id": "m-x"}, MODEL_INSIDE),
        ("http://hub/api/2.0/mlflow-artifacts/artifacts/1/x", {}, RUN_INSIDE),
        ("https://hub/p/api/2.0/mlflow-artifacts/artifacts/1/x", {"run_id": "x"}, RUN_INSIDE),
        ("https://hub/%61pi/2.0/mlflow%2Dartifacts/artifacts/1", {}, RUN_INSIDE),
        ("/etc/passwd", {}, "To use a local path as a model version source, the run_id"),
        ("file:///etc/passwd", {}, "To use a local path as a model version source, the run_id"),
        ("file://host/etc/passwd", {}, "To use a local path as a model version source, the run_id"),
        ("./model", {}, "To use a local path as a model version source, the run_id"),
        ("/etc/passwd", {"model_id": "m-x"}, MODEL_INSIDE),
        ("s3://bucket/a/../b", {}, RELATIVE),
        ("s3://bucket/%2e%2e/b", {}, RELATIVE),
        ("s3://bucket/%252e%252e%252fb", {}, RELATIVE),
        ("s3://bucket/%" + "25" * 20 + "2e%2e/b", {}, RELATIVE),
        ("s3:bucket/b", {}, RELATIVE),
        ("s3://bucket/b%00", {}, RELATIVE),
        ("s3://bucket/./b", {}, RELATIVE),
        ("http://[::1/b", {}, "It is no URI."),
    ],
)
def test_sources_that_are_refused(registry: Registry, source, more, message) -> None:
    registry.model()
    body = {"name": "iris", "source": source, **more}
    status, code, said = registry.door.refused("POST", "model-versions/create", body)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert said.startswith(f"Invalid model version source: '{source}'.")
    assert message in said
    assert ModelVersion.objects.count() == 0


def test_a_source_with_nul_or_too_long_is_refused(registry: Registry) -> None:
    registry.model()
    refused = registry.door.refused
    assert refused("POST", "model-versions/create", {"name": "iris", "source": "s3://b/\0"})[2] == (
        "The value of 'source' contains the character NUL, which cannot be stored."
    )
    assert refused("POST", "model-versions/create", {"name": "iris", "source": "s3://b/" + "x" * 8000})[2] == (
        "'source' exceeds the maximum length of 8000 characters"
    )
    assert refused("POST", "model-versions/create", {"name": "iris"})[2] == (
        f"Missing value for required parameter 'source'.{SEE}"
    )


@pytest.mark.parametrize(
    "source", ["s3://bucket/model", "gs://b/x?y=1", "dbfs:/x/y", "https://elsewhere/model", "s3://b/a+b"]
)
def test_other_schemes_are_free(registry: Registry, source) -> None:
    registry.model()
    assert registry.version(source=source)["source"] == source


def test_artifacts_must_lie_in_the_run(registry: Registry) -> None:
    registry.model()
    run, other = registry.door.run(), registry.door.run()
    root = f"mlflow-artifacts:/0/{run}/artifacts"
    assert registry.version(source=f"{root}/model", run_id=run)["source"] == f"{root}/model"
    assert registry.version(source=root, run_id=run)["version"] == "2"
    for source, run_id in ((f"{root}/model", other), (f"{root}x/model", run), ("mlflow-artifacts:/0", run)):
        body = {"name": "iris", "source": source, "run_id": run_id}
        assert RUN_INSIDE in registry.door.refused("POST", "model-versions/create", body)[2]
    body = {"name": "iris", "source": f"mlflow-artifacts://host/0/{run}/artifacts", "run_id": run}
    assert RUN_INSIDE in registry.door.refused("POST", "model-versions/create", body)[2]


def test_runs_of_other_repositories_do_not_count(registry: Registry, other_repo, alice, token_for) -> None:
    registry.model()
    run = Door(other_repo, token_for(alice)).run()
    body = {"name": "iris", "source": f"mlflow-artifacts:/0/{run}/artifacts/model", "run_id": run}
    assert RUN_INSIDE in registry.door.refused("POST", "model-versions/create", body)[2]


def test_local_folders_must_lie_in_a_local_run(registry: Registry) -> None:
    registry.model()
    number = registry.door.ok("POST", "experiments/create", {"name": "l", "artifact_location": "/srv/ml"})
    run = registry.door.run(number["experiment_id"])
    for source in (
        f"/srv/ml/{run}/artifacts/model",
        f"file:///srv/ml/{run}/artifacts",
        f"file:/srv/ml/{run}/artifacts",
    ):
        assert registry.version(source=source, run_id=run)["source"] == source
    for source in (f"/srv/ml/{run}/artifacts/../../x", f"/srv/ml/{run}/artifactsx", "/srv/ml", "srv/ml"):
        body = {"name": "iris", "source": source, "run_id": run}
        assert "To use a local path" in registry.door.refused("POST", "model-versions/create", body)[2]
    assert Experiment.objects.filter(artifact_location="/srv/ml").count() == 1


def test_a_logged_model_is_a_source(registry: Registry) -> None:
    registry.model()
    run = registry.door.run()
    model = logged_model(registry.door, source_run_id=run)
    made = registry.version(source=f"models:/{model}", model_id=model)
    assert (made["source"], made["run_id"]) == (f"models:/{model}", run)
    uri = registry.door.ok("GET", "model-versions/get-download-uri", name="iris", version="1")["artifact_uri"]
    assert uri == f"mlflow-artifacts:/0/models/{model}/artifacts"
    registry.version(source=uri, model_id=model)
    registry.model("second")
    registry.version("second", "s3://free/place", model_id=model)
    info = registry.door.ok("GET", f"logged-models/{model}")["model"]["info"]
    noted = json.loads({tag["key"]: tag["value"] for tag in info["tags"]}["mlflow.modelVersions"])
    assert noted == [
        {"name": "iris", "version": "1"},
        {"name": "iris", "version": "2"},
        {"name": "second", "version": "1"},
    ]


def test_a_logged_model_that_is_gone_is_no_source(registry: Registry) -> None:
    registry.model()
    model = logged_model(registry.door)
    registry.door.ok("DELETE", f"logged-models/{model}")
    body = {"name": "iris", "source": f"models:/{model}", "model_id": model}
    assert MODEL_INSIDE in registry.door.refused("POST", "model-versions/create", body)[2]
    body["source"] = "s3://free/place"
    assert registry.door.refused("POST", "model-versions/create", body) == (
        404,
        "RESOURCE_DOES_NOT_EXIST",
        f"Logged model with ID '{model}' not found.",
    )
    assert ModelVersion.objects.count() == 0


def test_a_list_of_versions_that_is_no_list_is_begun_anew(registry: Registry) -> None:
    registry.model()
    model = logged_model(registry.door, tags=[{"key": "mlflow.modelVersions", "value": "nonsense"}])
    registry.version(source=f"models:/{model}", model_id=model)
    tag = LoggedModel.objects.get(uuid=model).tags.get(key="mlflow.modelVersions")
    assert json.loads(tag.value) == [{"name": "iris", "version": "1"}]


def test_copies_keep_their_lineage(registry: Registry) -> None:
    registry.model()
    run = registry.door.run()
    model = logged_model(registry.door, source_run_id=run)
    registry.version(source="s3://old/place")
    registry.version(source=f"models:/{model}", model_id=model)
    registry.door.ok("POST", "registered-models/alias", {"name": "iris", "alias": "best", "version": "2"})
    body = {"name": "iris", "version": "2", "stage": "Production"}
    registry.door.ok("POST", "model-versions/transition-stage", body)
    registry.model("copy")
    home = f"mlflow-artifacts:/0/models/{model}/artifacts"
    for source in ("models:/iris/2", "models:/iris@best", "models:/iris/production", "models:/iris/LATEST"):
        made = registry.version("copy", source)
        assert (made["source"], made["run_id"]) == ("models:/iris/2", run)
        answer = registry.door.ok("GET", "model-versions/get-download-uri", name="copy", version=made["version"])
        assert answer["artifact_uri"] == home
    of_copy = registry.version("copy", "models:/copy/1", run_id=run, model_id=model)
    assert of_copy["source"] == "models:/copy/1"
    assert registry.version("copy", "models:/iris/1")["run_id"] == ""
    # The logged model goes, its registered versions stay and can still be copied.
    registry.door.ok("DELETE", f"logged-models/{model}")
    assert registry.version("copy", "models:/iris/2")["run_id"] == run


def test_copies_that_are_refused(registry: Registry) -> None:
    registry.model()
    registry.version(run_id="a" * 32)
    registry.prompt("greeting")
    refused = registry.door.refused
    create = "model-versions/create"
    match = "The run_id and model_id request parameters must match the referenced model version."
    assert match in refused("POST", create, {"name": "iris", "source": "models:/iris/1", "run_id": "b"})[2]
    assert match in refused("POST", create, {"name": "iris", "source": "models:/iris/1", "model_id": "m-1"})[2]
    assert (
        "Prompt versions cannot be used as model version sources."
        in refused("POST", create, {"name": "iris", "source": "models:/greeting/1"})[2]
    )
    for source, status, message in (
        ("models:/iris/2", 404, "Model Version (name=iris, version=2) not found"),
        ("models:/no/1", 404, "Registered Model with name=no not found"),
        ("models:/iris@best", 400, "Registered model alias best not found."),
        ("models:/iris/Staging", 404, "No versions of model with name 'iris' and stage 'Staging' found"),
        ("models:/iris/Live", 400, "Invalid Model Version stage: Live."),
    ):
        answer = refused("POST", create, {"name": "iris", "source": source})
        assert answer[0] == status
        assert answer[2].startswith(message)


def test_prompts_have_placeholders_for_sources(registry: Registry) -> None:
    made = registry.prompt("greeting", "Hello {{name}}")
    assert made["source"] == "dummy-source"
    assert {tag["key"] for tag in made["tags"]} == {
        "mlflow.prompt.is_prompt",
        "mlflow.prompt.text",
        "_mlflow_prompt_type",
    }
    tags = [{"key": "mlflow.prompt.is_prompt", "value": "True"}]
    assert registry.version("greeting", "prompt-template", tags=tags)["version"] == "2"
    body = {"name": "greeting", "source": "s3://bucket/x", "tags": tags}
    assert registry.door.refused("POST", "model-versions/create", body) == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Invalid prompt source: 's3://bucket/x'. Prompt sources must use an MLflow placeholder.",
    )
    # Without the mark it is a model's source, and no address at all.
    assert (
        "To use a local path"
        in registry.door.refused("POST", "model-versions/create", {"name": "greeting", "source": "dummy-source"})[2]
    )
    text = [*tags, {"key": "mlflow.prompt.text", "value": "x" * 100_001}]
    assert (
        registry.door.refused(
            "POST", "model-versions/create", {"name": "greeting", "source": "dummy-source", "tags": text}
        )[2]
        == "Prompt text exceeds max length of 100000 characters."
    )
