"""Evaluation datasets and scorers through the MLflow door."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from repos.services.repositories import delete_repository
from tests.tracing.conftest import V3, Door
from tracing.models import DatasetRecord, EvaluationDataset, Scorer, ScorerVersion

pytestmark = pytest.mark.django_db


def create(door: Door, name: str = "questions", **fields: Any) -> Any:
    return door.ok("POST", "datasets/create", {"name": name, **fields}, api=V3)["dataset"]


def upsert(door: Door, dataset: Any, *records: Any) -> Any:
    body = {"records": json.dumps(records)}
    return door.ok("POST", f"datasets/{dataset['dataset_id']}/records", body, api=V3)


def records(door: Door, dataset: Any, **query: Any) -> Any:
    return json.loads(door.ok("GET", f"datasets/{dataset['dataset_id']}/records", api=V3, **query)["records"])


def get(door: Door, dataset: Any) -> Any:
    return door.ok("GET", f"datasets/{dataset['dataset_id']}", api=V3)["dataset"]


def search(door: Door, filter_string: str = "", **more: Any) -> list[str]:
    found = door.ok("POST", "datasets/search", {"filter_string": filter_string, **more}, api=V3)
    return [each["name"] for each in found.get("datasets", [])]


def test_a_dataset_from_birth_to_death(mlflow: Door):
    place = mlflow.experiment()
    tags = json.dumps({"mlflow.user": "ada", "n": 1, "none": None})
    made = create(mlflow, experiment_ids=["0", place], tags=tags)
    assert (made["name"], made["created_by"], made["experiment_ids"]) == ("questions", "ada", ["0", place])
    assert json.loads(made["tags"]) == {"mlflow.user": "ada", "n": "1"}
    digest = hashlib.sha256(f"questions:{made['last_update_time']}".encode()).hexdigest()[:8]
    assert made["digest"] == digest
    assert get(mlflow, made) == made
    path = f"datasets/{made['dataset_id']}"
    changed = mlflow.ok("PATCH", f"{path}/tags", {"tags": '{"n": null, "a/b": "2"}'}, api=V3)["dataset"]
    assert json.loads(changed["tags"]) == {"mlflow.user": "ada", "n": "1", "a/b": "2"}
    for _ in range(2):
        assert mlflow.ok("DELETE", f"{path}/tags/a/b", api=V3) == {}
        assert mlflow.ok("POST", f"{path}/remove-experiments", {"experiment_ids": ["0"]}, api=V3)
    assert mlflow.ok("GET", f"{path}/experiment-ids", api=V3) == {"experiment_ids": [place]}
    for _ in range(2):
        added = mlflow.ok("POST", f"{path}/add-experiments", {"experiment_ids": ["0"]}, api=V3)["dataset"]
    assert added["experiment_ids"] == ["0", place]
    for _ in range(2):
        assert mlflow.ok("DELETE", path, api=V3) == {}
    gone = f"Evaluation dataset with id '{made['dataset_id']}' not found"
    assert mlflow.refused("GET", path, api=V3) == (404, "RESOURCE_DOES_NOT_EXIST", gone)


def test_records_with_the_same_inputs_are_one(mlflow: Door):
    made = create(mlflow)
    first = {"inputs": {"a": 1, "b": 2}, "expectations": {"x": 1}, "outputs": "o", "source": {"source_type": "HUMAN"}}
    again = {"inputs": {"b": 2, "a": 1}, "expectations": {"y": 2}, "tags": {"t": "u"}}
    assert upsert(mlflow, made, first, {"inputs": {"a": 2}}) == {"inserted_count": 2, "updated_count": 0}
    assert upsert(mlflow, made, again) == {"inserted_count": 0, "updated_count": 1}
    assert upsert(mlflow, made, {"inputs": {"c": 1}}, {"inputs": {"c": 1}}) == {"inserted_count": 1, "updated_count": 1}
    (found,) = [each for each in records(mlflow, made) if each["inputs"] == first["inputs"]]
    assert (found["expectations"], found["tags"], found["outputs"]) == ({"x": 1, "y": 2}, {"t": "u"}, "o")
    assert (found["source"], found["source_type"]) == ({"source_type": "HUMAN"}, "HUMAN")
    changed = get(mlflow, made)
    assert json.loads(changed["profile"]) == {"num_records": 3}
    assert "records" not in changed
    ids = [found["dataset_record_id"], "dr-none"]
    path = f"datasets/{made['dataset_id']}/records"
    assert mlflow.ok("DELETE", path, {"dataset_record_ids": ids}, api=V3) == {"deleted_count": 1}
    assert mlflow.ok("DELETE", path, {"dataset_record_ids": ids}, api=V3) == {"deleted_count": 0}


def test_pages_of_records(mlflow: Door):
    made = create(mlflow)
    upsert(mlflow, made, *({"inputs": {"n": number}} for number in range(4)))
    path = f"datasets/{made['dataset_id']}/records"
    first = mlflow.ok("GET", path, api=V3, max_results="2")
    second = mlflow.ok("GET", path, api=V3, max_results="2", page_token=first["next_page_token"])
    assert "next_page_token" not in second
    found = [each["inputs"]["n"] for page in (first, second) for each in json.loads(page["records"])]
    assert sorted(found) == [0, 1, 2, 3]
    for token in ("x", "eA==", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk6eA=="):
        assert mlflow.refused("GET", path, api=V3, page_token=token)[:2] == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("datasets/create", {"name": " "}, 400),
        ("datasets/create", {"name": "x" * 256}, 400),
        ("datasets/create", {"name": "x", "tags": "[1]"}, 400),
        ("datasets/create", {"name": "x", "tags": "{"}, 400),
        ("datasets/create", {"name": "x", "tags": '{"": "x"}'}, 400),
        ("datasets/create", {"name": "x", "experiment_ids": ["99"]}, 404),
        ("datasets/search", {"max_results": 0}, 400),
        ("datasets/search", {"filter_string": "digest = 'x'"}, 400),
        ("datasets/search", {"order_by": ["created_by"]}, 400),
        ("datasets/d-none/records", {"records": "[]"}, 404),
        ("datasets/{}/records", {"records": "{}"}, 400),
        ("datasets/{}/records", {"records": "[1]"}, 400),
        ("datasets/{}/records", {"records": '[{"inputs": 1}]'}, 400),
        ("datasets/{}/records", {"records": '[{"inputs": {}, "tags": 1}]'}, 400),
        ("datasets/{}/add-experiments", {"experiment_ids": ["99"]}, 404),
    ],
)
def test_what_is_refused(mlflow: Door, path: str, body: Any, status: int):
    made = create(mlflow)
    assert mlflow("POST", path.format(made["dataset_id"]), body, api=V3).status == status
    assert EvaluationDataset.objects.count() == 1
    assert not DatasetRecord.objects.exists()


def test_searches(mlflow: Door):
    place = mlflow.experiment()
    for number, name in enumerate(("one", "two", "Three")):
        tags = json.dumps({"mlflow.user": f"user{number}", "parity": str(number % 2)})
        create(mlflow, name, tags=tags, experiment_ids=[place] if number else [])
    EvaluationDataset.objects.filter(name="two").update(created_at=5)
    assert search(mlflow, "name LIKE 't%'") == ["two"]
    assert sorted(search(mlflow, "name ILIKE 't%'")) == ["Three", "two"]
    assert search(mlflow, "created_by = 'user2' AND tags.parity = '0'") == ["Three"]
    assert search(mlflow, "created_time < 10") == ["two"]
    assert search(mlflow, order_by=["name ASC"]) == ["Three", "one", "two"]
    assert search(mlflow)[-1] == "two"
    assert sorted(search(mlflow, experiment_ids=[place])) == ["Three", "two"]
    first = mlflow.ok("GET", "datasets/search", api=V3, max_results="2", order_by=["name ASC"])
    token = first["next_page_token"]
    second = mlflow.ok("GET", "datasets/search", api=V3, max_results="2", order_by=["name ASC"], page_token=token)
    assert [each["name"] for each in [*first["datasets"], *second["datasets"]]] == ["Three", "one", "two"]
    assert "next_page_token" not in second

    def statements(filter_string: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            search(mlflow, filter_string)
        return len(seen)

    assert statements("") == statements("name = 'one'")


def register(door: Door, name: str = "judge", experiment_id: Any = "0", **fields: Any) -> Any:
    body = {"experiment_id": experiment_id, "name": name, "serialized_scorer": '{"name": "x"}', **fields}
    return door.ok("POST", "scorers/register", body, api=V3)


def test_scorers(mlflow: Door):
    first = register(mlflow)
    second = register(mlflow, serialized_scorer='{"name": "y"}')
    assert (first["version"], second["version"], first["experiment_id"]) == (1, 2, "0")
    assert first["scorer_id"] == second["scorer_id"]
    register(mlflow, "another")
    asked = {"api": V3, "experiment_id": "0"}
    latest = mlflow.ok("GET", "scorers/list", **asked)["scorers"]
    assert [(each["scorer_name"], each["scorer_version"]) for each in latest] == [("another", 1), ("judge", 2)]
    shown = mlflow.ok("GET", "scorers/get", **asked, name="judge", version="1")["scorer"]
    assert shown == {
        "experiment_id": 0,
        "scorer_name": "judge",
        "scorer_version": 1,
        "serialized_scorer": '{"name": "x"}',
        "creation_time": first["creation_time"],
        "scorer_id": first["scorer_id"],
    }
    assert mlflow.ok("GET", "scorers/get", **asked, name="judge")["scorer"]["scorer_version"] == 2
    assert len(mlflow.ok("GET", "scorers/versions", **asked, name="judge")["scorers"]) == 2
    assert mlflow.ok("GET", "scorers/online-configs", api=V3, scorer_ids=[first["scorer_id"]]) == {"configs": []}
    one = {"experiment_id": "0", "name": "judge", "version": 2}
    assert mlflow.ok("DELETE", "scorers/delete", one, api=V3) == {}
    assert mlflow.refused("DELETE", "scorers/delete", one, api=V3)[0] == 404
    assert register(mlflow)["version"] == 3
    assert mlflow.ok("DELETE", "scorers/delete", {"experiment_id": "0", "name": "judge"}, api=V3) == {}
    assert mlflow.refused("GET", "scorers/get", **asked, name="judge")[:2] == (404, "RESOURCE_DOES_NOT_EXIST")
    assert ScorerVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"experiment_id": 0}, 400),
        ({"experiment_id": "99"}, 404),
        ({"name": ""}, 400),
        ({"name": "x" * 257}, 400),
        ({"serialized_scorer": "no json"}, 400),
        ({"serialized_scorer": '{"call_source": "import os"}'}, 400),
    ],
)
def test_scorers_that_are_refused(mlflow: Door, fields: Any, status: int):
    body = {"experiment_id": "0", "name": "judge", "serialized_scorer": "{}", **fields}
    assert mlflow("POST", "scorers/register", body, api=V3).status == status
    assert not Scorer.objects.exists()


def test_nothing_is_left_of_a_deleted_repository(mlflow: Door, repo: Repository, alice: User):
    upsert(mlflow, create(mlflow, experiment_ids=["0"], tags='{"k": "v"}'), {"inputs": {"a": 1}})
    register(mlflow)
    delete_repository(actor=Actor(alice, None), repository=repo, confirmation=repo.full_name)
    for model in (EvaluationDataset, DatasetRecord, Scorer, ScorerVersion):
        assert not model.objects.exists()
