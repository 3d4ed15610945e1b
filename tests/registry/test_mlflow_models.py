"""registered-models/… by HTTP: success, refusals, messages, limits."""

from __future__ import annotations

import pytest

from registry.models import RegisteredModel
from tests.registry.conftest import IS_PROMPT, SEE, Door, Registry
from tests.tracking.conftest import DoorFor


def test_create_answers_the_model(mlflow: Door) -> None:
    body = {"name": "iris", "description": "Which iris is it?", "tags": [{"key": "a", "value": "1"}, {"key": "b"}]}
    made = mlflow.ok("POST", "registered-models/create", body)["registered_model"]
    assert isinstance(made["creation_timestamp"], int)
    assert made == {
        "name": "iris",
        "creation_timestamp": made["creation_timestamp"],
        "last_updated_timestamp": made["creation_timestamp"],
        "description": "Which iris is it?",
        "user_id": "bob",
        "tags": [{"key": "a", "value": "1"}, {"key": "b", "value": ""}],
    }
    assert mlflow.ok("GET", "registered-models/get", name="iris")["registered_model"] == made
    assert (
        mlflow.ok("GET", "registered-models/get", api="ajax-api/2.0/mlflow/", name="iris")["registered_model"] == made
    )


def test_of_tags_given_twice_the_last_counts(registry: Registry) -> None:
    tags = [{"key": "k", "value": "first"}, {"key": "k", "value": "last"}]
    assert registry.model(tags=tags)["tags"] == [{"key": "k", "value": "last"}]


def test_names_differ_by_case_and_by_repository(registry: Registry, other_repo, alice, token_for) -> None:
    registry.model("Iris")
    registry.model("iris")
    other = Registry(Door(other_repo, token_for(alice)))
    assert other.door.refused("GET", "registered-models/get", name="iris")[0] == 404
    other.model("iris")
    assert sorted(registry.models()) == ["Iris", "iris"]
    assert other.models() == ["iris"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, f"Missing value for required parameter 'name'.{SEE}"),
        ({"name": ""}, f"Missing value for required parameter 'name'.{SEE}"),
        ({"name": "  "}, "Missing value for required parameter 'name'."),
        ({"name": 3}, f"Invalid value 3 for parameter 'name' supplied:  Hint: Value was of type 'int'.{SEE}"),
        ({"name": "a/b"}, "Invalid model name 'a/b'. Names cannot contain '/' or ':'."),
        ({"name": "a:b"}, "Invalid model name 'a:b'. Names cannot contain '/' or ':'."),
        ({"name": ".."}, "Invalid value \"..\" for parameter 'name' supplied: Names may be treated as files"),
        ({"name": "."}, "Invalid value \".\" for parameter 'name' supplied: Names may be treated as files"),
        ({"name": "x" * 257}, "'name' exceeds the maximum length of 256 characters"),
        ({"name": "x\0"}, "The value of 'name' contains the character NUL, which cannot be stored."),
        ({"name": "x", "tags": [{"key": "a", "value": "v" * 100_001}]}, "'value' exceeds the maximum length of 100000"),
        ({"name": "x", "tags": [{"key": "k" * 251}]}, "'key' exceeds the maximum length of 250 characters"),
        ({"name": "x", "tags": [{"key": "../k"}]}, "Invalid value \"../k\" for parameter 'key' supplied"),
        ({"name": "x", "tags": [{"value": "v"}]}, "Missing value for required parameter 'tags[0].key'."),
        ({"name": "x", "description": "d" * 100_001}, "'description' exceeds the maximum length of 100000 characters"),
    ],
)
def test_create_refuses(mlflow: Door, body, message) -> None:
    status, code, said = mlflow.refused("POST", "registered-models/create", body)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert said.startswith(message)
    assert RegisteredModel.objects.count() == 0


def test_a_name_is_taken_once(registry: Registry) -> None:
    registry.model("iris")
    registry.prompt("greeting")
    prompt = [{"key": IS_PROMPT, "value": "true"}]
    refused = registry.door.refused
    create = "registered-models/create"
    assert refused("POST", create, {"name": "iris"}) == (
        400,
        "RESOURCE_ALREADY_EXISTS",
        "Registered Model (name=iris) already exists.",
    )
    assert refused("POST", create, {"name": "greeting", "tags": prompt}) == (
        400,
        "RESOURCE_ALREADY_EXISTS",
        "Prompt (name=greeting) already exists.",
    )
    assert refused("POST", create, {"name": "greeting"})[2] == (
        "Tried to create a registered model with name 'greeting', but the name is already taken by a prompt. "
        "MLflow does not allow creating a model and a prompt with the same name."
    )
    assert refused("POST", create, {"name": "iris", "tags": prompt})[2].startswith("Tried to create a prompt with name")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "registered-models/rename", {"name": "no", "new_name": "other"}),
        ("PATCH", "registered-models/update", {"name": "no", "description": ""}),
        ("DELETE", "registered-models/delete", {"name": "no"}),
        ("GET", "registered-models/get", {"name": "no"}),
        ("POST", "registered-models/get-latest-versions", {"name": "no"}),
        ("POST", "registered-models/set-tag", {"name": "no", "key": "k", "value": "v"}),
        ("DELETE", "registered-models/delete-tag", {"name": "no", "key": "k"}),
        ("DELETE", "registered-models/alias", {"name": "no", "alias": "a"}),
        ("GET", "registered-models/alias", {"name": "no", "alias": "a"}),
        ("GET", "registered-models/alias", {"name": "no", "alias": "latest"}),
        ("POST", "model-versions/create", {"name": "no", "source": "s3://b/m"}),
    ],
)
def test_an_unknown_model_is_not_found(mlflow: Door, method, path, body) -> None:
    answer = mlflow.refused(method, path, None if method == "GET" else body, **(body if method == "GET" else {}))
    assert answer == (404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=no not found")


def test_update_sets_and_clears_the_description(registry: Registry) -> None:
    made = registry.model(description="old")
    update = "registered-models/update"
    found = registry.door.ok("PATCH", update, {"name": "iris", "description": "new"})["registered_model"]
    assert found["description"] == "new"
    assert found["last_updated_timestamp"] >= made["last_updated_timestamp"]
    assert registry.door.ok("PATCH", update, {"name": "iris"})["registered_model"]["description"] == ""


def test_rename_takes_everything_along(registry: Registry) -> None:
    registry.model("iris", tags=[{"key": "k", "value": "v"}])
    registry.version("iris", tags=[{"key": "w", "value": "x"}])
    registry.door.ok("POST", "registered-models/alias", {"name": "iris", "alias": "best", "version": "1"})
    RegisteredModel.objects.update(updated_at=5)
    answer = registry.door.ok("POST", "registered-models/rename", {"name": "iris", "new_name": "flower"})
    found = answer["registered_model"]
    assert found["name"] == "flower"
    assert found["tags"] == [{"key": "k", "value": "v"}]
    assert found["aliases"] == [{"alias": "best", "version": "1"}]
    assert found["last_updated_timestamp"] > 5
    version = registry.get_version("1", "flower")
    assert version["aliases"] == ["best"]
    assert version["tags"] == [{"key": "w", "value": "x"}]
    assert version["last_updated_timestamp"] == found["last_updated_timestamp"]
    assert registry.door.refused("GET", "registered-models/get", name="iris")[0] == 404
    registry.model("iris")


def test_rename_refuses(registry: Registry) -> None:
    registry.model("iris")
    registry.model("flower")
    rename = "registered-models/rename"
    refused = registry.door.refused
    assert refused("POST", rename, {"name": "iris", "new_name": "flower"}) == (
        400,
        "RESOURCE_ALREADY_EXISTS",
        "Registered Model (name=flower) already exists.",
    )
    assert refused("POST", rename, {"name": "iris"})[2] == f"Missing value for required parameter 'new_name'.{SEE}"
    assert refused("POST", rename, {"name": "iris", "new_name": " "})[:2] == (400, "INVALID_PARAMETER_VALUE")
    assert refused("POST", rename, {"name": "iris", "new_name": "a/b"})[2].startswith("Invalid model name 'a/b'.")
    assert registry.door.ok("POST", rename, {"name": "iris", "new_name": "iris"})["registered_model"]["name"] == "iris"


def test_delete_removes_everything_and_frees_the_name(registry: Registry) -> None:
    registry.model("iris", tags=[{"key": "k", "value": "v"}])
    registry.version("iris", tags=[{"key": "w", "value": "x"}])
    registry.model("other")
    registry.version("other")
    registry.door.ok("POST", "registered-models/alias", {"name": "iris", "alias": "best", "version": "1"})
    assert registry.door.ok("DELETE", "registered-models/delete", {"name": "iris"}) == {}
    assert registry.door.refused("DELETE", "registered-models/delete", {"name": "iris"})[0] == 404
    assert registry.models() == ["other"]
    assert registry.versions() == ["other/1"]
    registry.model("iris")
    assert registry.version("iris")["version"] == "1"
    assert "aliases" not in registry.get("iris")


def test_tags_are_set_replaced_and_removed(registry: Registry) -> None:
    registry.model()
    ok = registry.door.ok
    assert ok("POST", "registered-models/set-tag", {"name": "iris", "key": "k", "value": "1"}) == {}
    ok("POST", "registered-models/set-tag", {"name": "iris", "key": "k", "value": "2"})
    ok("POST", "registered-models/set-tag", {"name": "iris", "key": "empty", "value": ""})
    assert registry.get()["tags"] == [{"key": "empty", "value": ""}, {"key": "k", "value": "2"}]
    assert ok("DELETE", "registered-models/delete-tag", {"name": "iris", "key": "k"}) == {}
    assert ok("DELETE", "registered-models/delete-tag", {"name": "iris", "key": "k"}) == {}
    assert registry.get()["tags"] == [{"key": "empty", "value": ""}]
    too_long = {"name": "iris", "key": "k", "value": "v" * 100_001}
    assert registry.door.refused("POST", "registered-models/set-tag", too_long)[2] == (
        "'value' exceeds the maximum length of 100000 characters"
    )
    assert registry.door.refused("POST", "registered-models/set-tag", {"name": "iris", "value": "v"})[2] == (
        f"Missing value for required parameter 'key'.{SEE}"
    )


def test_latest_versions_are_one_per_stage(registry: Registry) -> None:
    registry.model()
    for _ in range(5):
        registry.version()
    for number, stage in (("1", "Staging"), ("2", "staging"), ("3", "PRODUCTION")):
        body = {"name": "iris", "version": number, "stage": stage, "archive_existing_versions": False}
        registry.door.ok("POST", "model-versions/transition-stage", body)
    registry.door.ok("DELETE", "model-versions/delete", {"name": "iris", "version": "5"})

    def latest(method: str, **asked: object) -> dict[str, str]:
        body = {"name": "iris", **asked}
        path = "registered-models/get-latest-versions"
        answer = registry.door.ok(method, path, body if method == "POST" else None, **(body if method == "GET" else {}))
        return {found["current_stage"]: found["version"] for found in answer.get("model_versions", [])}

    everything = {"None": "4", "Staging": "2", "Production": "3"}
    assert {found["current_stage"]: found["version"] for found in registry.get()["latest_versions"]} == everything
    assert latest("POST") == latest("GET") == latest("POST", stages=[]) == everything
    assert latest("POST", stages=["Production"]) == latest("GET", stages=["production"]) == {"Production": "3"}
    assert latest("GET", stages=["None", "Staging"]) == {"None": "4", "Staging": "2"}
    assert latest("POST", stages=["Archived"]) == {}
    refused = registry.door.refused(
        "POST", "registered-models/get-latest-versions", {"name": "iris", "stages": ["Live"]}
    )
    assert refused == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived.",
    )


def test_aliases_move_and_vanish(registry: Registry) -> None:
    registry.model()
    registry.version()
    registry.version()
    ok, path = registry.door.ok, "registered-models/alias"
    assert ok("POST", path, {"name": "iris", "alias": "best", "version": "1"}) == {}
    ok("POST", path, {"name": "iris", "alias": "best", "version": "2"})
    ok("POST", path, {"name": "iris", "alias": "Best", "version": "1"})
    assert registry.get()["aliases"] == [{"alias": "Best", "version": "1"}, {"alias": "best", "version": "2"}]
    found = ok("GET", path, name="iris", alias="best")["model_version"]
    assert (found["version"], found["aliases"]) == ("2", ["best"])
    assert ok("GET", path, name="iris", alias="LATEST")["model_version"]["version"] == "2"
    ok("DELETE", "model-versions/delete", {"name": "iris", "version": "2"})
    assert registry.get()["aliases"] == [{"alias": "Best", "version": "1"}]
    assert ok("GET", path, name="iris", alias="latest")["model_version"]["version"] == "1"
    assert ok("DELETE", path, {"name": "iris", "alias": "Best"}) == {}
    assert ok("DELETE", path, {"name": "iris", "alias": "Best"}) == {}
    assert registry.door.refused("GET", path, name="iris", alias="Best") == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Registered model alias Best not found.",
    )


@pytest.mark.parametrize(
    ("alias", "version", "status", "message"),
    [
        ("latest", "1", 400, "'latest' alias name (case insensitive) is reserved."),
        ("Latest", "1", 400, "'latest' alias name (case insensitive) is reserved."),
        ("v1", "1", 400, "Version alias name 'v1' is reserved."),
        ("V12", "1", 400, "Version alias name 'V12' is reserved."),
        ("a b", "1", 400, "Invalid alias name: 'a b'. Names may only contain alphanumerics"),
        ("a\n", "1", 400, "Invalid alias name: 'a\n'. Names may only contain alphanumerics"),
        ("a" * 256, "1", 400, "'Registered model alias name' exceeds the maximum length of 255 characters"),
        ("", "1", 400, "Missing value for required parameter 'alias'."),
        ("best", "", 400, "Missing value for required parameter 'version'."),
        ("best", "x", 400, "Parameter 'version' must be an integer, got 'x'."),
        ("best", "2", 404, "Model Version (name=iris, version=2) not found"),
        ("best", "9" * 30, 404, f"Model Version (name=iris, version={'9' * 30}) not found"),
        ("best", "-1", 404, "Model Version (name=iris, version=-1) not found"),
    ],
)
def test_aliases_that_cannot_be(registry: Registry, alias, version, status, message) -> None:
    registry.model()
    registry.version()
    body = {"name": "iris", "alias": alias, "version": version}
    answer = registry.door.refused("POST", "registered-models/alias", body)
    assert answer[0] == status
    assert answer[2].startswith(message)
    assert "aliases" not in registry.get()


def test_latest_of_a_model_without_versions_is_not_found(registry: Registry) -> None:
    registry.model()
    answer = registry.door.refused("GET", "registered-models/alias", name="iris", alias="latest")
    assert answer == (404, "RESOURCE_DOES_NOT_EXIST", "Latest version not found for model iris.")


WRITES = [
    ("POST", "registered-models/create", {"name": "x"}),
    ("POST", "registered-models/rename", {"name": "iris", "new_name": "x"}),
    ("PATCH", "registered-models/update", {"name": "iris"}),
    ("DELETE", "registered-models/delete", {"name": "iris"}),
    ("POST", "registered-models/set-tag", {"name": "iris", "key": "k", "value": "v"}),
    ("DELETE", "registered-models/delete-tag", {"name": "iris", "key": "k"}),
    ("POST", "registered-models/alias", {"name": "iris", "alias": "a", "version": "1"}),
    ("DELETE", "registered-models/alias", {"name": "iris", "alias": "best"}),
    ("POST", "model-versions/create", {"name": "iris", "source": "s3://b/m"}),
    ("PATCH", "model-versions/update", {"name": "iris", "version": "1"}),
    ("POST", "model-versions/transition-stage", {"name": "iris", "version": "1", "stage": "Staging"}),
    ("DELETE", "model-versions/delete", {"name": "iris", "version": "1"}),
    ("POST", "model-versions/set-tag", {"name": "iris", "version": "1", "key": "k", "value": "v"}),
    ("DELETE", "model-versions/delete-tag", {"name": "iris", "version": "1", "key": "k"}),
]
READS = [
    ("registered-models/get", {"name": "iris"}),
    ("registered-models/search", {}),
    ("registered-models/get-latest-versions", {"name": "iris"}),
    ("registered-models/alias", {"name": "iris", "alias": "best"}),
    ("model-versions/get", {"name": "iris", "version": "1"}),
    ("model-versions/search", {}),
    ("model-versions/get-download-uri", {"name": "iris", "version": "1"}),
]


def test_readers_read_and_do_not_write(registry: Registry, door_for: DoorFor, carol, mallory) -> None:
    registry.model()
    registry.version()
    registry.door.ok("POST", "registered-models/alias", {"name": "iris", "alias": "best", "version": "1"})
    before = registry.get()
    reader, stranger, anybody = door_for(carol), door_for(mallory), door_for(None)
    for path, query in READS:
        assert reader("GET", path, **query).status == 200
        assert stranger("GET", path, **query).status == 404
        assert anybody("GET", path, **query).status == 401
    for method, path, body in WRITES:
        assert reader.refused(method, path, body)[:2] == (403, "PERMISSION_DENIED"), path
        assert stranger(method, path, body).status == 404
        assert anybody(method, path, body).status == 401
    assert registry.get() == before
    assert reader.ok("POST", "registered-models/get-latest-versions", {"name": "iris"})["model_versions"]
