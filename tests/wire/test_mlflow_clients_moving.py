"""mlflow-export-import moves experiments and models between repositories, and to and from MLflow's own server."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients import ROOT, environment, program, run
from tests.support.live import LiveHub
from tests.support.mlflow_client import SETTINGS, tracking_on
from tests.support.mlflow_server import mlflow_server

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]

IMPORT_MODEL = str(ROOT / "tests" / "support" / "programs" / "import_model.py")
# What the mover says about itself or sets anew.
CHANGED = {"mlflow.user", "mlflow.parentRunId", "mlflow.source.name", "mlflow.source.type"}


class Mover:
    """Somebody with the mover's commands, and a login for the hub in their .netrc."""

    def __init__(self, hub: LiveHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        (folder / ".netrc").write_text(f"machine 127.0.0.1 login alice password {hub.tokens['alice']}\n")
        (folder / ".netrc").chmod(0o600)

    def run(self, command: str, uri: str, *words: str) -> None:
        """Run a command against a tracking address."""
        path = program("mlflow-export-import", "python" if command.endswith(".py") else command)
        line = [path, command, *words] if command.endswith(".py") else [path, *words]
        run(line, env=environment(self.folder, **SETTINGS, MLFLOW_TRACKING_URI=uri), cwd=self.folder)


@pytest.fixture
def mover(hub: LiveHub, tmp_path: Path) -> Mover:
    """A mover in an empty folder."""
    return Mover(hub, tmp_path)


@pytest.fixture(scope="module")
def source(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The repository to move from: an experiment with nested runs, and a model of two versions."""
    import mlflow
    import mlflow.sklearn
    from sklearn.linear_model import LinearRegression

    repo = hub.new_repo("mlflow-moving")
    files = tmp_path_factory.mktemp("files")
    (files / "deep" / "er").mkdir(parents=True)
    (files / "deep" / "er" / "x.bin").write_bytes(os.urandom(100_000))
    (files / "ü.txt").write_text("ü")
    with tracking_on(hub, repo):
        client = mlflow.MlflowClient()
        mlflow.set_experiment("to move")
        with mlflow.start_run(run_name="parent", tags={"team": "x"}, description="the first"):
            mlflow.log_params({"lr": 0.1, "empty": "", "long": "x" * 3000})
            for step in range(40):
                mlflow.log_metric("loss", 1 / (step + 1), step=step)
            mlflow.log_metrics({"nan": math.nan, "up": math.inf})
            mlflow.log_artifacts(str(files))
            for number in range(2):
                with mlflow.start_run(run_name=f"child {number}", nested=True):
                    mlflow.log_metric("m", number)
        client.create_registered_model("line", tags={"kind": "toy"}, description="a line")
        for number in range(2):
            with mlflow.start_run(run_name=f"fit {number}") as fit:
                line = LinearRegression().fit([[0.0], [1.0]], [0.0, number + 1.0])
                mlflow.sklearn.save_model(line, str(files / f"model {number}"), pip_requirements=[])
                mlflow.log_artifacts(str(files / f"model {number}"), "model")
            client.create_model_version("line", f"{fit.info.artifact_uri}/model", fit.info.run_id,
                                        description=f"fit {number}", tags={"number": str(number)})  # fmt: skip
        client.transition_model_version_stage("line", "2", "Production")
    return repo


def picture(hub: LiveHub, repo: str, experiment: str, folder: Path) -> dict[str, Any]:
    """All that an experiment holds, by the names of its runs."""
    import mlflow

    with tracking_on(hub, repo):
        client = mlflow.MlflowClient()
        runs = mlflow.search_runs(experiment_names=[experiment], output_format="list")
        names = {each.info.run_id: each.info.run_name for each in runs}
        found = {}
        for each in runs:
            files = Path(client.download_artifacts(each.info.run_id, "", str(folder_for(folder, each.info.run_id))))
            found[each.info.run_name] = {
                "params": each.data.params,
                "points": {
                    key: [(repr(point.value), point.step, point.timestamp)
                          for point in client.get_metric_history(each.info.run_id, key)]
                    for key in each.data.metrics
                },
                "tags": {key: value for key, value in each.data.tags.items() if key not in CHANGED},
                "parent": names.get(each.data.tags.get("mlflow.parentRunId", "")),
                "files": {str(path.relative_to(files)): path.read_bytes()
                          for path in sorted(files.rglob("*")) if path.is_file() and path.name != "MLmodel"},
            }  # fmt: skip
    return found


def folder_for(folder: Path, name: str) -> Path:
    """A new folder."""
    made = folder / "down" / name
    made.mkdir(parents=True)
    return made


def test_an_experiment_moves_between_repositories_and_through_the_stock_server(
    hub: LiveHub, source: str, mover: Mover, tmp_path: Path
) -> None:
    before = picture(hub, source, "to move", tmp_path / "before")
    assert set(before) == {"parent", "child 0", "child 1", "fit 0", "fit 1"}
    assert before["child 1"]["parent"] == "parent"
    assert len(before["parent"]["points"]["loss"]) == 40
    here, there = (f"{hub.url}/{repo}.mlflow" for repo in (source, hub.new_repo("mlflow-moved")))
    mover.run("export-experiment", here, "--experiment", "to move", "--output-dir", "out")
    mover.run("import-experiment", there, "--experiment-name", "moved", "--input-dir", "out")
    assert picture(hub, "alice/mlflow-moved", "moved", tmp_path / "moved") == before
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server") as stock:
        mover.run("import-experiment", stock.url, "--experiment-name", "stock", "--input-dir", "out")
        mover.run("export-experiment", stock.url, "--experiment", "stock", "--output-dir", "back")
    mover.run("import-experiment", there, "--experiment-name", "back", "--input-dir", "back")
    assert picture(hub, "alice/mlflow-moved", "back", tmp_path / "back again") == before


def test_a_model_moves_between_repositories(hub: LiveHub, source: str, mover: Mover) -> None:
    import mlflow

    here, there = (f"{hub.url}/{repo}.mlflow" for repo in (source, hub.new_repo("mlflow-models-moved")))
    mover.run("export-model", here, "--model", "line", "--output-dir", "out")
    mover.run(IMPORT_MODEL, there, "--model", "straight", "--experiment-name", "fits", "--input-dir", "out")
    with tracking_on(hub, "alice/mlflow-models-moved"):
        client = mlflow.MlflowClient()
        model = client.get_registered_model("straight")
        assert (model.description, model.tags) == ("a line", {"kind": "toy"})
        versions = client.search_model_versions("name = 'straight'", order_by=["version_number ASC"])
        assert [(each.version, each.description, each.tags, each.current_stage) for each in versions] == [
            ("1", "fit 0", {"number": "0"}, "None"), ("2", "fit 1", {"number": "1"}, "Production"),
        ]  # fmt: skip
        runs = mlflow.search_runs(experiment_names=["fits"], output_format="list")
        assert {each.run_id for each in versions} == {each.info.run_id for each in runs}
        line = mlflow.sklearn.load_model("models:/straight/Production")
        assert round(float(line.predict([[10.0]])[0]), 6) == 20.0
