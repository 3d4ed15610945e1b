"""The story of the README from start to end: one command, a push, a training, and both read in the browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import visitor
from tests.support.live import ROOT
from tests.support.sample_repository import Work
from tests.support.up import RunningUp, running_up

pytestmark = [pytest.mark.wire, pytest.mark.browser]

PASSWORD = "a long enough password"
PICTURES = ROOT / ("docs/pictures" if os.environ.get("TAKE_PICTURES") else "tests/.artifacts/story")

README = """# Irises

Which iris is it? A forest of decision trees tells from four measurements.

```sh
python train.py --trees 200
```

| part | file |
|---|---|
| training | [train.py](train.py) |
| first look | [look.ipynb](notebooks/look.ipynb) |
"""

TRAIN = '''"""Train a forest on the irises; MLflow writes down what happens."""

import argparse

import mlflow
import numpy
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int, default=100)
parser.add_argument("--depth", type=int, default=3)
args = parser.parse_args()

mlflow.set_experiment("forest")
mlflow.sklearn.autolog()
x, y = load_iris(return_X_y=True, as_frame=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=1, stratify=y)

with mlflow.start_run(run_name=f"{args.trees} trees, depth {args.depth}") as run:
    model = RandomForestClassifier(n_estimators=args.trees, max_depth=args.depth, random_state=1)
    model.fit(x_train, y_train)
    # How the forest does with its first k trees alone.
    votes = numpy.cumsum([tree.predict_proba(x_test.to_numpy()) for tree in model.estimators_], axis=0)
    for count, chances in enumerate(votes, start=1):
        chances = chances / count
        mlflow.log_metric("test_loss", log_loss(y_test, chances), step=count)
        mlflow.log_metric("test_accuracy", accuracy_score(y_test, chances.argmax(axis=1)), step=count)
    weights = zip(x, model.feature_importances_)
    mlflow.log_text("\\n".join(f"{name}: {weight:.3f}" for name, weight in weights), "importances.txt")
print("RUN", run.info.run_id)
'''

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}},
    "cells": [
        {
            "id": "a",
            "cell_type": "markdown",
            "metadata": {},
            "source": "# A first look\n\nFour measurements, three *species*.",
        },
        {
            "id": "b",
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "from sklearn.datasets import load_iris\nload_iris(as_frame=True).frame.shape",
            "outputs": [
                {
                    "output_type": "execute_result",
                    "execution_count": 1,
                    "metadata": {},
                    "data": {"text/plain": "(150, 5)"},
                }
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    with running_up(tmp_path_factory.mktemp("story") / "home", first=True) as running:
        running.wait_until_printed("Stop with Ctrl-C")
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with visitor(chromium, viewport={"width": 1280, "height": 860}, reduced_motion="reduce") as context:
        yield context.new_page()


def work_tree(folder: Path) -> Work:
    """A project with history, branches, a merge and a tag."""
    work = Work(folder)
    work.write("README.md", README)
    work.write("train.py", TRAIN)
    work.commit("Start with a forest")
    work.write("notebooks/look.ipynb", json.dumps(NOTEBOOK))
    work.write("data/species.csv", "species,count\nsetosa,50\nversicolor,50\nvirginica,50\n")
    work.commit("Look at the data first")
    work.git("switch", "-q", "-c", "deeper-trees")
    work.write("train.py", TRAIN.replace("default=3", "default=5"))
    work.commit("Let the trees grow deeper")
    work.git("switch", "-q", "main")
    work.write("requirements.txt", "mlflow\nscikit-learn\n")
    work.commit("Say what it needs")
    work.git("merge", "-q", "--no-ff", "-m", "Merge deeper trees", "deeper-trees")
    work.git("tag", "v0.1")
    work.git("switch", "-q", "-c", "try/boosting")
    work.commit("Note an idea for later")
    work.git("switch", "-q", "main")
    return work


def train(up: RunningUp, work: Work, token: str, *words: str) -> str:
    """Run the training script with the stock client; returns the run's id."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(work.folder.parent),
        "MLFLOW_TRACKING_URI": f"{up.url}/alice/irises.mlflow",
        "MLFLOW_TRACKING_USERNAME": "alice",
        "MLFLOW_TRACKING_PASSWORD": token,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "GIT_PYTHON_REFRESH": "quiet",
    }
    done = subprocess.run(
        [sys.executable, "train.py", *words],
        cwd=work.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr + up.output
    assert "Failed to" not in done.stderr, done.stderr
    return next(line.removeprefix("RUN ") for line in done.stdout.splitlines() if line.startswith("RUN "))


def shoot(page: Page, name: str) -> None:
    """A picture for the README's tour."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def test_from_one_command_to_both_pages(up: RunningUp, page: Page, tmp_path: Path):
    # The first administrator comes by the link that `up` printed.
    link = up.wait_until_printed(r"(http://\S+/-/setup/\S+)").group(1)
    page.goto(link)
    page.get_by_label("User name").fill("alice")
    page.get_by_label("E-mail").fill("alice@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main form button.button--primary").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    # A token, and a push to a repository that is not there yet.
    token = up.manage("token", "create", "alice", "--name", "laptop").strip()
    work = work_tree(tmp_path / "irises")
    work.git("remote", "add", "origin", f"http://alice:{token}@127.0.0.1:{up.port}/alice/irises.git")
    work.git("push", "-q", "origin", "--all")
    work.git("push", "-q", "origin", "--tags")
    page.goto(f"{up.url}/alice/irises")
    expect(page.get_by_role("heading", name="Irises").last).to_be_visible()
    expect(page.get_by_role("link", name="train.py").first).to_be_visible()
    shoot(page, "repository")

    # Two trainings with autologging.
    first = train(up, work, token, "--trees", "60", "--depth", "2")
    second = train(up, work, token, "--trees", "60")
    assert first != second
    page.goto(f"{up.url}/alice/irises/experiments")
    page.get_by_role("link", name="forest").first.click()
    for name in ("60 trees, depth 2", "60 trees, depth 5"):
        expect(page.get_by_role("link", name=name).first).to_be_visible()
    shoot(page, "runs")

    # The run knows its commit, its curves and its files.
    page.get_by_role("link", name="60 trees, depth 5").first.click()
    commit = work.git("rev-parse", "HEAD")
    expect(page.get_by_text("max_depth").first).to_be_visible()
    expect(page.get_by_role("link", name=commit[:7]).first).to_be_visible()
    shoot(page, "run")
    page.get_by_role("link", name="Metrics").first.click()
    expect(page.locator("hub-chart canvas, hub-chart svg").first).to_be_visible()
    page.wait_for_timeout(500)
    shoot(page, "metrics")
    page.get_by_role("link", name="Artifacts").first.click()
    page.get_by_role("link", name="importances.txt").first.click()
    expect(page.get_by_text("petal length").first).to_be_visible()

    # From the run to the code at that commit, and to a notebook that a worker has drawn.
    page.goto(f"{up.url}/alice/irises/src/main/notebooks/look.ipynb")
    expect(page.get_by_role("heading", name="A first look").last).to_be_visible()
    shoot(page, "notebook")
    assert "Traceback" not in up.output
