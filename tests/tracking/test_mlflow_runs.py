"""runs/… by HTTP: life of a run, parameters, tags, messages, limits."""

from __future__ import annotations

import json
import re

import pytest

from tests.tracking.conftest import Door
from tracking.models import Experiment, Param, Run, RunTag

NOT_ACTIVE = "The run {} must be in the 'active' state. Current state is deleted."


def data(mlflow: Door, run: str, kind: str) -> dict[str, object]:
    return {found["key"]: found["value"] for found in mlflow.get_run(run)["data"].get(kind, [])}


def test_create_answers_the_whole_run(mlflow: Door) -> None:
    number = mlflow.experiment()
    body = {
        "experiment_id": number,
        "user_id": "u",
        "run_name": "calm run",
        "start_time": 0,
        "tags": [{"key": "a", "value": "1"}],
    }
    run = mlflow.ok("POST", "runs/create", body)["run"]
    run_id = run["info"]["run_id"]
    assert re.fullmatch("[0-9a-f]{32}", run_id)
    assert run == {
        "info": {
            "run_uuid": run_id,
            "run_id": run_id,
            "experiment_id": number,
            "run_name": "calm run",
            "user_id": "u",
            "status": "RUNNING",
            "start_time": 0,
            "artifact_uri": f"mlflow-artifacts:/{number}/{run_id}/artifacts",
            "lifecycle_stage": "active",
        },
        "data": {"tags": [{"key": "a", "value": "1"}, {"key": "mlflow.runName", "value": "calm run"}]},
        "inputs": {},
        "outputs": {},
    }
    assert mlflow.get_run(run_id) == run
    assert mlflow.ok("GET", "runs/get", run_uuid=run_id)["run"] == run


def test_names(mlflow: Door) -> None:
    random = mlflow.get_run(mlflow.run())["info"]["run_name"]
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", random)
    tagged = mlflow.run(tags=[{"key": "mlflow.runName", "value": "by tag"}])
    assert mlflow.get_run(tagged)["info"]["run_name"] == "by tag"
    both = {"experiment_id": "0", "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]}
    assert mlflow.refused("POST", "runs/create", both) == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
        "(run_name='a', mlflow.runName='b').",
    )
    assert Run.objects.count() == 2


def test_create_refuses(mlflow: Door) -> None:
    assert mlflow.refused("POST", "runs/create", {})[:2] == (400, "BAD_REQUEST")
    assert mlflow.refused("POST", "runs/create", {"experiment_id": "5"})[:2] == (404, "RESOURCE_DOES_NOT_EXIST")
    assert mlflow.refused("POST", "runs/create", {"experiment_id": "0", "start_time": 2**63})[0] == 400
    assert mlflow.refused("POST", "runs/create", {"experiment_id": "0", "user_id": "u" * 257})[0] == 400
    bad = {"experiment_id": "0", "tags": [{"key": "../up", "value": "x"}]}
    assert "must not resolve to other names" in mlflow.refused("POST", "runs/create", bad)[2]
    assert Experiment.objects.get(number=0).active_runs == 0


def test_the_experiment_keeps_its_counts(mlflow: Door) -> None:
    runs = [mlflow.run() for _ in range(3)]
    mlflow.ok("POST", "runs/delete", {"run_id": runs[0]})
    mlflow.ok("POST", "runs/delete", {"run_id": runs[0]})
    assert Experiment.objects.values_list("active_runs", "deleted_runs").get() == (2, 1)
    mlflow.ok("POST", "runs/restore", {"run_id": runs[0]})
    mlflow.ok("POST", "runs/restore", {"run_id": runs[0]})
    assert Experiment.objects.values_list("active_runs", "deleted_runs").get() == (3, 0)


def test_update(mlflow: Door) -> None:
    run = mlflow.run()
    body = {"run_id": run, "run_uuid": run, "status": "FINISHED", "end_time": 1_700_000_000_123}
    info = mlflow.ok("POST", "runs/update", body)["run_info"]
    assert (info["status"], info["end_time"]) == ("FINISHED", 1_700_000_000_123)
    info = mlflow.ok("POST", "runs/update", {"run_id": run, "status": 1, "run_name": "new"})["run_info"]
    assert (info["status"], info["end_time"], info["run_name"]) == ("RUNNING", 1_700_000_000_123, "new")
    assert data(mlflow, run, "tags")["mlflow.runName"] == "new"
    assert mlflow.refused("POST", "runs/update", {"run_id": run, "status": "DONE"})[:2] == (
        400, "INVALID_PARAMETER_VALUE",
    )  # fmt: skip
    mlflow.ok("POST", "runs/delete", {"run_id": run})
    assert mlflow.refused("POST", "runs/update", {"run_id": run, "run_name": "x"})[2] == NOT_ACTIVE.format(run)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1}),
        ("runs/log-parameter", {"key": "p", "value": "1"}),
        ("runs/set-tag", {"key": "t", "value": "1"}),
        ("runs/delete-tag", {"key": "mlflow.runName"}),
        ("runs/log-batch", {"tags": [{"key": "t", "value": "1"}]}),
        ("runs/log-inputs", {}),
        ("runs/outputs", {"models": [{"model_id": "m-1", "step": 0}]}),
    ],
)
def test_writing_needs_a_run_that_is_there_and_active(mlflow: Door, path: str, body: dict[str, object]) -> None:
    run = mlflow.run()
    missing = "f" * 32
    assert mlflow.refused("POST", path, {**body, "run_id": missing}) == (
        404, "RESOURCE_DOES_NOT_EXIST", f"Run with id={missing} not found",
    )  # fmt: skip
    mlflow.ok("POST", "runs/delete", {"run_id": run})
    assert mlflow.refused("POST", path, {**body, "run_id": run}) == (
        400, "INVALID_PARAMETER_VALUE", NOT_ACTIVE.format(run),
    )  # fmt: skip
    status, code, message = mlflow.refused("POST", path, body)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message.startswith("Missing value for required parameter 'run_id'.")


def test_another_repositorys_runs_are_not_there(mlflow: Door, other_repo, alice, token_for) -> None:
    other = Door(other_repo, token_for(alice))
    run = other.run()
    for method, path in [("GET", "runs/get"), ("GET", "artifacts/list")]:
        assert mlflow.refused(method, path, run_id=run)[0] == 404
    for path in ("runs/update", "runs/delete", "runs/restore"):
        assert mlflow.refused("POST", path, {"run_id": run})[0] == 404
    assert mlflow.refused("POST", "runs/set-tag", {"run_id": run, "key": "a", "value": "b"})[0] == 404


def test_params_never_change(mlflow: Door) -> None:
    run = mlflow.run()
    for _ in range(2):
        assert mlflow.ok("POST", "runs/log-parameter", {"run_id": run, "key": "lr", "value": "0.1"}) == {}
    assert mlflow.refused("POST", "runs/log-parameter", {"run_id": run, "key": "lr", "value": "0.2"}) == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Changing param values is not allowed. Param with key='lr' was already logged with value='0.1' for run "
        f"ID='{run}'. Attempted logging new value '0.2'.",
    )
    mlflow.ok("POST", "runs/log-parameter", {"run_id": run, "key": "empty"})
    mlflow.ok("POST", "runs/log-parameter", {"run_uuid": run, "key": "long", "value": "x" * 6001})
    assert data(mlflow, run, "params") == {"lr": "0.1", "empty": "", "long": "x" * 6000}
    assert mlflow.refused("POST", "runs/log-parameter", {"run_id": run, "key": "lr", "value": 0.1})[2].startswith(
        "Invalid value 0.1 for parameter 'value' supplied:  Hint: Value was of type 'float'."
    )


@pytest.mark.parametrize("key", ["a b", "ä/ö", "a.b-c:d", "x" * 250])
def test_keys_that_are_fine(mlflow: Door, key: str) -> None:
    run = mlflow.run()
    mlflow.ok("POST", "runs/log-parameter", {"run_id": run, "key": key, "value": "1"})
    mlflow.ok("POST", "runs/set-tag", {"run_id": run, "key": key, "value": "1"})
    mlflow.ok("POST", "runs/log-metric", {"run_id": run, "key": key, "value": 1, "timestamp": 1})
    assert key in data(mlflow, run, "params")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("a$b", "Names may only contain alphanumerics"),
        ("a\nb", "Names may only contain alphanumerics"),
        (".", "Names may be treated as files"),
        ("..", "Names may be treated as files"),
        ("/a", "Names may be treated as files"),
        ("a/../b", "This name would resolve to 'b'"),
        ("a//b", "This name would resolve to 'a/b'"),
        ("a/", "This name would resolve to 'a'"),
        ("x" * 251, "exceeds the maximum length of 250 characters"),
        ("", "Missing value for required parameter 'key'"),
    ],
)
def test_keys_that_are_refused(mlflow: Door, key: str, words: str) -> None:
    run = mlflow.run()
    for path in ("runs/log-parameter", "runs/set-tag", "runs/log-metric"):
        body = {"run_id": run, "key": key, "value": 1 if "metric" in path else "1", "timestamp": 1}
        status, code, message = mlflow.refused("POST", path, body)
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
        assert words in message
    assert not Param.objects.exists()


def test_tags(mlflow: Door) -> None:
    run = mlflow.run(run_name="first")
    for value in ("1", "2", "x" * 8001):
        mlflow.ok("POST", "runs/set-tag", {"run_id": run, "key": "t", "value": value})
    mlflow.ok("POST", "runs/set-tag", {"run_id": run, "key": "mlflow.runName", "value": "second"})
    assert data(mlflow, run, "tags") == {"t": "x" * 8000, "mlflow.runName": "second"}
    assert mlflow.get_run(run)["info"]["run_name"] == "second"
    mlflow.ok("POST", "runs/delete-tag", {"run_id": run, "key": "mlflow.runName"})
    assert mlflow.get_run(run)["info"]["run_name"] == "second"
    assert mlflow.refused("POST", "runs/delete-tag", {"run_id": run, "key": "mlflow.runName"}) == (
        404, "RESOURCE_DOES_NOT_EXIST", f"No tag with name: mlflow.runName in run with id {run}",
    )  # fmt: skip


def test_log_batch(mlflow: Door) -> None:
    run = mlflow.run()
    body = {
        "run_id": run,
        "metrics": [{"key": "m", "value": 1.5, "timestamp": 1}, {"key": "m", "value": 2, "timestamp": 2, "step": 1}],
        "params": [{"key": "p", "value": "1"}],
        "tags": [{"key": "t", "value": "1"}, {"key": "t", "value": "2"}, {"key": "mlflow.runName", "value": "n"}],
    }
    assert mlflow.ok("POST", "runs/log-batch", body) == {}
    assert mlflow.ok("POST", "runs/log-batch", body) == {}, "the client repeats it after a lost answer"
    found = mlflow.get_run(run)
    assert found["data"]["metrics"] == [{"key": "m", "value": 2.0, "timestamp": 2, "step": 1}]
    assert found["info"]["run_name"] == "n"
    assert data(mlflow, run, "tags") == {"t": "2", "mlflow.runName": "n"}
    assert mlflow.ok("POST", "runs/log-batch", {"run_id": run}) == {}


def test_a_batch_with_a_changed_param_keeps_nothing(mlflow: Door) -> None:
    run = mlflow.run()
    mlflow.ok("POST", "runs/log-parameter", {"run_id": run, "key": "p", "value": "1"})
    body = {
        "run_id": run,
        "metrics": [{"key": "m", "value": 1, "timestamp": 1}],
        "params": [{"key": "q", "value": "1"}, {"key": "p", "value": "2"}],
        "tags": [{"key": "t", "value": "1"}],
    }
    message = mlflow.refused("POST", "runs/log-batch", body)[2]
    assert message == (
        "Changing param values is not allowed. Params were already logged="
        f"'[{{'key': 'p', 'old_value': '1', 'new_value': '2'}}]' for run ID='{run}'."
    )
    found = mlflow.get_run(run)["data"]
    assert "metrics" not in found
    assert data(mlflow, run, "params") == {"p": "1"}
    assert "t" not in data(mlflow, run, "tags")


def batch(**counts: int) -> dict[str, object]:
    return {
        "metrics": [{"key": f"m{n}", "value": 1, "timestamp": 1} for n in range(counts.get("metrics", 0))],
        "params": [{"key": f"p{n}", "value": "1"} for n in range(counts.get("params", 0))],
        "tags": [{"key": f"t{n}", "value": "1"} for n in range(counts.get("tags", 0))],
    }


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"metrics": 1001}, "at most 1000 metrics. Got 1001 metrics. Please split up metrics across multiple"),
        ({"params": 101}, "at most 100 params. Got 101 params."),
        ({"tags": 101}, "at most 100 tags. Got 101 tags."),
        ({"metrics": 999, "params": 1, "tags": 1}, "at most 1000 metrics, params, and tags. Got 1001"),
    ],
)
def test_batches_have_limits(mlflow: Door, counts: dict[str, int], message: str) -> None:
    run = mlflow.run()
    assert message in mlflow.refused("POST", "runs/log-batch", {"run_id": run, **batch(**counts)})[2]
    assert "metrics" not in mlflow.get_run(run)["data"]


def test_a_full_batch(mlflow: Door) -> None:
    run = mlflow.run()
    mlflow.ok("POST", "runs/log-batch", {"run_id": run, **batch(metrics=800, params=100, tags=100)})
    found = mlflow.get_run(run)["data"]
    assert (len(found["metrics"]), len(found["params"]), len(found["tags"])) == (800, 100, 101)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"metrics": {}}, "Invalid value {} for parameter 'metrics' supplied"),
        ({"metrics": [{"value": 1, "timestamp": 1}]}, "Missing value for required parameter 'metrics[0].key'"),
        ({"metrics": [{"key": "a", "timestamp": 1}]}, "Missing value for required parameter 'metrics[0].value'"),
        ({"metrics": [{"key": "a", "value": 1}]}, "Missing value for required parameter 'metrics[0].timestamp'"),
        ({"metrics": [{"key": "a$", "value": 1, "timestamp": 1}]}, "for parameter 'metrics[0].name' supplied"),
        ({"metrics": [{"key": "a", "value": 1, "timestamp": -1}]}, "for parameter 'metrics[0].timestamp' supplied"),
        ({"metrics": [{"key": "a", "value": "x", "timestamp": 1}]}, "for parameter 'metrics[0].value' supplied"),
        ({"params": [{"value": "1"}]}, "Missing value for required parameter 'params[0].key'"),
        ({"params": [{"key": "", "value": "1"}]}, "Missing value for required parameter 'params[0].key'"),
        ({"params": [{"key": "a", "value": 1}]}, "Invalid value 1 for parameter 'params[0].value' supplied"),
        ({"params": [{"key": "a"}, {"key": "a"}]}, "Duplicate parameter keys have been submitted: ['a']"),
        ({"tags": [{"value": "1"}]}, "Missing value for required parameter 'tags[0].key'"),
        ({"tags": [{"key": "a", "value": "\ud800"}]}, "no valid Unicode"),
        ({"tags": [{"key": "a", "value": "a\0"}]}, "NUL"),
    ],
)
def test_nothing_of_a_bad_batch_is_kept(mlflow: Door, body: dict[str, object], message: str) -> None:
    run = mlflow.run()
    good = {"metrics": [{"key": "ok", "value": 1, "timestamp": 1}], "tags": [{"key": "ok", "value": "1"}]}
    status, code, told = mlflow.refused("POST", "runs/log-batch", {"run_id": run, **good, **body})
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message in told
    assert "metrics" not in mlflow.get_run(run)["data"]
    assert RunTag.objects.count() == 1


def test_run_ids_of_another_form_are_refused_in_batches(mlflow: Door) -> None:
    assert mlflow.refused("POST", "runs/log-batch", {"run_id": "../x"})[:2] == (400, "INVALID_PARAMETER_VALUE")


def test_log_model_of_old_clients(mlflow: Door) -> None:
    run = mlflow.run()
    model = {"artifact_path": "m", "flavors": {}, "utc_time_created": "now", "run_id": run}
    for _ in range(2):
        mlflow.ok("POST", "runs/log-model", {"run_id": run, "model_json": json.dumps(model)})
    assert json.loads(str(data(mlflow, run, "tags")["mlflow.log-model.history"])) == [model, model]
    lacking = {"run_id": run, "model_json": "{}"}
    assert "missing mandatory fields" in mlflow.refused("POST", "runs/log-model", lacking)[2]
    assert "Malformed model info" in mlflow.refused("POST", "runs/log-model", {"run_id": run, "model_json": "{"})[2]
