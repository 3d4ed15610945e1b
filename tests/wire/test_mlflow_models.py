"""The stock mlflow client: autologging of scikit-learn, logged models, datasets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-models")


@pytest.fixture
def calls(hub: LiveHub, home: str) -> Iterator[Calls]:
    """mlflow, pointed there."""
    with tracking_on(hub, home) as made:
        yield made


def test_autolog(calls: Calls) -> None:
    import mlflow
    import mlflow.sklearn
    from sklearn.datasets import load_iris
    from sklearn.tree import DecisionTreeClassifier

    mlflow.set_experiment("autolog")
    mlflow.sklearn.autolog()
    try:
        x, y = load_iris(return_X_y=True, as_frame=True)
        with mlflow.start_run() as run:
            DecisionTreeClassifier(max_depth=2).fit(x, y).score(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = mlflow.get_run(run.info.run_id)
    assert found.data.params["max_depth"] == "2"
    assert found.data.metrics["training_accuracy_score"] > 0.9
    (dataset_input,) = found.inputs.dataset_inputs
    assert dataset_input.dataset.name == "dataset"
    assert {tag.key: tag.value for tag in dataset_input.tags} == {"mlflow.data.context": "train"}
    (output,) = found.outputs.model_outputs
    model = mlflow.get_logged_model(output.model_id)
    assert str(model.status) == "READY"
    assert model.source_run_id == run.info.run_id
    assert model.params["max_depth"] == "2"
    loaded = mlflow.sklearn.load_model(f"models:/{output.model_id}")
    assert loaded.predict(x.head(1)).tolist() == [0]
    by_run = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert by_run.max_depth == 2
    assert {status for *_, status in calls.made} <= {200, 206, 404}


def test_log_model_and_its_metrics(calls: Calls) -> None:
    import mlflow
    import mlflow.sklearn
    from sklearn.linear_model import LinearRegression

    mlflow.set_experiment("models")
    regression = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    with mlflow.start_run() as run:
        logged = mlflow.sklearn.log_model(regression, name="line", params={"slope": 1}, tags={"team": "x"})
        dataset = mlflow.data.from_numpy(__import__("numpy").zeros((3, 1)), name="zeros")
        mlflow.log_input(dataset, context="test")
        mlflow.log_metric("rmse", 0.5, model_id=logged.model_id, dataset=dataset)
        mlflow.log_metric("rmse", 0.25, step=1, model_id=logged.model_id, dataset=dataset)
    model = mlflow.get_logged_model(logged.model_id)
    assert (model.name, model.params, model.tags["team"]) == ("line", {"slope": "1"}, "x")
    assert [(found.value, found.step, found.dataset_name) for found in model.metrics] == [
        (0.5, 0, "zeros"), (0.25, 1, "zeros"),
    ]  # fmt: skip
    assert mlflow.get_run(run.info.run_id).data.metrics == {"rmse": 0.25}
    found = mlflow.search_logged_models(filter_string="name = 'line' AND metrics.rmse < 0.3", output_format="list")
    assert [each.model_id for each in found] == [logged.model_id]
    client = mlflow.MlflowClient()
    client.set_logged_model_tags(logged.model_id, {"stage": "best"})
    client.delete_logged_model_tag(logged.model_id, "team")
    assert client.get_logged_model(logged.model_id).tags["stage"] == "best"
    assert "team" not in client.get_logged_model(logged.model_id).tags
    client.delete_logged_model(logged.model_id)
    assert mlflow.search_logged_models(filter_string="name = 'line'", output_format="list") == []


def test_a_model_with_many_params(calls: Calls) -> None:
    import mlflow

    mlflow.set_experiment("models")
    params = {f"p{number}": str(number) for number in range(250)}
    model = mlflow.initialize_logged_model(name="many", params=params, model_type="agent")
    mlflow.finalize_logged_model(model.model_id, "FAILED")
    found = mlflow.get_logged_model(model.model_id)
    assert (found.params, str(found.status), found.model_type) == (params, "FAILED", "agent")


def test_models_in_pages(calls: Calls) -> None:
    import mlflow

    experiment = mlflow.set_experiment("many models")
    client = mlflow.MlflowClient()
    for number in range(7):
        client.create_logged_model(experiment.experiment_id, name=f"m{number}")
    names: list[str] = []
    token = None
    while True:
        page = client.search_logged_models(
            [experiment.experiment_id], max_results=3, order_by=[{"field_name": "name"}], page_token=token
        )
        names += [model.name for model in page]
        token = page.token
        if not token:
            break
    assert names == [f"m{number}" for number in range(7)]


def test_datasets(calls: Calls) -> None:
    import mlflow
    import pandas

    mlflow.set_experiment("datasets")
    frame = pandas.DataFrame({"x": [1, 2, 3], "y": [0, 1, 0]})
    for name in ("first", "second"):
        with mlflow.start_run(run_name=name):
            dataset = mlflow.data.from_pandas(frame, source="https://example.org/d.csv", name=name, targets="y")
            mlflow.log_input(dataset, context="training", tags={"split": "1"})
            mlflow.log_input(dataset, context="again")
    (run,) = mlflow.search_runs(filter_string="dataset.name = 'first'", output_format="list")
    (use,) = run.inputs.dataset_inputs
    assert (use.dataset.name, use.dataset.source_type) == ("first", "http")
    assert {tag.key: tag.value for tag in use.tags} == {"mlflow.data.context": "training", "split": "1"}
    source = mlflow.data.get_source(use)
    assert source.url == "https://example.org/d.csv"


def test_evaluate(calls: Calls) -> None:
    import mlflow
    import pandas

    mlflow.set_experiment("evaluate")
    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0], "guess": [1.0, 2.0, 3.0]})
    with mlflow.start_run() as run:
        mlflow.models.evaluate(
            data=frame,
            targets="y",
            predictions="guess",
            model_type="regressor",
            evaluator_config={"log_explainer": False},
        )
    assert mlflow.get_run(run.info.run_id).data.metrics["max_error"] == 1.0
