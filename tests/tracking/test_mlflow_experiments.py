"""experiments/… by HTTP: success, refusals, messages, limits."""

from __future__ import annotations

import pytest

from tests.tracking.conftest import Door
from tracking.models import Experiment

SEE = " See the API docs for more information about request parameters."


def test_the_default_experiment_is_there_at_once(mlflow: Door) -> None:
    found = mlflow.ok("GET", "experiments/get", experiment_id="0")["experiment"]
    assert found["name"] == "Default"
    assert found["experiment_id"] == "0"
    assert found["lifecycle_stage"] == "active"
    assert found["artifact_location"] == "mlflow-artifacts:/0"
    assert "tags" not in found
    assert isinstance(found["creation_time"], int)
    assert mlflow.ok("GET", "experiments/get-by-name", experiment_name="Default")["experiment"] == found
    assert Experiment.objects.count() == 1


def test_experiments_are_numbered_per_repository(mlflow: Door, other_repo, alice, token_for) -> None:
    assert [mlflow.experiment("a"), mlflow.experiment("b")] == ["1", "2"]
    other = Door(other_repo, token_for(alice))
    assert other.experiment("a") == "1"
    assert mlflow.refused("GET", "experiments/get", experiment_id="3")[:2] == (404, "RESOURCE_DOES_NOT_EXIST")


def test_create_keeps_location_and_tags(mlflow: Door) -> None:
    body = {
        "name": "x",
        "artifact_location": "s3://bucket/path/?a=1",
        "tags": [{"key": "k", "value": "v"}, {"key": "k", "value": "last"}],
    }
    number = mlflow.ok("POST", "experiments/create", body)["experiment_id"]
    found = mlflow.ok("GET", "experiments/get", experiment_id=number)["experiment"]
    assert found["artifact_location"] == "s3://bucket/path/?a=1"
    assert found["tags"] == [{"key": "k", "value": "last"}]
    run = mlflow.run(number)
    assert mlflow.get_run(run)["info"]["artifact_uri"] == f"s3://bucket/path/{run}/artifacts?a=1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, f"Missing value for required parameter 'name'.{SEE}"),
        ({"name": ""}, f"Missing value for required parameter 'name'.{SEE}"),
        ({"name": None}, f"Missing value for required parameter 'name'.{SEE}"),
        ({"name": "   "}, "Invalid experiment name: '   '"),
        ({"name": 3}, f"Invalid value 3 for parameter 'name' supplied:  Hint: Value was of type 'int'.{SEE}"),
        ({"name": "x" * 501}, "'name' exceeds the maximum length of 500 characters"),
        ({"name": "x", "tags": {}}, "Invalid value {} for parameter 'tags' supplied:  Hint: Value was of type 'dict'."),
        ({"name": "x", "tags": [{"value": "v"}]}, "Missing value for required parameter 'tags[0].key'."),
        ({"name": "x", "tags": [{"key": "a", "value": "v" * 20_001}]}, "'value' exceeds the maximum length of 20000"),
        ({"name": "x", "artifact_location": "s" * 2049}, "'artifact_location' exceeds the maximum length of 2048"),
        ({"name": "x", "artifact_location": "runs:/a/b"}, "Artifact location cannot be a runs:/ URI"),
        ({"name": "x", "artifact_location": "s3://b/p#f"}, "Invalid value"),
        ({"name": "x", "artifact_location": "s3://b/p?x=/%2e%2e/y"}, "Invalid value"),
        ({"name": "nul\0"}, "contains the character NUL"),
    ],
)
def test_create_refuses(mlflow: Door, body: object, message: str) -> None:
    status, code, told = mlflow.refused("POST", "experiments/create", body)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message in told
    assert not Experiment.objects.exclude(number=0).exists()


def test_names_of_live_experiments_are_unique(mlflow: Door) -> None:
    mlflow.experiment("x")
    status, code, message = mlflow.refused("POST", "experiments/create", {"name": "x"})
    assert (status, code) == (400, "RESOURCE_ALREADY_EXISTS")
    assert message.startswith("Experiment(name=x) already exists")
    assert mlflow.experiment("y") == "2", "a refused creation uses up no number"


def test_unknown_experiments(mlflow: Door) -> None:
    assert mlflow.refused("GET", "experiments/get", experiment_id="77") == (
        404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=77 exists",
    )  # fmt: skip
    assert mlflow.refused("GET", "experiments/get", experiment_id="x") == (
        400, "INVALID_PARAMETER_VALUE", "Invalid experiment ID 'x'. Experiment ID must be a valid integer.",
    )  # fmt: skip
    assert mlflow.refused("GET", "experiments/get", experiment_id="9" * 30)[0] == 404
    assert mlflow.refused("GET", "experiments/get-by-name", experiment_name="nope")[:2] == (
        404, "RESOURCE_DOES_NOT_EXIST",
    )  # fmt: skip
    assert "experiment_id" in mlflow.refused("GET", "experiments/get")[2]


def test_delete_and_restore_take_the_runs_along(mlflow: Door) -> None:
    number = mlflow.experiment()
    first, second = mlflow.run(number), mlflow.run(number)
    mlflow.ok("POST", "runs/delete", {"run_id": first})
    assert mlflow.ok("POST", "experiments/delete", {"experiment_id": number}) == {}
    assert mlflow.refused("POST", "experiments/delete", {"experiment_id": number})[0] == 404
    assert mlflow.get_run(second)["info"]["lifecycle_stage"] == "deleted"
    assert mlflow.refused("POST", "runs/create", {"experiment_id": number})[2] == (
        f"The experiment {number} must be in the 'active' state. Current state is deleted."
    )
    assert _counts(number) == (0, 2)
    mlflow.ok("POST", "experiments/restore", {"experiment_id": number})
    assert [mlflow.get_run(run)["info"]["lifecycle_stage"] for run in (first, second)] == ["active"] * 2
    assert _counts(number) == (2, 0)
    assert mlflow.refused("POST", "experiments/restore", {"experiment_id": number})[0] == 404


def _counts(number: str) -> tuple[int, int]:
    return Experiment.objects.values_list("active_runs", "deleted_runs").get(number=number)


def test_rename(mlflow: Door) -> None:
    number, other = mlflow.experiment("x"), mlflow.experiment("other")
    before = mlflow.ok("GET", "experiments/get", experiment_id=number)["experiment"]["last_update_time"]
    mlflow.ok("POST", "experiments/update", {"experiment_id": number, "new_name": "y"})
    after = mlflow.ok("GET", "experiments/get", experiment_id=number)["experiment"]
    assert after["name"] == "y"
    assert after["last_update_time"] >= before
    assert mlflow.refused("POST", "experiments/update", {"experiment_id": other, "new_name": "y"})[1] == (
        "RESOURCE_ALREADY_EXISTS"
    )
    assert mlflow.refused("POST", "experiments/update", {"experiment_id": number})[0] == 400
    mlflow.ok("POST", "experiments/delete", {"experiment_id": number})
    # MLflow answers 500 here, which makes its client try for minutes; the code is the same.
    assert mlflow.refused("POST", "experiments/update", {"experiment_id": number, "new_name": "z"})[:2] == (
        400, "INVALID_STATE",
    )  # fmt: skip


def test_tags(mlflow: Door) -> None:
    number = mlflow.experiment()
    for value in ("1", "2"):
        mlflow.ok("POST", "experiments/set-experiment-tag", {"experiment_id": number, "key": "a/b", "value": value})
    assert mlflow.ok("GET", "experiments/get", experiment_id=number)["experiment"]["tags"] == [
        {"key": "a/b", "value": "2"}
    ]
    mlflow.ok("POST", "experiments/delete-experiment-tag", {"experiment_id": number, "key": "a/b"})
    assert mlflow.refused("POST", "experiments/delete-experiment-tag", {"experiment_id": number, "key": "a/b"}) == (
        404, "RESOURCE_DOES_NOT_EXIST", f"No tag with name: a/b in experiment with id {number}",
    )  # fmt: skip
    mlflow.ok("POST", "experiments/delete", {"experiment_id": number})
    status, code, message = mlflow.refused(
        "POST", "experiments/set-experiment-tag", {"experiment_id": number, "key": "k", "value": "v"}
    )
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert "must be in the 'active' state" in message


def names(mlflow: Door, **body: object) -> list[str]:
    found = mlflow.ok("POST", "experiments/search", {"max_results": 100, **body})
    return [experiment["name"] for experiment in found.get("experiments", [])]


def test_search(mlflow: Door) -> None:
    for name in ("alpha", "beta", "Gamma"):
        mlflow.experiment(name)
    mlflow.ok("POST", "experiments/set-experiment-tag", {"experiment_id": "2", "key": "team", "value": "x"})
    mlflow.ok("POST", "experiments/delete", {"experiment_id": "3"})
    assert set(names(mlflow)) == {"Default", "alpha", "beta"}
    assert names(mlflow, view_type="DELETED_ONLY") == ["Gamma"]
    assert len(names(mlflow, view_type=3)) == 4
    assert names(mlflow, filter="name LIKE '%a'", order_by=["name DESC"]) == ["beta", "alpha"]
    assert names(mlflow, filter="name ILIKE 'ALPHA'") == ["alpha"]
    assert names(mlflow, filter="name LIKE 'ALPHA'") == []
    assert names(mlflow, filter="tags.team = 'x'") == ["beta"]
    assert names(mlflow, filter="tags.team != 'x'") == []
    assert set(names(mlflow, filter="tag.team IS NULL")) == {"Default", "alpha"}
    assert names(mlflow, filter="experiment_id = '1'") == ["alpha"]
    assert names(mlflow, filter="experiment_id IN ('1', '2')", order_by=["experiment_id"]) == ["alpha", "beta"]
    assert names(mlflow, filter="attribute.creation_time > 0 AND name = 'beta'") == ["beta"]
    assert names(mlflow, filter="name = 'alpha' OR tags.team = 'x'", order_by=["name"]) == ["alpha", "beta"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"max_results": 0},
        {"max_results": -1},
        {"max_results": 50_001},
        {"max_results": 5, "filter": "creation_time > 1.5"},
        {"max_results": 5, "filter": "creation_time > '1'"},
        {"max_results": 5, "filter": "experiment_id = 1"},
        {"max_results": 5, "filter": "experiment_id = 'x'"},
        {"max_results": 5, "filter": "metrics.a > 1"},
        {"max_results": 5, "filter": "nonsense = 'x'"},
        {"max_results": 5, "order_by": ["tags.team"]},
        {"max_results": 5, "order_by": ["name", "name DESC"]},
        {"max_results": 5, "order_by": ["name sideways"]},
        {"max_results": 5, "view_type": "SOME"},
        {"max_results": 5, "page_token": "!!"},
    ],
)
def test_search_refuses(mlflow: Door, body: object) -> None:
    assert mlflow.refused("POST", "experiments/search", body)[:2] == (400, "INVALID_PARAMETER_VALUE")


def test_search_pages_end_without_a_token(mlflow: Door) -> None:
    for number in range(3):
        mlflow.experiment(f"e{number}")
    first = mlflow.ok("GET", "experiments/search", max_results=2, order_by=["name ASC"])
    assert [found["name"] for found in first["experiments"]] == ["Default", "e0"]
    second = mlflow.ok(
        "GET", "experiments/search", max_results=2, order_by=["name ASC"], page_token=first["next_page_token"]
    )
    assert [found["name"] for found in second["experiments"]] == ["e1", "e2"]
    assert "next_page_token" not in second
