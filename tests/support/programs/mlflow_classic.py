"""Tracking and registry as every MLflow client since 2.9 does them; argument: a folder to write in."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

import mlflow  # noqa: E402
import mlflow.pyfunc  # noqa: E402
import pandas  # noqa: E402
from mlflow.entities import Metric, Param, RunTag, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

seen: dict[str, Any] = {}
folder = Path(sys.argv[1])
client = mlflow.MlflowClient()


class Times(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Multiplies by a number given at birth."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        """Each value times the factor."""
        return model_input["x"] * self.factor


def names(runs: Any) -> list[str]:
    """Names of runs, in the order given."""
    return [run.info.run_name for run in runs]


def code_of(call: Any, *words: Any) -> str:
    """The error code that a call ends with."""
    try:
        call(*words)
    except MlflowException as error:
        return str(error.error_code)
    return "none"


def tracking() -> None:
    """Experiments, runs, what they log, searches, deletion."""
    experiment = mlflow.set_experiment("classic")
    mlflow.set_experiment_tags({"team": "x"})
    seen["experiment_id"] = experiment.experiment_id
    with mlflow.start_run(run_name="parent", tags={"a": "1"}, description="what it is") as parent:
        seen["run_id"] = parent.info.run_id
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "empty": ""})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"acc": 0.5, "nan": float("nan")}, step=2)
        mlflow.set_tags({"b/c": 2, "gone": "x"})
        mlflow.delete_tag("gone")
        client.log_batch(
            parent.info.run_id,
            [Metric("many", number, 1000 + number, number) for number in range(700)],
            [Param(f"p{number}", str(number)) for number in range(60)],
            [RunTag(f"t{number}", "x") for number in range(60)],
        )
        for number in range(5):
            with mlflow.start_run(run_name=f"child {number}", nested=True):
                mlflow.log_metric("m", number % 3)
                mlflow.log_param("odd", "yes" if number % 2 else "no")
    found = mlflow.get_run(parent.info.run_id)
    seen["status"] = found.info.status
    seen["loss"] = found.data.metrics["loss"]
    seen["counts"] = [len(found.data.metrics), len(found.data.params)]
    seen["history"] = [[point.step, point.value] for point in client.get_metric_history(parent.info.run_id, "loss")]
    seen["many"] = len(client.get_metric_history(parent.info.run_id, "many"))
    ids = [experiment.experiment_id]
    seen["children"] = names(
        client.search_runs(ids, f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'", order_by=["metrics.m DESC"])
    )
    seen["filtered"] = names(client.search_runs(ids, "metrics.m >= 1 AND params.odd = 'yes'", order_by=["params.odd"]))
    seen["liked"] = names(client.search_runs(ids, "attributes.run_name LIKE 'child%' and status = 'FINISHED'",
                                             order_by=["attributes.start_time ASC"]))  # fmt: skip
    pages, token = [], None
    for _ in range(9):
        page = client.search_runs(ids, max_results=4, page_token=token)
        pages.append(len(page))
        token = page.token
        if not token:
            break
    seen["pages"] = pages
    frame = mlflow.search_runs(filter_string="metrics.m = 2")
    seen["frame"] = [len(frame), float(frame["metrics.m"][0])]
    client.delete_run(parent.info.run_id)
    seen["deleted"] = names(client.search_runs(ids, run_view_type=ViewType.DELETED_ONLY))
    client.restore_run(parent.info.run_id)
    seen["active"] = len(client.search_runs(ids))
    other = client.create_experiment("to delete", tags={"k": "v"})
    client.rename_experiment(other, "renamed")
    client.delete_experiment(other)
    seen["trash"] = [each.name for each in client.search_experiments(ViewType.DELETED_ONLY)]
    client.restore_experiment(other)
    seen["tagged"] = [each.name for each in client.search_experiments(filter_string="tags.k = 'v'")]
    failed = client.create_run(other, start_time=5, run_name="by hand")
    client.update_run(failed.info.run_id, name="named again")
    client.set_terminated(failed.info.run_id, "FAILED", end_time=9)
    info = client.get_run(failed.info.run_id).info
    seen["by hand"] = [info.run_name, info.status, info.start_time, info.end_time]


def artifacts() -> None:
    """Files of a run, up, listed and down."""
    source = folder / "source"
    (source / "deep").mkdir(parents=True)
    (source / "one.txt").write_text("one")
    (source / "deep" / "two ü.bin").write_bytes(bytes(range(256)) * 4096)
    with mlflow.start_run(run_id=seen["run_id"]):
        mlflow.log_artifact(str(source / "one.txt"))
        mlflow.log_artifacts(str(source), "tree")
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": [1]}, "notes/a.json")
    seen["root"] = [[entry.path, entry.is_dir, entry.file_size] for entry in client.list_artifacts(seen["run_id"])]
    seen["tree"] = [entry.path for entry in client.list_artifacts(seen["run_id"], "tree/deep")]
    target = folder / "target"
    target.mkdir()
    path = Path(client.download_artifacts(seen["run_id"], "tree", str(target)))
    seen["same"] = (path / "deep" / "two ü.bin").read_bytes() == (source / "deep" / "two ü.bin").read_bytes()
    seen["text"] = mlflow.artifacts.load_text(f"runs:/{seen['run_id']}/notes/hello.txt")


def registry() -> None:
    """Models from registration to deletion, loaded by each kind of address."""
    client.create_registered_model("times", tags={"kind": "toy"}, description="multiplies")
    for factor in (2, 3):
        with mlflow.start_run(run_name=f"times {factor}") as run:
            mlflow.pyfunc.log_model("model", python_model=Times(factor), registered_model_name="times",
                                    pip_requirements=[])  # fmt: skip
    client.transition_model_version_stage("times", "1", "Production")
    client.transition_model_version_stage("times", "2", "Staging")
    client.set_registered_model_alias("times", "best", "2")
    client.set_registered_model_tag("times", "team", "x")
    client.set_model_version_tag("times", "2", "checked", "yes")
    client.update_model_version("times", "2", description="the better one")
    frame = pandas.DataFrame({"x": [1, 10]})
    for uri in ("models:/times/1", "models:/times@best", "models:/times/Production", f"runs:/{run.info.run_id}/model"):
        name = uri if uri.startswith("models") else "runs"
        seen[name] = [int(value) for value in mlflow.pyfunc.load_model(uri).predict(frame)]
    seen["latest"] = {each.current_stage: each.version for each in client.get_latest_versions("times")}
    seen["by alias"] = client.get_model_version_by_alias("times", "best").version
    seen["models"] = [each.name for each in client.search_registered_models("tags.kind = 'toy'")]
    seen["versions"] = [each.version for each in client.search_model_versions("name = 'times'",
                                                                              order_by=["version_number ASC"])]  # fmt: skip
    mlflow.register_model(f"runs:/{run.info.run_id}/model", "other")
    client.rename_registered_model("other", "another")
    client.delete_model_version("another", "1")
    client.delete_registered_model("another")
    client.create_registered_model("another")
    client.delete_registered_model("another")


def others() -> None:
    """A token alone, and what is refused."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        os.environ.pop(name)
    seen["nobody"] = code_of(client.get_run, seen["run_id"])
    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["OWNER_TOKEN"]
    client.set_tag(seen["run_id"], "bearer", "yes")
    seen["unknown"] = code_of(client.get_run, "0" * 32)
    seen["changed"] = code_of(client.log_param, seen["run_id"], "lr", "0.2")
    seen["filter"] = code_of(client.search_runs, [seen["experiment_id"]], "metrics.m > 'x'")
    seen["twice"] = code_of(client.create_experiment, "classic")
    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["READER_TOKEN"]
    seen["reader reads"] = client.get_run(seen["run_id"]).info.run_name
    seen["reader writes"] = code_of(client.set_tag, seen["run_id"], "bearer", "no")


tracking()
artifacts()
registry()
others()
seen["release"] = mlflow.__version__
sys.stdout.write("SEEN " + json.dumps(seen) + "\n")
