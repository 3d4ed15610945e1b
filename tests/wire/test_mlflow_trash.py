"""The stock mlflow client and the trash: a name is free at once, what was purged is not there any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-trash")


@pytest.fixture
def calls(hub: LiveHub, home: str) -> Iterator[Calls]:
    """mlflow, pointed there."""
    with tracking_on(hub, home) as made:
        yield made


def test_set_experiment_simply_works_after_deletion(calls: Calls) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    old = mlflow.set_experiment("forest")
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1.0)
    mlflow.delete_experiment(old.experiment_id)
    assert mlflow.get_experiment_by_name("forest") is None
    new = mlflow.set_experiment("forest")
    assert new.experiment_id != old.experiment_id
    with mlflow.start_run() as fresh:
        mlflow.log_metric("loss", 2.0)
    assert fresh.info.experiment_id == new.experiment_id
    client = mlflow.MlflowClient()
    with pytest.raises(MlflowException, match="already exists"):
        client.restore_experiment(old.experiment_id)
    client.rename_experiment(new.experiment_id, "forest 2")
    client.restore_experiment(old.experiment_id)
    assert mlflow.get_run(run.info.run_id).info.lifecycle_stage == "active"
    back = mlflow.get_experiment_by_name("forest")
    assert back is not None and back.experiment_id == old.experiment_id


def test_the_command_takes_the_place_of_gc(calls: Calls, hub: LiveHub, home: str, tmp_path: Path) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    mlflow.set_experiment("clearing")
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1.0)
        mlflow.log_text("hello", "a.txt")
    with mlflow.start_run() as kept:
        mlflow.log_text("hello", "a.txt")
    mlflow.delete_run(run.info.run_id)
    said = hub.manage("purge", home)
    assert f"{home}: deleted 1 run, " in said and "1 file, 5 bytes" in said
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_run(run.info.run_id)
    assert mlflow.artifacts.load_text(f"runs:/{kept.info.run_id}/a.txt") == "hello"
