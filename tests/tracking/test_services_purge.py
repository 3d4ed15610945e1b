"""A deleted repository leaves no row of its tracking behind; others keep theirs."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from repos.services.repositories import delete_repository
from tests.conftest import TokenFor
from tests.tracking.conftest import Door
from tracking.models import Board, BulkChange, BulkItem, Experiment, NamedView
from tracking.models.views import Action
from tracking.services.purge_asking import ask_purge_of_trash

DATASET = {"name": "iris", "digest": "d", "source_type": "local", "source": "{}"}


def fill(mlflow: Door) -> None:
    """One row at least in every table of tracking."""
    number = mlflow.experiment()
    mlflow.ok("POST", "experiments/set-experiment-tag", {"experiment_id": number, "key": "k", "value": "v"})
    run = mlflow.run(number)
    body = {"experiment_id": number, "params": [{"key": "a"}], "tags": [{"key": "a"}], "source_run_id": run}
    model = mlflow.ok("POST", "logged-models", body)["model"]["info"]["model_id"]
    metric = {"key": "m", "value": 1, "timestamp": 1, "model_id": model}
    mlflow.ok("POST", "runs/log-batch", {"run_id": run, "metrics": [metric], "params": [{"key": "p", "value": "1"}]})
    use = {"dataset": DATASET, "tags": [{"key": "mlflow.data.context", "value": "train"}]}
    mlflow.ok("POST", "runs/log-inputs", {"run_id": run, "datasets": [use], "models": [{"model_id": model}]})
    experiment = Experiment.objects.get(repository=mlflow.repository, number=int(number))
    Board.objects.create(experiment=experiment, name="b")
    NamedView.objects.create(repository=mlflow.repository, experiment=experiment, name="v")
    change = BulkChange.objects.create(repository=mlflow.repository, experiment=experiment, action=Action.TAG)
    BulkItem.objects.create(change=change, run_id=1)


def throw_away(mlflow: Door) -> None:
    """A run that waits to be deleted for ever."""
    mlflow.ok("POST", "runs/delete", {"run_id": mlflow.run("0")})
    ask_purge_of_trash(repository=mlflow.repository)


def rows() -> dict[str, int]:
    found: list[type[models.Model]] = list(apps.get_app_config("tracking").get_models())
    return {model.__name__: model._default_manager.count() for model in found}


def test_nothing_is_left(repo: Repository, other_repo: Repository, alice: User, token_for: TokenFor) -> None:
    kept, gone = Door(other_repo, token_for(alice)), Door(repo, token_for(alice))
    fill(kept)
    throw_away(kept)
    before = rows()
    assert all(before.values()), before
    fill(gone)
    throw_away(gone)
    assert rows() == {name: 2 * count for name, count in before.items()}
    delete_repository(actor=Actor(user=alice), repository=repo, confirmation=repo.full_name)
    assert rows() == before


def test_djangos_own_cascade_leaves_nothing_either(repo: Repository, alice: User, token_for: TokenFor) -> None:
    door = Door(repo, token_for(alice))
    fill(door)
    throw_away(door)
    repo.delete()
    assert not any(rows().values())
