"""The stock client in flows that touch several parts at once: measured machines, judged classifiers, traced runs."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-flows")


@pytest.fixture
def calls(hub: LiveHub, home: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """mlflow, pointed there, that sends traces before it goes on."""
    import mlflow

    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    with tracking_on(hub, home) as made:
        mlflow.tracing.reset()
        yield made
        mlflow.tracing.reset()


def test_system_metrics(calls: Calls) -> None:
    import mlflow

    mlflow.set_experiment("machines")
    mlflow.set_system_metrics_sampling_interval(0.1)
    mlflow.set_system_metrics_samples_before_logging(2)
    try:
        with mlflow.start_run(log_system_metrics=True) as run:
            deadline = time.monotonic() + 180
            while calls.to("/api/2.0/mlflow/runs/log-batch") < 3 and time.monotonic() < deadline:
                time.sleep(0.05)
    finally:
        mlflow.set_system_metrics_sampling_interval(None)
        mlflow.set_system_metrics_samples_before_logging(None)
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    assert 0 < metrics["system/system_memory_usage_percentage"] <= 100
    assert "system/cpu_utilization_percentage" in metrics
    points = mlflow.MlflowClient().get_metric_history(run.info.run_id, "system/system_memory_usage_percentage")
    assert [point.step for point in points][:3] == [0, 1, 2]


def test_a_search_of_parameters_makes_child_runs(calls: Calls) -> None:
    import mlflow
    import mlflow.sklearn
    from sklearn.datasets import load_iris
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    mlflow.set_experiment("grid")
    mlflow.sklearn.autolog(log_models=False, max_tuning_runs=3)
    try:
        x, y = load_iris(return_X_y=True)
        with mlflow.start_run() as run:
            GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]}, cv=2).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    parent = mlflow.get_run(run.info.run_id)
    children = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'",
        order_by=["params.max_depth"],
        output_format="list",
    )
    assert [child.data.params["max_depth"] for child in children] == ["1", "2", "3"]
    best = max(child.data.metrics["mean_test_score"] for child in children)
    assert parent.data.metrics["best_cv_score"] == pytest.approx(best)
    files = mlflow.artifacts.list_artifacts(run_id=run.info.run_id)
    assert "cv_results.csv" in {entry.path for entry in files}
    assert mlflow.get_parent_run(children[0].info.run_id).info.run_id == run.info.run_id


def test_a_registered_classifier_is_evaluated(calls: Calls) -> None:
    import mlflow
    import mlflow.sklearn
    from mlflow.models import infer_signature
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    mlflow.set_experiment("judged")
    frame = load_iris(as_frame=True).frame
    x, y = frame.drop(columns="target"), frame["target"]
    model = LogisticRegression(max_iter=1000).fit(x, y)
    mlflow.sklearn.log_model(model, name="iris", registered_model_name="iris", signature=infer_signature(x, y),
                             pip_requirements=[])  # fmt: skip
    with mlflow.start_run() as run:
        result = mlflow.models.evaluate(
            "models:/iris/1", frame, targets="target", model_type="classifier",
            evaluator_config={"log_explainer": False},
        )  # fmt: skip
    kept = mlflow.get_run(run.info.run_id)
    assert kept.data.metrics["accuracy_score"] == result.metrics["accuracy_score"] > 0.9
    assert len(kept.inputs.dataset_inputs) == 1
    files = {entry.path for entry in mlflow.artifacts.list_artifacts(run_id=run.info.run_id)}
    assert {"confusion_matrix.png", "per_class_metrics.csv", "roc_curve_plot.png"} <= files


def test_a_model_of_code_carries_what_is_traced_and_measured(calls: Calls) -> None:
    import mlflow

    experiment = mlflow.set_experiment("agents")
    mlflow.set_active_model(name="agent")
    model_id = mlflow.get_active_model_id()
    mlflow.log_model_params({"temperature": 0.5})

    @mlflow.trace
    def answer(question: str) -> str:
        mlflow.update_current_trace(metadata={"mlflow.trace.session": "s-1"}, client_request_id="r-1")
        return question.upper()

    with mlflow.start_run() as run:
        assert answer("why") == "WHY"
    inside = mlflow.get_last_active_trace_id()
    assert answer("how") == "HOW"
    outside = mlflow.get_last_active_trace_id()
    mlflow.log_metric("quality", 0.75, model_id=model_id)

    def found(filter_string: str) -> list[str]:
        traces = mlflow.search_traces(
            locations=[experiment.experiment_id], filter_string=filter_string, order_by=["timestamp_ms"],
            return_type="list",
        )  # fmt: skip
        return [trace.info.trace_id for trace in traces]

    assert found("client_request_id = 'r-1'") == [inside, outside]
    assert found(f"run_id = '{run.info.run_id}'") == [inside]
    mlflow.MlflowClient().link_traces_to_run([outside], run.info.run_id)
    assert found(f"run_id = '{run.info.run_id}'") == [inside, outside]
    assert found(f"metadata.`mlflow.modelId` = '{model_id}'") == [inside, outside]
    assert mlflow.get_trace(inside).info.trace_metadata["mlflow.trace.session"] == "s-1"
    model = mlflow.get_logged_model(model_id)
    assert model.params == {"temperature": "0.5"}
    assert [(metric.key, metric.value) for metric in model.metrics] == [("quality", 0.75)]
