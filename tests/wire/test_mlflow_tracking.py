"""The stock mlflow client: experiments, runs, metrics, parameters, tags, searches."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-tracking")


@pytest.fixture
def calls(hub: LiveHub, home: str) -> Iterator[Calls]:
    """mlflow, pointed there."""
    with tracking_on(hub, home) as made:
        yield made


def test_life_of_a_run(calls: Calls) -> None:
    import mlflow

    experiment = mlflow.set_experiment("life")
    with mlflow.start_run(run_name="first", tags={"team": "x"}, description="what it is") as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "long": "x" * 7000})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metric("loss", 0.25, step=2)
        mlflow.log_metrics({"acc": 0.9, "f1": 1}, step=2)
        mlflow.set_tags({"a/b": 1, "c": "d"})
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "first"
    assert found.info.end_time >= found.info.start_time
    assert found.info.experiment_id == experiment.experiment_id
    assert found.data.metrics == {"loss": 0.25, "acc": 0.9, "f1": 1.0}
    assert found.data.params == {"lr": "0.1", "depth": "3", "long": "x" * 6000}
    tags = found.data.tags
    assert (tags["team"], tags["a/b"], tags["mlflow.note.content"]) == ("x", "1", "what it is")
    assert {status for *_, status in calls.made} <= {200, 404}


def test_odd_numbers(calls: Calls) -> None:
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_metrics({"nan": math.nan, "up": math.inf, "down": -math.inf, "tiny": 5e-324, "big": 1e308})
        mlflow.log_metric("nan", 1.0, step=-1)
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    assert math.isnan(metrics["nan"])
    assert metrics["up"] == 1.7976931348623157e308 == -metrics["down"]
    assert (metrics["tiny"], metrics["big"]) == (5e-324, 1e308)


def test_nested_runs(calls: Calls) -> None:
    import mlflow

    with mlflow.start_run(run_name="parent") as parent:
        for number in range(3):
            with mlflow.start_run(run_name=f"child {number}", nested=True):
                mlflow.log_metric("m", number)
    children = mlflow.search_runs(
        filter_string=f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'",
        order_by=["metrics.m DESC"],
        output_format="list",
        search_all_experiments=True,
    )
    assert [run.info.run_name for run in children] == ["child 2", "child 1", "child 0"]


def test_going_on_with_a_run(calls: Calls) -> None:
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
    with mlflow.start_run(run_id=run.info.run_id):
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("m", 2, step=1)
    assert mlflow.get_run(run.info.run_id).data.metrics == {"m": 2.0}
    with pytest.raises(ZeroDivisionError), mlflow.start_run(run_id=run.info.run_id):
        raise ZeroDivisionError
    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"


def test_a_changed_param_is_an_error_at_once(calls: Calls) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    with mlflow.start_run() as run:
        mlflow.log_param("p", 1)
        mlflow.log_param("p", 1)
        with pytest.raises(MlflowException, match="Changing param values is not allowed") as caught:
            mlflow.log_param("p", 2)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert mlflow.get_run(run.info.run_id).data.params == {"p": "1"}


def test_search_to_pandas_in_pages(calls: Calls) -> None:
    import mlflow

    experiment = mlflow.set_experiment("pages")
    client = mlflow.MlflowClient()
    for number in range(25):
        run = client.create_run(experiment.experiment_id, start_time=1000 + number, run_name=f"r{number}")
        client.log_metric(run.info.run_id, "m", number % 5)
        if number % 2:
            client.log_param(run.info.run_id, "odd", "yes")
    frame = mlflow.search_runs(
        filter_string="metrics.m >= 1 AND params.odd = 'yes'", order_by=["metrics.m DESC", "start_time ASC"]
    )
    names = list(frame["tags.mlflow.runName"])
    assert names == ["r9", "r19", "r3", "r13", "r23", "r7", "r17", "r1", "r11", "r21"]
    assert list(frame["metrics.m"]) == [4, 4, 3, 3, 3, 2, 2, 1, 1, 1]
    pages, token = [], None
    while True:
        page = client.search_runs([experiment.experiment_id], max_results=10, page_token=token)
        pages.append([run.info.run_name for run in page])
        token = page.token
        if not token:
            break
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [name for page in pages for name in page] == [f"r{number}" for number in reversed(range(25))]


def test_bad_filters_are_told(calls: Calls) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    for text in ("metrics.m > 'x'", "nonsense", "metrics.m >", "params.p = 1"):
        with pytest.raises(MlflowException) as caught:
            mlflow.search_runs(filter_string=text)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE", text


def test_history_and_large_batches(calls: Calls) -> None:
    import mlflow
    from mlflow.entities import Metric, Param, RunTag

    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        metrics = [Metric("m", number / 7, 1_000 + number, number) for number in range(2500)]
        params = [Param(f"p{number}", str(number)) for number in range(150)]
        tags = [RunTag(f"t{number}", "x") for number in range(150)]
        client.log_batch(run.info.run_id, metrics, params, tags)
        mlflow.log_metrics({f"k{number}": number for number in range(1500)})
    history = client.get_metric_history(run.info.run_id, "m")
    assert [(point.value, point.timestamp, point.step) for point in history] == [
        (number / 7, 1_000 + number, number) for number in range(2500)
    ]
    found = mlflow.get_run(run.info.run_id).data
    assert (len(found.metrics), len(found.params)) == (1501, 150)
    assert client.get_metric_history(run.info.run_id, "nothing") == []


def test_async_logging(calls: Calls) -> None:
    import mlflow

    with mlflow.start_run() as run:
        waits = [mlflow.log_metric("m", step, step=step, synchronous=False) for step in range(200)]
        waits += [mlflow.log_param(f"p{number}", number, synchronous=False) for number in range(50)]
        waits.append(mlflow.set_tag("t", "x", synchronous=False))
        for wait in waits:
            wait.wait()
        mlflow.flush_async_logging()
    found = mlflow.get_run(run.info.run_id).data
    assert found.metrics == {"m": 199.0}
    assert (len(found.params), found.tags["t"]) == (50, "x")
    assert len(mlflow.MlflowClient().get_metric_history(run.info.run_id, "m")) == 200


def test_experiments(calls: Calls) -> None:
    import mlflow
    from mlflow.entities import ViewType
    from mlflow.exceptions import MlflowException

    client = mlflow.MlflowClient()
    assert client.get_experiment("0").name == "Default"
    number = client.create_experiment("crud", tags={"a": "b"})
    client.set_experiment_tag(number, "c", "d")
    client.rename_experiment(number, "renamed")
    found = mlflow.get_experiment_by_name("renamed")
    assert (found.experiment_id, found.tags) == (number, {"a": "b", "c": "d"})
    assert mlflow.get_experiment_by_name("crud") is None
    with pytest.raises(MlflowException) as caught:
        client.create_experiment("renamed")
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.delete_experiment(number)
    assert client.get_experiment(number).lifecycle_stage == "deleted"
    again = mlflow.set_experiment("renamed").experiment_id
    assert again != number
    client.rename_experiment(again, "another")
    deleted = client.search_experiments(view_type=ViewType.DELETED_ONLY, filter_string="name = 'renamed'")
    assert [experiment.experiment_id for experiment in deleted] == [number]
    client.restore_experiment(number)
    client.delete_experiment_tag(number, "c")
    assert client.get_experiment(number).tags == {"a": "b"}
    by_tag = client.search_experiments(filter_string="tags.a = 'b'", order_by=["name ASC"])
    assert [experiment.name for experiment in by_tag] == ["renamed"]


def test_runs_deleted_and_restored(calls: Calls) -> None:
    import mlflow
    from mlflow.entities import ViewType
    from mlflow.exceptions import MlflowException

    client = mlflow.MlflowClient()
    number = client.create_experiment("trash")
    run = client.create_run(number).info.run_id
    client.set_tag(run, "t", "x")
    client.delete_tag(run, "t")
    client.update_run(run, status="KILLED", name="renamed")
    client.set_terminated(run, "FINISHED")
    client.delete_run(run)
    client.delete_run(run)
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.log_metric(run, "m", 1)
    assert list(client.search_runs([number])) == []
    (found,) = client.search_runs([number], run_view_type=ViewType.DELETED_ONLY)
    assert (found.info.run_name, found.info.lifecycle_stage) == ("renamed", "deleted")
    client.restore_run(run)
    assert client.get_run(run).info.lifecycle_stage == "active"
    assert "t" not in client.get_run(run).data.tags


def test_unknown_runs_are_errors_at_once(calls: Calls) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match=f"Run with id={'f' * 32} not found") as caught:
        mlflow.get_run("f" * 32)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert len(calls.made) == 1


@pytest.mark.parametrize(("who", "code"), [("carol", "RESOURCE_DOES_NOT_EXIST"), ("alice-read", "PERMISSION_DENIED")])
def test_those_who_may_not(hub: LiveHub, home: str, who: str, code: str) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    with tracking_on(hub, home, who), pytest.raises(MlflowException) as caught:
        mlflow.create_experiment(f"by {who}")
    assert caught.value.error_code == code


def test_a_bearer_token_is_enough(hub: LiveHub, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    with tracking_on(hub, home):
        monkeypatch.delenv("MLFLOW_TRACKING_USERNAME")
        monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", hub.tokens["alice"])
        assert mlflow.get_experiment("0").name == "Default"
