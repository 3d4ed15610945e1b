"""Raw requests of the MLflow protocol to a running hub: what its clients and published tests rely on between the lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on
from tests.support.mlflow_server import Server, of_hub
from tests.tracing.conftest import export_of, span, trace_id
from tests.tracking.contract import ESSENTIAL, IMPORTANT

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]

V2, V3, AJAX = "/api/2.0/mlflow/", "/api/3.0/mlflow/", "/ajax-api/2.0/mlflow/"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-contract")


@pytest.fixture(scope="module")
def door(hub: LiveHub, home: str) -> Server:
    """alice's program there."""
    return of_hub(hub, home)


def new_run(door: Server) -> str:
    return str(door.ok("POST", f"{V2}runs/create", {"experiment_id": "0", "start_time": 5})["run"]["info"]["run_id"])


# --- addresses


@pytest.mark.parametrize("size", [4_000, 8_000, 13_000])
def test_long_request_lines(door: Server, size: int) -> None:
    run = new_run(door)
    door.ok("POST", f"{V2}runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 1})
    query = urlencode({"run_id": [run] * min(100, size // 42), "metric_key": "m", "x": "y" * (size - 4200)}, doseq=True)
    assert len(query) > min(size, 4200) * 0.9
    assert len(door.ok("GET", f"{AJAX}metrics/get-history-bulk?{query}")["metrics"]) == 1
    text = "name != '" + "x" * (size - 100) + "'"
    assert door.ok("GET", f"{V2}registered-models/search", params={"filter": text}) == {}


def test_a_thousand_run_ids_are_refused_in_words(door: Server) -> None:
    query = urlencode({"run_id": [f"run_{number}" for number in range(1000)], "metric_key": "m"}, doseq=True)
    answer = door.call("GET", f"{AJAX}metrics/get-history-bulk?{query}")
    assert answer.status_code == 400
    assert "cannot specify more than 100 run_ids. Received 1000" in answer.json()["message"]


@pytest.mark.parametrize("line", ESSENTIAL + IMPORTANT)
def test_addresses_never_redirect_nor_set_cookies(door: Server, line: str) -> None:
    method, path = line.split()
    for place in (
        path.format(path="x", **dict.fromkeys(_words(path), "x")),
        f"{path}/".replace("{", "").replace("}", ""),
    ):
        answer = door.call(method, place, {} if method != "GET" else None)
        assert "Location" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        assert answer.status_code < 500 or answer.status_code == 501, (place, answer.text)
        if answer.status_code != 200:
            assert {"error_code", "message"} == answer.json().keys()


def _words(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:] if not part.startswith("path}")]


# --- bodies


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_needs_its_content_type(door: Server, method: str, kind: str | None) -> None:
    path = f"{V2}runs/create" if method == "POST" else f"{V3}scorers/online-config"
    answer = door.call(method, path, data=b"{}", headers={"Content-Type": kind} if kind else {})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer.json()["message"] == "Bad Request. Content-Type must be one of ['application/json']."


def test_patch_and_delete_are_read_whatever_they_say(door: Server) -> None:
    door.ok("POST", f"{V2}registered-models/create", {"name": "plain"})
    for method, more in (("PATCH", {"description": "d"}), ("DELETE", {})):
        body = json.dumps({"name": "plain", **more})
        path = f"{V2}registered-models/{'update' if method == 'PATCH' else 'delete'}"
        assert door.call(method, path, data=body, headers={"Content-Type": "text/plain"}).status_code == 200


@pytest.mark.parametrize("spelling", ["plain", "twice", "camel"])
def test_spellings_of_a_body(door: Server, spelling: str) -> None:
    fields = {"experiment_id": "0", "start_time": "1234", "run_name": spelling, "unknown": 1, "user_id": None}
    if spelling == "camel":
        fields = {"experimentId": "0", "startTime": 1234.9, "runName": spelling}
    body = json.dumps(fields)
    text = json.dumps(body) if spelling == "twice" else body
    answer = door.call(
        "POST", f"{V2}runs/create", data=text, headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert answer.status_code == 200, answer.text
    info = answer.json()["run"]["info"]
    assert (info["run_name"], info["start_time"], info["experiment_id"]) == (spelling, 1234, "0")


def test_both_spellings_are_refused(door: Server) -> None:
    answer = door.call("POST", f"{V2}runs/create", {"experiment_id": "0", "experimentId": "0"})
    assert answer.status_code == 400


NUMBERS = [
    ("1.5", 1.5), ('"1.5"', 1.5), ("true", 1.0), ('"NaN"', "NaN"), ("NaN", "NaN"), ("1e999", 1.7976931348623157e308),
    ('"Infinity"', 1.7976931348623157e308), ('"-Infinity"', -1.7976931348623157e308), ("-Infinity", -1.7976931348623157e308),
    ('"inf"', 1.7976931348623157e308), ("5e-324", 5e-324), ("12345678901234567890", 1.2345678901234567e19),
]  # fmt: skip


@pytest.mark.parametrize(("given", "kept"), NUMBERS)
def test_values_of_metrics(door: Server, given: str, kept: object) -> None:
    run = new_run(door)
    body = f'{{"run_id": "{run}", "key": "m", "value": {given}, "timestamp": "7", "step": 2.9}}'
    answer = door.call("POST", f"{V2}runs/log-metric", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {})
    found = door.ok("GET", f"{V2}runs/get", params={"run_id": run})["run"]["data"]["metrics"]
    assert found == [{"key": "m", "value": kept, "timestamp": 7, "step": 2}]


@pytest.mark.parametrize("given", ['"x"', "null", "[]", "{}", '""'])
def test_what_is_no_value(door: Server, given: str) -> None:
    body = f'{{"run_id": "{new_run(door)}", "key": "m", "value": {given}, "timestamp": 7}}'
    answer = door.call("POST", f"{V2}runs/log-metric", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(("text", "status"), [("True", 200), ("FALSE", 200), ("true", 200), ("1", 400), ("yes", 400)])
def test_truths_in_queries(door: Server, text: str, status: int) -> None:
    model = door.ok("POST", f"{V2}logged-models", {"experiment_id": "0"})["model"]["info"]["model_id"]
    answer = door.call("GET", f"{V2}logged-models/{model}", params={"allow_deleted": text})
    assert answer.status_code == status


# --- answers


def test_answers_hold_numbers_and_nothing_null(door: Server) -> None:
    """Whole numbers of 64 bits are JSON numbers; what is not there is left out, never null, never an empty list."""
    run = new_run(door)
    biggest = 2**63 - 1
    door.ok("POST", f"{V2}runs/log-batch", {
        "run_id": run,
        "metrics": [{"key": "m", "value": 1, "timestamp": biggest, "step": -(2**63)}],
        "params": [{"key": "empty", "value": ""}],
    })  # fmt: skip
    dataset = {"name": "n", "digest": "d", "source_type": "s", "source": "x"}
    door.ok("POST", f"{V2}runs/log-inputs", {"run_id": run, "datasets": [{"dataset": dataset}]})
    answer = door.call("GET", f"{V2}runs/get", params={"run_uuid": run})
    assert f'"timestamp":{biggest},"step":-{2**63}' in answer.text.replace(" ", "")
    model = door.ok("POST", f"{V2}logged-models", {"experiment_id": "0"})["model"]["info"]["model_id"]
    door.ok("POST", f"{V2}registered-models/create", {"name": "nothing"})
    door.ok("POST", f"{V2}model-versions/create", {"name": "nothing", "source": "s3://b/x"})
    door.ok("POST", "/v1/traces", export_of(span(77)), headers={"x-mlflow-experiment-id": "0"})
    everything = [
        answer.json(),
        door.ok("POST", f"{V2}experiments/search", {"max_results": 10}),
        door.ok("POST", f"{V2}runs/search", {"experiment_ids": ["0"]}),
        door.ok("GET", f"{V2}logged-models/{model}"),
        door.ok("GET", f"{V2}registered-models/get", params={"name": "nothing"}),
        door.ok("GET", f"{V2}model-versions/search"),
        door.ok("GET", f"{V3}traces/{trace_id(77)}"),
        door.ok("GET", f"{V3}traces/get", params={"trace_id": trace_id(77)}),
        door.ok("GET", f"{V2}artifacts/list", params={"run_id": run}),
    ]
    for found in everything:
        assert "null" not in json.dumps(found)
        assert list(_empty(found)) == []


def _empty(value: Any, path: str = "") -> Iterator[str]:
    if value == []:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _empty(inner, f"{path}.{key}")


def test_errors_are_told_in_the_form_of_the_protocol(hub: LiveHub, home: str, door: Server) -> None:
    nobody = Server(door.url, {})
    wrong = Server(door.url, {"Authorization": "Bearer nonsense"})
    reader = of_hub(hub, home, "alice-read")
    for server, status, code in ((nobody, 401, "UNAUTHENTICATED"), (wrong, 401, "UNAUTHENTICATED"),
                                 (reader, 403, "PERMISSION_DENIED")):  # fmt: skip
        answer = server.call("POST", f"{V2}runs/create", {"experiment_id": "0"})
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert reader.call("POST", f"{V2}runs/search", {"experiment_ids": ["0"]}).status_code == 200


# --- files by their own addresses


def test_files_of_runs_models_and_versions(door: Server) -> None:
    run = new_run(door)
    page = b"<script>alert(1)</script>"
    root = "/api/2.0/mlflow-artifacts/artifacts"
    assert door.call("PUT", f"{root}/0/{run}/artifacts/dir/page.html", data=page).status_code == 200
    model = door.ok("POST", f"{V2}logged-models", {"experiment_id": "0"})["model"]["info"]["model_id"]
    assert door.call("PUT", f"{root}/0/models/{model}/artifacts/MLmodel", data=b"flavors: {}").status_code == 200
    door.ok("POST", f"{V2}registered-models/create", {"name": "files"})
    for source in ({"source": f"runs:/{run}/dir", "run_id": run}, {"source": f"models:/{model}", "model_id": model}):
        door.ok("POST", f"{V2}model-versions/create", {"name": "files", **source})
    places = {
        f"/get-artifact?run_id={run}&path=dir/page.html": page,
        f"/get-artifact?run_uuid={run}&path=dir%2Fpage.html": page,
        f"{AJAX}logged-models/{model}/artifacts/files?artifact_file_path=MLmodel": b"flavors: {}",
        "/model-versions/get-artifact?name=files&version=1&path=page.html": page,
        "/model-versions/get-artifact?name=files&version=2&path=MLmodel": b"flavors: {}",
    }
    for place, content in places.items():
        answer = door.call("GET", place)
        assert (answer.status_code, answer.content) == (200, content), place
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    for place, status in {
        f"/get-artifact?run_id={run}&path=..%2Fx": 400, f"/get-artifact?run_id={run}&path=%252e%252e/x": 400,
        f"/get-artifact?run_id={run}&path=dir": 400, f"/get-artifact?run_id={run}": 400, "/get-artifact?path=x": 400,
        f"/get-artifact?run_id={'0' * 32}&path=x": 404, f"/get-artifact?run_id={run}&path=none": 404,
        "/model-versions/get-artifact?name=files&version=9&path=x": 404,
        f"{AJAX}logged-models/m-none/artifacts/files?artifact_file_path=x": 404,
    }.items():  # fmt: skip
        assert door.call("GET", place).status_code == status, place


def test_small_uploads(door: Server) -> None:
    run = new_run(door)
    place = f"{AJAX}upload-artifact?run_uuid={run}&path="
    assert door.call("POST", f"{place}a/b.json", data=b"{}").status_code == 200
    most = b"x" * (10 * MIB)
    assert door.call("POST", f"{place}most.bin", data=most).status_code == 200
    answer = door.call("POST", f"{place}more.bin", data=most + b"x")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Artifact size is too large. Max size is 10MB."
    # Of a body without a length nobody could tell that it was cut.
    assert door.call("POST", f"{place}more.bin", data=iter([b"x"])).status_code == 411
    for wrong, data in ((f"{place}c", b""), (f"{place}../c", b"x"), (f"{AJAX}upload-artifact?run_uuid={run}", b"x")):
        assert door.call("POST", wrong, data=data).status_code == 400
    found = door.ok("GET", f"{V2}artifacts/list", params={"run_id": run})["files"]
    assert sorted(entry["path"] for entry in found) == ["a", "most.bin"]


def test_summaries_of_datasets(door: Server) -> None:
    experiment = door.ok("POST", f"{V2}experiments/create", {"name": "datasets"})["experiment_id"]
    for context in ("train", "train", None):
        run = door.ok("POST", f"{V2}runs/create", {"experiment_id": experiment})["run"]["info"]["run_id"]
        tags = [{"key": "mlflow.data.context", "value": context}] if context else []
        dataset = {"name": "iris", "digest": "d1", "source_type": "s", "source": "x"}
        door.ok("POST", f"{V2}runs/log-inputs", {"run_id": run, "datasets": [{"dataset": dataset, "tags": tags}]})
    found = door.ok("POST", f"{AJAX}experiments/search-datasets", {"experiment_ids": [experiment]})
    known = {"experiment_id": experiment, "name": "iris", "digest": "d1"}
    assert sorted(found["dataset_summaries"], key=len) == [known, {**known, "context": "train"}]
    for ids in ([], [str(number) for number in range(21)]):
        assert door.call("POST", f"{AJAX}experiments/search-datasets", {"experiment_ids": ids}).status_code == 400


# --- the stock client where the hub has nothing


@pytest.fixture
def calls(hub: LiveHub, home: str) -> Iterator[Calls]:
    """mlflow, pointed there."""
    with tracking_on(hub, home) as made:
        yield made


def test_the_client_tells_what_is_absent_at_once(calls: Calls) -> None:
    """A status that it repeats would keep people waiting for minutes."""
    from mlflow.exceptions import MlflowException
    from mlflow.tracking._tracking_service.utils import _get_store

    store = _get_store()
    asked = [
        lambda: store.list_gateway_endpoints(),
        lambda: store.list_secret_infos(),
        lambda: store.create_issue(experiment_id="0", name="n", description="d"),
        lambda: store.search_issues(experiment_id="0"),
        lambda: store.list_review_queues("0"),
        lambda: store.search_mcp_servers(),
        lambda: mlflow_workspaces(),
    ]
    for number, ask in enumerate(asked, start=1):
        with pytest.raises(MlflowException) as caught:
            ask()
        assert re.search("is not part of this hub|does not expose workspace", str(caught.value))
        assert len(calls.made) == number, calls.made
    assert {status for *_, status in calls.made} == {404}


def mlflow_workspaces() -> object:
    import mlflow

    return mlflow.list_workspaces()


def test_the_client_keeps_how_scorers_judge(calls: Calls) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.tracking._tracking_service.utils import _get_store

    store = _get_store()
    judge = {
        "name": "polite",
        "instructions_judge_pydantic_data": {"model": "gateway:/chat", "instructions": "{{ outputs }}"},
    }
    store.register_scorer("0", "polite", json.dumps(judge))
    kept = store.upsert_online_scoring_config("0", "polite", 0.25, "tag.team = 'x'")
    assert (kept.sample_rate, kept.filter_string, kept.experiment_id) == (0.25, "tag.team = 'x'", "0")
    assert store.get_online_scoring_configs([kept.scorer_id, "none"]) == [kept]
    again = store.upsert_online_scoring_config("0", "polite", 0)
    assert (again.scorer_id, again.filter_string) == (kept.scorer_id, None)
    for rate, text in ((1.5, None), (-0.1, None), (0.5, "nonsense (")):
        with pytest.raises(MlflowException) as caught:
            store.upsert_online_scoring_config("0", "polite", rate, text)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException, match="not found for experiment 0"):
        store.upsert_online_scoring_config("0", "nobody", 0.5)
    store.register_scorer("0", "alone", json.dumps({"builtin_scorer_pydantic_data": {"model": "openai:/gpt"}}))
    with pytest.raises(MlflowException, match="does not use a gateway model"):
        store.upsert_online_scoring_config("0", "alone", 0.5)
    store.delete_scorer("0", "polite", None)
    assert store.get_online_scoring_configs([kept.scorer_id]) == []
