"""The MLflow door as a program uses it (`mlflow`), with ways to register things in one line."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import User
from registry.models import ModelVersion
from repos.git.commits import Put
from repos.git.objects import resolve
from repos.models import Repository
from repos.paths import git_dir
from repos.services.edits import commit_changes
from tests.factories.registry import make_logged_model, make_model, make_version
from tests.factories.tracking import make_experiment, make_run
from tests.tracking.conftest import Door, DoorFor, door_for, mlflow
from tracking.models import LoggedModel, Run
from tracking.services.inputs import DatasetGiven, log_inputs

__all__ = ["Door", "DoorFor", "door_for", "mlflow"]

SEE = " See the API docs for more information about request parameters."
IS_PROMPT = "mlflow.prompt.is_prompt"


class Registry:
    """The registry's calls on one door, by name and version."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def model(self, name: str = "iris", **fields: Any) -> Any:
        """A fresh registered model."""
        return self.door.ok("POST", "registered-models/create", {"name": name, **fields})["registered_model"]

    def version(self, name: str = "iris", source: str = "s3://bucket/model", **fields: Any) -> Any:
        """A fresh version."""
        body = {"name": name, "source": source, **fields}
        return self.door.ok("POST", "model-versions/create", body)["model_version"]

    def prompt(self, name: str = "greeting", text: str = "Hello {{name}}") -> Any:
        """A fresh prompt with one version, as the client registers it."""
        self.model(name, tags=[{"key": IS_PROMPT, "value": "true"}])
        tags = {IS_PROMPT: "true", "mlflow.prompt.text": text, "_mlflow_prompt_type": "text"}
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        return self.version(name, "dummy-source", tags=pairs)

    def get(self, name: str = "iris") -> Any:
        """The registered model as the protocol shows it."""
        return self.door.ok("GET", "registered-models/get", name=name)["registered_model"]

    def get_version(self, version: str = "1", name: str = "iris") -> Any:
        """The version as the protocol shows it."""
        return self.door.ok("GET", "model-versions/get", name=name, version=version)["model_version"]

    def models(self, filter: str = "", **query: Any) -> list[str]:
        """The names of the models that match."""
        found = self.door.ok("GET", "registered-models/search", filter=filter, **query)
        return [model["name"] for model in found.get("registered_models", [])]

    def versions(self, filter: str = "", **query: Any) -> list[str]:
        """`name/number` of the versions that match."""
        found = self.door.ok("GET", "model-versions/search", filter=filter, **query)
        return [f"{version['name']}/{version['version']}" for version in found.get("model_versions", [])]


@pytest.fixture
def registry(mlflow: Door) -> Registry:
    """Calls on the registry of alice/stones by bob, who may write."""
    return Registry(mlflow)


@pytest.fixture
def commit(repo: Repository, alice: User) -> str:
    """A commit of alice/stones."""
    changes = [Put(b"train.py", b"print(1)\n")]
    commit_changes(actor=Actor(user=alice), repository=repo, branch="main", changes=changes, message="Train")
    repo.refresh_from_db()
    return resolve(git_dir(repo), "main").commit


@pytest.fixture
def run(repo: Repository, commit: str) -> Run:
    """A run of that commit on a dataset."""
    tags = {"mlflow.source.git.commit": commit, "phase": "one"}
    made = make_run(repo, make_experiment(repo), "calm-otter", params={"lr": "0.1"}, metrics={"acc": [0.5]}, tags=tags)
    given = DatasetGiven("petals", "abc123", "local", "{}", tags=(("mlflow.data.context", "training"),))
    log_inputs(repository=repo, run_id=made.uuid, datasets=[given])
    return made


@pytest.fixture
def logged(repo: Repository, run: Run) -> LoggedModel:
    """What the run has logged."""
    return make_logged_model(repo, run)


@pytest.fixture
def version(repo: Repository, logged: LoggedModel, bob: User) -> ModelVersion:
    """Version 1 of iris, made of that."""
    make_model(repo)
    return make_version(repo, logged=logged, description="The **first**", actor=Actor(user=bob))
