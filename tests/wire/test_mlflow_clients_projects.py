"""`mlflow run` of a project from a folder and from a repository of the hub; models served and asked from an alias."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.clients import environment, program, run
from tests.support.git_checkout import Checkout
from tests.support.live import LiveHub, free_port
from tests.support.mlflow_client import SETTINGS, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]

PROJECT = """
name: tiny
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
      word: {type: string, default: none}
    command: "python train.py {alpha} {word}"
"""
TRAIN = """
import sys
import mlflow
with mlflow.start_run():
    mlflow.log_metric("score", float(sys.argv[1]) * 2)
    mlflow.log_text(sys.argv[2], "word.txt")
"""


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-projects")


@pytest.fixture(scope="module")
def mlflow_command() -> str:
    """The newest client's command."""
    return program("mlflow-next", "mlflow")


@pytest.fixture
def env(hub: LiveHub, home: str, mlflow_command: str, tmp_path: Path) -> dict[str, str]:
    """Alice's terminal, whose `python` is the client's and whose git knows her token."""
    (tmp_path / ".git-credentials").write_text(f"http://alice:{hub.tokens['alice']}@127.0.0.1:{hub.port}\n")
    (tmp_path / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    return environment(
        tmp_path,
        **SETTINGS,
        PATH=f"{Path(mlflow_command).parent}{os.pathsep}{os.environ['PATH']}",
        MLFLOW_TRACKING_URI=f"{hub.url}/{home}.mlflow",
        MLFLOW_TRACKING_USERNAME="alice",
        MLFLOW_TRACKING_PASSWORD=hub.tokens["alice"],
    )


def write_project(folder: Path, train: str = TRAIN) -> None:
    """A project of one step."""
    folder.mkdir(parents=True)
    (folder / "MLproject").write_text(PROJECT)
    (folder / "train.py").write_text(train)


def test_a_project_in_a_folder(
    hub: LiveHub, home: str, env: dict[str, str], mlflow_command: str, tmp_path: Path
) -> None:
    import mlflow

    write_project(tmp_path / "tiny")
    run([mlflow_command, "run", ".", "--env-manager", "local", "--experiment-name", "folder", "-P", "alpha=0.25"],
        env=env, cwd=tmp_path / "tiny")  # fmt: skip
    with tracking_on(hub, home):
        (found,) = mlflow.search_runs(experiment_names=["folder"], output_format="list")
        assert mlflow.artifacts.load_text(f"runs:/{found.info.run_id}/word.txt") == "none"
    assert found.info.status == "FINISHED"
    assert found.data.params == {"alpha": "0.25", "word": "none"}
    assert found.data.metrics == {"score": 0.5}
    assert found.data.tags["mlflow.project.entryPoint"] == "main"
    assert found.data.tags["mlflow.source.type"] == "PROJECT"


def test_a_project_of_the_hub_at_a_tag(
    hub: LiveHub, home: str, env: dict[str, str], mlflow_command: str, tmp_path: Path
) -> None:
    import mlflow

    work = Checkout(tmp_path / "work", hub.git_url(home, "alice"))
    write_project(work.folder / "steps" / "tiny")
    work.git("add", ".")
    work.git("commit", "--quiet", "--message=A project")
    commit = work.git("rev-parse", "HEAD")
    work.git("tag", "v1")
    (work.folder / "steps" / "tiny" / "train.py").write_text("raise SystemExit('the wrong version')")
    work.git("commit", "--quiet", "--all", "--message=A mistake")
    work.git("push", "--quiet", "origin", "main", "v1")
    uri = f"{hub.git_url(home)}#steps/tiny"
    run([mlflow_command, "run", uri, "--env-manager", "local", "--experiment-name", "git", "-P", "word=here",
         "--version", "v1"], env=env, cwd=tmp_path)  # fmt: skip
    with tracking_on(hub, home):
        (found,) = mlflow.search_runs(experiment_names=["git"], output_format="list")
        assert mlflow.artifacts.load_text(f"runs:/{found.info.run_id}/word.txt") == "here"
    assert found.info.status == "FINISHED"
    assert found.data.tags["mlflow.source.git.commit"] == commit
    assert found.data.tags["mlflow.source.git.repoURL"] == hub.git_url(home)
    assert found.data.metrics == {"score": 1.0}


@pytest.fixture(scope="module")
def model(hub: LiveHub, home: str) -> str:
    """The address by alias of a registered model that doubles."""
    import mlflow
    import mlflow.sklearn
    from mlflow.models import infer_signature
    from sklearn.linear_model import LinearRegression

    x = [[0.0], [1.0], [2.0]]
    line = LinearRegression().fit(x, [0.0, 2.0, 4.0])
    with tracking_on(hub, home):
        mlflow.set_experiment("served")
        mlflow.sklearn.log_model(line, name="line", registered_model_name="line", pip_requirements=[],
                                 signature=infer_signature(__import__("numpy").array(x)))  # fmt: skip
        mlflow.MlflowClient().set_registered_model_alias("line", "champion", "1")
    return "models:/line@champion"


@pytest.fixture
def server(model: str, env: dict[str, str], mlflow_command: str, tmp_path: Path) -> Iterator[str]:
    """The address of `mlflow models serve`, which is ended with everything it started."""
    port = free_port()
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [mlflow_command, "models", "serve", "--model-uri", model, "--env-manager", "local", "--port", str(port)],
            env=env, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "serve.log").read_text()
            try:
                if requests.get(f"http://127.0.0.1:{port}/ping", timeout=5).status_code == 200:
                    break
            except requests.ConnectionError:
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(120)


def test_a_model_served_by_its_alias(server: str) -> None:
    answer = requests.post(f"{server}/invocations", json={"inputs": [[3.0], [10.0]]}, timeout=120)
    assert answer.status_code == 200
    assert [round(value, 6) for value in answer.json()["predictions"]] == [6.0, 20.0]
    refused = requests.post(f"{server}/invocations", json={"inputs": [["x"]]}, timeout=120)
    assert refused.status_code == 400


def test_predictions_by_command(model: str, env: dict[str, str], mlflow_command: str, tmp_path: Path) -> None:
    (tmp_path / "input.json").write_text(json.dumps({"inputs": [[3.0], [10.0]]}))
    run([mlflow_command, "models", "predict", "--model-uri", model, "--env-manager", "local", "--content-type", "json",
         "--input-path", "input.json", "--output-path", "output.json"], env=env, cwd=tmp_path)  # fmt: skip
    predictions = json.loads((tmp_path / "output.json").read_text())["predictions"]
    assert [round(value, 6) for value in predictions] == [6.0, 20.0]
