"""What the page of a run tells people to paste works as pasted, and the page shows what the client logged."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
import requests

from tests.support.live import LiveHub
from tests.wire.test_mlflow_model_pages import page, paste, snippets

pytestmark = pytest.mark.wire

TRAIN = """
import mlflow, numpy, pandas
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri("{uri}")
with mlflow.start_run(tags={{"mlflow.source.git.commit": "{commit}", "mlflow.source.name": "/x/train.py"}}) as run:
    mlflow.log_params({{"C": 1.0, "solver": "lbfgs"}})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    mlflow.log_figure(figure, "plots/loss.png")
    mlflow.log_table(pandas.DataFrame({{"question": ["why"], "score": [0.5]}}), "eval.json")
    mlflow.log_image(numpy.zeros((8, 8, 3), dtype=numpy.uint8), key="val/faces", step=3)
    mlflow.log_text("\\x1b[32mINFO\\x1b[0m begun\\n", "logs/train.log")
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    mlflow.sklearn.log_model(model, name="model")
print(run.info.run_id)
"""


def push_program(hub: LiveHub, repo: str, folder: Path) -> str:
    """Push a repository with train.py; its commit."""
    (folder / "train.py").write_text("print('train')\n")
    address = f"{hub.url}/{repo}.git".replace("://", f"://alice:{hub.tokens['alice']}@")
    who = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*who, "commit", "-qm", "Train"],
        ["push", "-q", address, "main"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, timeout=120)
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def test_a_run_is_read_back_by_pasting(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("run-pages", visibility="public")
    (tmp_path / "work").mkdir()
    commit = push_program(hub, repo, tmp_path / "work")
    run = paste(hub, TRAIN.format(uri=f"{hub.url}/{repo}.mlflow", commit=commit), tmp_path).strip().splitlines()[-1]
    shown = page(hub, f"{repo}/runs/{run[:8]}")
    assert f"/{repo}/src/{commit}/train.py" in shown
    read, load, fetch, look, ask, checkout = snippets(shown)
    assert "'C': '1.0'" in paste(hub, read, tmp_path) and "loss" in paste(hub, read, tmp_path)
    assert (
        paste(hub, f"{load}\nimport numpy\nprint(model.predict(numpy.array([[1.0]])))", tmp_path)
        .strip()
        .endswith("[1]")
    )
    paste(hub, fetch, tmp_path, shell=True)
    assert (tmp_path / "plots" / "loss.png").is_file() and (tmp_path / "logs" / "train.log").is_file()
    assert run in paste(hub, look, tmp_path)
    assert json.loads(paste(hub, ask, tmp_path, shell=True))["run"]["info"]["run_id"] == run
    paste(hub, checkout, tmp_path, shell=True)
    assert (tmp_path / repo.rpartition("/")[2] / "train.py").is_file()


def test_the_pages_show_what_the_client_logged(hub: LiveHub, tmp_path: Path) -> None:
    repo = hub.new_repo("run-files", visibility="public")
    run = paste(hub, TRAIN.format(uri=f"{hub.url}/{repo}.mlflow", commit="f" * 40), tmp_path).strip().splitlines()[-1]
    here = f"{repo}/experiments/0/runs/{run}"
    assert "Not in this repository" in page(hub, here)
    assert "<table" in page(hub, f"{here}/artifacts/eval.json")
    assert "val/faces, step 3" in page(hub, f"{here}/artifacts/images")
    assert '<span class="nb-fg-2">INFO</span>' in page(hub, f"{here}/logs")
    answer = requests.get(f"{hub.url}/{here}/zip", timeout=120)
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any(name.endswith("/plots/loss.png") for name in names)
    mine = requests.get(f"{hub.url}/{here}/artifacts/plots/loss.png", timeout=120)
    assert mine.status_code == 200
