"""Traces through the MLflow door: descriptions and spans in any order, tags, reading, deletion, links."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from repos.services.repositories import delete_repository
from tests.conftest import TokenFor
from tests.factories.repos import make_repo
from tests.tracing.conftest import SECOND, START, V3, Door, DoorFor, Tracing, export_of, span, trace_id
from tracing.mlflow import traces as handlers
from tracing.models import Span, Trace, TraceMetadata, TraceTag

pytestmark = pytest.mark.django_db


def test_a_trace_is_described_once_and_read_back(tracing: Tracing):
    info = tracing.start(
        1,
        client_request_id="mine",
        request_preview="q",
        response_preview="a",
        trace_metadata={"mlflow.trace.session": "s"},
        tags={"mlflow.traceName": "ask", "mlflow.artifactLocation": "elsewhere", "mlflow.trace.spansLocation": "x"},
    )
    assert info == {
        "trace_id": trace_id(1),
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
        "request_time": "2026-11-20T09:00:01.250Z",
        "execution_duration": "0.125s",
        "state": "OK",
        "client_request_id": "mine",
        "request_preview": "q",
        "response_preview": "a",
        "trace_metadata": {"mlflow.trace.session": "s", "mlflow.trace.infoFinalized": "true"},
        "tags": {
            "mlflow.traceName": "ask",
            "mlflow.artifactLocation": f"mlflow-artifacts:/0/traces/{trace_id(1)}/artifacts",
        },
    }
    assert tracing.get(1) == info


def test_a_second_description_joins_the_first(tracing: Tracing):
    tracing.start(1, tags={"a": "1", "b": "2"}, trace_metadata={"m": "1"}, request_preview="kept")
    info = tracing.start(1, tags={"b": "3"}, trace_metadata={"n": "2"}, state="ERROR", execution_duration="1.5s")
    assert {key: info["tags"][key] for key in "ab"} == {"a": "1", "b": "3"}
    assert info["trace_metadata"] == {"m": "1", "n": "2", "mlflow.trace.infoFinalized": "true"}
    assert (info["state"], info["execution_duration"], info["request_preview"]) == ("ERROR", "1.500s", "kept")


def test_a_trace_stays_in_its_experiment(tracing: Tracing):
    other = tracing.door.experiment("other")
    tracing.start(1, tags={"k": "v"})
    body = {"trace": {"trace_info": tracing.info(1, other, tags={"k": "changed"})}}
    message = f"Trace with ID '{trace_id(1)}' already exists in another experiment."
    assert tracing.door.refused("POST", "traces", body, api=V3) == (400, "INVALID_PARAMETER_VALUE", message)
    answer = tracing.post(json.dumps(export_of(span(1))).encode(), other)
    assert (answer.status, answer.message) == (400, message)
    assert tracing.get(1)["tags"]["k"] == "v"
    assert not Span.objects.exists()


@pytest.mark.parametrize(
    ("info", "status", "message"),
    [
        ({"trace_id": ""}, 400, "Missing value for required parameter 'trace_id'"),
        ({"trace_id": "a/b"}, 400, "Invalid value"),
        ({"trace_id": "x" * 251}, 400, "maximum length of 250"),
        ({"request_time": "yesterday"}, 400, "'request_time'"),
        ({"request_time": "0001-01-01T00:00:00Z"}, 400, "'request_time'"),
        ({"execution_duration": "1"}, 400, "'execution_duration'"),
        ({"execution_duration": "-1s"}, 400, "'execution_duration'"),
        ({"execution_duration": "nans"}, 400, "'execution_duration'"),
        ({"execution_duration": "1e999999s"}, 400, "'execution_duration'"),
        ({"state": "FINE"}, 400, "'state'"),
        ({"tags": {"": "x"}}, 400, "'key'"),
        ({"tags": {"k": 1}}, 400, "'trace.trace_info.tags[k]'"),
        ({"tags": [1]}, 400, "'trace.trace_info.tags'"),
        ({"tags": {"mlflow.traceName": "x" * 4097}}, 400, "maximum length of 4096"),
        ({"trace_metadata": {"k" * 251: "x"}}, 400, "maximum length of 250"),
        ({"trace_metadata": {"mlflow.trace.session": "x" * 251}}, 400, "maximum length of 250"),
        ({"request_preview": "\0"}, 400, "NUL"),
        ({"trace_location": {}}, 400, "experiment_id"),
        ({"trace_location": {"mlflow_experiment": {"experiment_id": "99"}}}, 404, "No Experiment with id=99"),
        ({"trace_location": {"mlflow_experiment": {"experiment_id": "x"}}}, 400, "Invalid experiment ID 'x'"),
    ],
)
def test_descriptions_that_are_refused(tracing: Tracing, info: dict[str, Any], status: int, message: str):
    answer = tracing.door("POST", "traces", {"trace": {"trace_info": {**tracing.info(1), **info}}}, api=V3)
    assert answer.status == status
    assert message in answer.message
    assert not Trace.objects.exists()


def test_a_deleted_experiment_takes_no_traces(tracing: Tracing):
    number = tracing.door.experiment()
    tracing.door.ok("POST", "experiments/delete", {"experiment_id": number})
    body = {"trace": {"trace_info": tracing.info(1, number)}}
    status, _, message = tracing.door.refused("POST", "traces", body, api=V3)
    assert (status, "must be in the 'active' state" in message) == (400, True)


def test_spans_alone_make_a_trace(tracing: Tracing):
    asked = {"mlflow.spanInputs": {"q": 1}, "mlflow.spanOutputs": "a", "session.id": "s", "user.id": "ada"}
    tracing.export(
        span(1, 2, parent=1, attributes={"mlflow.chat.tokenUsage": {"input_tokens": 1, "total_tokens": 1}}),
        span(1, 1, attributes=asked, end=START + 4 * SECOND, name="ask"),
        resource={"service.name": "shop"},
    )
    info = tracing.get(1)
    assert (info["state"], info["request_time"], info["execution_duration"]) == (
        "OK",
        "2023-11-14T22:13:21.000Z",
        "3.000s",
    )
    assert (info["request_preview"], info["response_preview"]) == ('{"q": 1}', "a")
    assert info["tags"] == {
        "service.name": "shop",
        "mlflow.traceName": "ask",
        "mlflow.trace.spansLocation": "TRACKING_STORE",
        "mlflow.artifactLocation": f"mlflow-artifacts:/0/traces/{trace_id(1)}/artifacts",
    }
    said = info["trace_metadata"]
    assert (said["mlflow.trace.session"], said["mlflow.trace.user"]) == ("s", "ada")
    assert json.loads(said["mlflow.trace.tokenUsage"]) == {"input_tokens": 1, "output_tokens": 0, "total_tokens": 1}
    assert [each["name"] for each in tracing.spans(1)] == ["ask", "step 2"]


def test_later_batches_widen_a_trace_and_sums_follow(tracing: Tracing):
    usage = {"mlflow.chat.tokenUsage": {"input_tokens": 2, "output_tokens": 0, "total_tokens": 2}}
    tracing.export(span(1, 2, parent=1, attributes=usage))
    info = tracing.get(1)
    assert (info["state"], info["execution_duration"]) == ("IN_PROGRESS", "1.000s")
    tracing.export(span(1, 3, parent=1, attributes=usage))
    assert json.loads(tracing.get(1)["trace_metadata"]["mlflow.trace.tokenUsage"])["total_tokens"] == 4
    counted = {"mlflow.chat.tokenUsage": {"input_tokens": 5, "output_tokens": 0, "total_tokens": 5}}
    tracing.export(span(1, 1, status=2, start=START, end=START + 60 * SECOND, attributes=counted))
    info = tracing.get(1)
    assert (info["state"], info["request_time"], info["execution_duration"]) == (
        "ERROR",
        "2023-11-14T22:13:20.000Z",
        "60.000s",
    )
    assert json.loads(info["trace_metadata"]["mlflow.trace.tokenUsage"])["total_tokens"] == 5


def test_a_span_sent_twice_is_kept_once(tracing: Tracing):
    for name in ("early", "late"):
        tracing.export(span(1, name=name))
    assert [found["name"] for found in tracing.spans(1)] == ["late"]


def test_what_a_description_says_holds_whichever_comes_first(tracing: Tracing):
    told = {"mlflow.trace.tokenUsage": '{"total_tokens": 99}', "mlflow.trace.session": "told"}
    spans = span(
        0, attributes={"mlflow.chat.tokenUsage": {"total_tokens": 1}, "session.id": "said", "mlflow.spanInputs": "s"}
    )
    for number, order in ((1, "spans first"), (2, "description first")):
        steps = [
            lambda number=number: tracing.export({**spans, "traceId": f"{number:032x}"}),
            lambda number=number: tracing.start(number, trace_metadata=told, request_preview="told", state="ERROR"),
        ]
        for step in steps if order == "spans first" else steps[::-1]:
            step()
        info = tracing.get(number)
        assert (info["request_time"], info["execution_duration"], info["state"]) == (
            f"2026-11-20T09:00:0{number}.250Z",
            "0.125s",
            "ERROR",
        ), order
        assert info["request_preview"] == "told"
        assert {key: info["trace_metadata"][key] for key in told} == told
        assert info["tags"]["mlflow.trace.spansLocation"] == "TRACKING_STORE"


def test_exports_are_answered_in_kind(tracing: Tracing):
    answer = tracing.post(json.dumps(export_of(span(1))).encode())
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"{}", "application/json")
    missing = tracing.post(json.dumps(export_of(span(2))).encode(), None)
    assert (missing.status, missing.code) == (422, "INVALID_PARAMETER_VALUE")
    assert "x-mlflow-experiment-id" in missing.message
    wrong = tracing.post(b"x", "0", **{"Content-Type": "text/plain"})
    assert (wrong.status, wrong.code) == (400, "INVALID_PARAMETER_VALUE")
    assert tracing.post(json.dumps(export_of(span(2))).encode(), "99").status == 404
    assert Trace.objects.count() == 1


def test_an_export_is_kept_whole_or_not_at_all(tracing: Tracing):
    long = span(2, attributes={"mlflow.traceTag.mlflow.traceName": "x" * 4097})
    assert tracing.post(json.dumps(export_of(span(1), long)).encode()).status == 400
    assert not Trace.objects.exists()


def test_an_export_costs_a_fixed_number_of_statements(tracing: Tracing):
    def statements(*spans: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as seen:
            tracing.export(*spans)
        return len(seen)

    tracing.export(span(99))
    one = statements(span(1), span(1, 2, parent=1))
    many = statements(span(2), *(span(2, place, parent=1) for place in range(2, 60)))
    assert many == one


def test_spans_are_linked_to_the_run_that_a_header_names(tracing: Tracing):
    run = tracing.door.run()
    body = json.dumps(export_of(span(1), span(2, 2, parent=1))).encode()
    assert tracing.post(body, "0", **{"x-mlflow-run-id": run}).status == 200
    assert tracing.search(f"run_id = '{run}'") == [1]
    assert tracing.post(body, "0", **{"x-mlflow-run-id": "no/run/" * 100}).status == 200


def test_reading_spans_waits_for_those_that_are_missing(tracing: Tracing, monkeypatch: pytest.MonkeyPatch):
    waited: list[float] = []
    monkeypatch.setattr(handlers.time, "sleep", waited.append)
    tracing.export(span(1))
    tracing.start(1, trace_metadata={"mlflow.trace.sizeStats": '{"num_spans": 2}'})
    status, code, message = tracing.door.refused("GET", "traces/get", api=V3, trace_id=trace_id(1))
    assert (status, code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert message == f"Trace with ID {trace_id(1)} is not fully exported yet, please try again later."
    assert waited == list(handlers.PATIENCE)
    assert len(tracing.spans(1)) == 1
    monkeypatch.setattr(handlers.time, "sleep", lambda _: tracing.export(span(1, 2, parent=1)))
    found = tracing.door.ok("GET", "traces/get", api=V3, trace_id=trace_id(1))
    assert len(found["trace"]["spans"]) == 2


def test_traces_that_are_not_there(tracing: Tracing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(handlers, "PATIENCE", ())
    missing = (404, "RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id(1)}' not found.")
    door = tracing.door
    assert door.refused("GET", f"traces/{trace_id(1)}", api=V3) == missing
    assert door.refused("GET", f"traces/{trace_id(1)}/info") == missing
    assert door.refused("PATCH", f"traces/{trace_id(1)}/tags", {"key": "k", "value": "v"}) == missing
    assert door.refused("GET", "traces/get", api=V3, trace_id=trace_id(1))[2] == (
        f"Trace with ID {trace_id(1)} is not found."
    )
    tracing.start(1)
    status, code, message = door.refused("GET", "traces/get", api=V3, trace_id=trace_id(1))
    assert (status, code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert message.startswith("Trace data not stored in tracking store")


def test_many_at_once_in_the_order_asked_for(tracing: Tracing):
    other = tracing.door.experiment("other")
    for number in (1, 2):
        tracing.export(span(number))
    tracing.export(span(3), experiment=other)
    tracing.start(4)
    ids = [trace_id(number) for number in (3, 9, 1, 4, 2)]

    def got(**more: Any) -> list[str]:
        found = tracing.door.ok("GET", "traces/batchGet", api=V3, trace_ids=ids, **more)
        return [each["trace_info"]["trace_id"] for each in found.get("traces", [])]

    assert got() == [trace_id(3), trace_id(1), trace_id(2)]
    assert got(experiment_ids=["0"]) == [trace_id(1), trace_id(2)]
    assert got(experiment_ids=[""]) == []
    infos = tracing.door.ok("POST", "traces/batchGetInfos", {"trace_ids": ids}, api=V3)["trace_infos"]
    assert [each["trace_id"] for each in infos] == [trace_id(number) for number in (3, 1, 4, 2)]
    assert tracing.door.ok("POST", "traces/batchGetInfos", {"trace_ids": ids, "experiment_ids": []}, api=V3) == {}


@pytest.mark.parametrize("api", [V3, "api/2.0/mlflow/", "ajax-api/2.0/mlflow/"])
def test_tags(tracing: Tracing, api: str):
    tracing.start(1)
    door, path = tracing.door, f"traces/{trace_id(1)}/tags"
    assert door.ok("PATCH", path, {"key": "k", "value": "x" * 9000}, api=api) == {}
    assert tracing.get(1)["tags"]["k"] == "x" * 8000
    assert door.ok("DELETE", path, {"key": "k"}, api=api) == {}
    assert "k" not in tracing.get(1)["tags"]
    gone = f"No trace tag with key 'k' for trace with ID '{trace_id(1)}'"
    assert door.refused("DELETE", path, {"key": "k"}, api=api) == (404, "RESOURCE_DOES_NOT_EXIST", gone)
    for verb, word in (("PATCH", "set"), ("DELETE", "deleted")):
        assert door.refused(verb, path, {"key": "mlflow.artifactLocation", "value": "x"}, api=api) == (
            400,
            "INVALID_PARAMETER_VALUE",
            f"Tag 'mlflow.artifactLocation' is immutable and cannot be {word} on a trace.",
        )
    assert door.refused("PATCH", path, {"key": "k" * 251, "value": "v"}, api=api)[2] == (
        "'key' exceeds the maximum length of 250 characters"
    )


def test_deletion(tracing: Tracing):
    other = tracing.door.experiment("other")
    for number in range(1, 6):
        tracing.export(span(number))
        tracing.start(number, assessments=[{"assessment_name": "good", "feedback": {"value": True}}])
    tracing.start(6, other)

    def delete(**which: Any) -> Any:
        return tracing.door.ok("POST", "traces/delete-traces", {"experiment_id": "0", **which})

    assert delete(request_ids=[trace_id(1), trace_id(6), "tr-none"]) == {"traces_deleted": 1}
    assert delete(request_ids=[trace_id(1)]) == {"traces_deleted": 0}
    times = {number: Trace.objects.get(trace_id=trace_id(number)).request_time for number in range(2, 6)}
    assert delete(max_timestamp_millis=times[2] - 1) == {"traces_deleted": 0}
    assert delete(max_timestamp_millis=times[4], max_traces=2) == {"traces_deleted": 2}
    assert tracing.search() == [5, 4]
    assert delete(max_timestamp_millis=0) == {"traces_deleted": 0}
    assert tracing.door.ok(
        "POST", "traces/delete-traces", {"experiment_id": "0", "max_timestamp_millis": times[5]}, api=V3
    ) == {"traces_deleted": 2}
    assert tracing.search(experiment=other) == [6]
    assert not Span.objects.exists()
    assert {tag.trace.trace_id for tag in TraceTag.objects.all()} <= {trace_id(6)}
    assert {word.trace.trace_id for word in TraceMetadata.objects.all()} == {trace_id(6)}


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ({}, "Either `max_timestamp_millis` or `trace_ids` must be specified."),
        ({"request_ids": ["a"], "max_timestamp_millis": 1}, "Only one of"),
        ({"request_ids": ["a"], "max_traces": 1}, "`max_traces` can't be specified"),
        ({"max_timestamp_millis": 1, "max_traces": 0}, "`max_traces` must be a positive integer, received 0."),
    ],
)
def test_deletion_must_say_what(tracing: Tracing, which: dict[str, Any], message: str):
    status, code, said = tracing.door.refused("POST", "traces/delete-traces", {"experiment_id": "0", **which})
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message in said


def test_files_of_traces(tracing: Tracing):
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/traces/{trace_id(1)}/artifacts/traces.json"
    tracing.start(2)
    refused = tracing.door.raw("PUT", path, b"{}")
    assert (refused.status, refused.message) == (404, f"Trace with ID '{trace_id(1)}' not found.")
    tracing.start(1)
    assert tracing.door.raw("PUT", path, b'{"spans": []}').status == 200
    assert tracing.door.raw("GET", path).body == b'{"spans": []}'
    tracing.door.ok("POST", "traces/delete-traces", {"experiment_id": "0", "request_ids": [trace_id(1)]})
    assert tracing.door.raw("GET", path).status == 404


def test_links_to_runs_and_prompts(tracing: Tracing):
    for number in (1, 2):
        tracing.start(number)
    ids = [trace_id(1), trace_id(1), "tr-none"]
    for _ in range(2):
        assert tracing.door.ok("POST", "traces/link-to-run", {"trace_ids": ids, "run_id": "r1"}) == {}
    assert tracing.search("run_id = 'r1'") == [1]
    many = [f"tr-{number}" for number in range(101)]
    status, _, message = tracing.door.refused("POST", "traces/link-to-run", {"trace_ids": many, "run_id": "r1"})
    assert (status, "Cannot link more than 100 traces" in message) == (400, True)
    versions = [{"name": "greet", "version": "1"}, {"name": "a/b", "version": "2"}]
    for _ in range(2):
        body = {"trace_id": trace_id(2), "prompt_versions": versions}
        assert tracing.door.ok("POST", "traces/link-prompts", body) == {}
    assert tracing.search("prompt = 'greet/1' AND prompt = 'a/b/2'") == [2]
    assert tracing.search("prompt = 'greet/2'") == []
    body = {"trace_id": trace_id(9), "prompt_versions": versions}
    assert tracing.door.refused("POST", "traces/link-prompts", body)[0] == 404
    nameless = {"trace_id": trace_id(2), "prompt_versions": [{"version": "1"}]}
    assert tracing.door.refused("POST", "traces/link-prompts", nameless)[0] == 400


def test_clients_before_3(tracing: Tracing):
    door = tracing.door
    pairs = [{"key": "a", "value": "1"}]
    body = {"experiment_id": "0", "timestamp_ms": 1000, "request_metadata": pairs, "tags": pairs}
    info = door.ok("POST", "traces", body)["trace_info"]
    request_id = info["request_id"]
    assert (info["experiment_id"], info["timestamp_ms"], info["status"]) == ("0", 1000, "IN_PROGRESS")
    assert "execution_time_ms" not in info
    assert {"key": "mlflow.artifactLocation", "value": f"mlflow-artifacts:/0/traces/{request_id}/artifacts"} in info[
        "tags"
    ]
    more = [{"key": "b", "value": "2"}]
    ended = door.ok(
        "PATCH", f"traces/{request_id}", {"timestamp_ms": 1250, "status": "OK", "request_metadata": more, "tags": more}
    )["trace_info"]
    assert (ended["status"], ended["execution_time_ms"]) == ("OK", 250)
    assert {"key": "a", "value": "1"} in ended["tags"]
    assert {"key": "b", "value": "2"} in ended["request_metadata"]
    assert door.ok("GET", f"traces/{request_id}/info")["trace_info"] == ended
    found = door.ok("GET", "traces", experiment_ids=["0"], filter="tags.b = '2'", max_results="1")
    assert found == {"traces": [ended]}
    assert door.refused("GET", "traces", filter="x")[0] == 400
    assert door.refused("PATCH", "traces/tr-none", {"timestamp_ms": 1})[0] == 404


def test_version(mlflow: Door):
    answer = mlflow.raw("GET", "/version")
    assert (answer.status, answer.body) == (200, b"3.17.2")


def test_readers_read_and_strangers_see_nothing(tracing: Tracing, door_for: DoorFor, carol: User, mallory: User):
    tracing.start(1)
    reader, stranger = Tracing(door_for(carol)), Tracing(door_for(mallory))
    assert reader.search() == [1]
    assert reader.post(json.dumps(export_of(span(2))).encode()).status == 403
    assert stranger.post(json.dumps(export_of(span(2))).encode()).status == 404
    assert (
        stranger.door("GET", f"traces/{trace_id(1)}", api=V3).message
        != tracing.door("GET", f"traces/{trace_id(2)}", api=V3).message
    )
    assert Trace.objects.count() == 1


def test_ids_of_one_repository_are_unknown_in_another(tracing: Tracing, bob: User, token_for: TokenFor):
    """The attack: who may write to one repository reads or moves a trace of another by its id."""
    other = Tracing(Door(make_repo(bob, "other"), token_for(bob)))
    tracing.start(1, tags={"k": "here"})
    other.start(1, tags={"k": "there"})
    assert (tracing.get(1)["tags"]["k"], other.get(1)["tags"]["k"]) == ("here", "there")
    other.door.ok("POST", "traces/delete-traces", {"experiment_id": "0", "request_ids": [trace_id(1)]})
    assert tracing.get(1)["tags"]["k"] == "here"


def test_nothing_is_left_of_a_deleted_repository(tracing: Tracing, repo: Repository, alice: User):
    from accounts.actor import Actor

    tracing.export(span(1))
    tracing.start(1, tags={"k": "v"}, assessments=[{"assessment_name": "good", "feedback": {"value": 1}}])
    tracing.door.ok("POST", "traces/link-to-run", {"trace_ids": [trace_id(1)], "run_id": "r1"})
    delete_repository(actor=Actor(alice, None), repository=repo, confirmation=repo.full_name)
    for model in (Trace, Span, TraceTag, TraceMetadata):
        assert not model.objects.exists()


@pytest.mark.parametrize("field", ["max_timestamp_millis", "max_traces"])
def test_deleting_with_numbers_beyond_64_bits(mlflow: Door, field: str) -> None:
    body = {"experiment_id": "0", "max_timestamp_millis": 1, field: 2**63}
    assert mlflow.refused("POST", "traces/delete-traces", body)[:2] == (400, "INVALID_PARAMETER_VALUE")
