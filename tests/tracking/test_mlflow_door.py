"""The door itself: who gets in, what an unknown address or method is told, forms of bodies, errors."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.conftest import TokenFor
from tests.tracking.conftest import Door, DoorFor
from tracking.mlflow.routes import TABLE

RUN = "0" * 32
FIRST = "/api/2.0/mlflow/"


@pytest.mark.parametrize(
    ("who", "read", "write"),
    [("alice", 200, 200), ("bob", 200, 200), ("carol", 200, 403), ("mallory", 404, 404), (None, 401, 401)],
)
def test_who_may(
    repo: Repository, token_for: TokenFor, request: pytest.FixtureRequest, who: str | None, read: int, write: int
) -> None:
    user = request.getfixturevalue(who) if who else None
    mlflow = Door(repo, token_for(user) if user else None)
    assert mlflow("GET", "experiments/get", experiment_id="0").status == read
    answer = mlflow("POST", "experiments/create", {"name": "x"})
    assert answer.status == write
    codes = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST"}
    if write != 200:
        assert answer.code == codes[write]
    assert answer.headers.get("WWW-Authenticate", "").startswith("Basic") is (write == 401)


def test_tokens_limit_what_their_owner_may(repo: Repository, other_repo: Repository, alice: User, token_for) -> None:
    assert Door(repo, token_for(alice, "read"))("POST", "experiments/create", {"name": "x"}).status == 403
    narrow = token_for(alice, "write", other_repo)
    assert Door(repo, narrow)("GET", "experiments/get", experiment_id="0").status == 404
    assert Door(other_repo, narrow)("GET", "experiments/get", experiment_id="0").status == 200
    assert Door(repo, "cairn_1_" + "0" * 40)("GET", "experiments/get", experiment_id="0").code == "UNAUTHENTICATED"


def test_every_route_asks_who_calls(door_for: DoorFor) -> None:
    stranger = door_for(None)
    for entry in TABLE.entries:
        path = entry.path.replace("{model_id}", "m-1").replace("{path:path}", "a").replace("{tag_key:path}", "a")
        answer = stranger.raw(entry.route.method, f"/{path}", b"{}")
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), path


def test_a_browsers_session_opens_nothing(repo: Repository, alice: User, browser_of) -> None:
    client: Client = browser_of(alice)
    answer = client.get(f"/{repo.full_name}.mlflow{FIRST}experiments/get?experiment_id=0")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/ajax-api/3.0/mlflow/workspaces", "Workspaces"),
        ("POST", "/api/3.0/mlflow/gateway/endpoints/create", "The AI gateway"),
        ("GET", "/nothing", "/nothing is not served here"),
        ("POST", "/api/2.0/mlflow/runs/create/", "runs/create/ is not served here"),
        ("GET", "/api/2.1/mlflow/runs/get", "is not served here"),
    ],
)
def test_unknown_addresses_are_named(mlflow: Door, method: str, path: str, words: str) -> None:
    answer = mlflow.raw(method, path, b"{}")
    assert (answer.status, answer.code) == (404, "ENDPOINT_NOT_FOUND")
    assert words in answer.message


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "runs/create", "POST"),
        ("PUT", "runs/get", "GET, HEAD"),
        ("POST", "logged-models/m-1", "DELETE, GET, HEAD, PATCH"),
        ("DELETE", "experiments/search", "GET, HEAD, POST"),
    ],
)
def test_other_methods_are_refused(mlflow: Door, method: str, path: str, allowed: str) -> None:
    answer = mlflow.raw(method, FIRST + path, b"{}")
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "ENDPOINT_NOT_FOUND", allowed)


def test_options_tells_methods_without_credentials(door_for: DoorFor) -> None:
    answer = door_for(None).raw("OPTIONS", FIRST + "runs/create")
    assert (answer.status, answer.headers["Allow"], answer.body) == (200, "POST, OPTIONS", b"")


def test_head_is_get_without_a_body(mlflow: Door) -> None:
    get = mlflow.raw("GET", FIRST + "experiments/get", query={"experiment_id": "0"})
    head = mlflow.raw("HEAD", FIRST + "experiments/get", query={"experiment_id": "0"})
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(get.body)))


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_bodies_must_be_json(mlflow: Door, content_type: str) -> None:
    answer = mlflow.raw("POST", FIRST + "experiments/create", b'{"name": "x"}', content_type=content_type)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")
    assert answer.message == "Bad Request. Content-Type must be one of ['application/json']."


def test_a_content_type_may_have_parameters(mlflow: Door) -> None:
    content_type = "application/json; charset=utf-8"
    assert mlflow.raw("POST", FIRST + "experiments/create", b'{"name": "x"}', content_type=content_type).status == 200


@pytest.mark.parametrize("body", [b"{", b"null", b"[]", b"7", b'"text"', b"[" * 100_000, b"\xff"])
def test_what_is_no_object_counts_as_empty(mlflow: Door, body: bytes) -> None:
    answer = mlflow.raw("POST", FIRST + "experiments/create", body)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")
    assert answer.message.startswith("Missing value for required parameter 'name'")


def test_unknown_fields_and_nulls_are_passed_over(mlflow: Door) -> None:
    body = {"name": "x", "artifact_location": None, "tags": None, "colour": {"red": 1}}
    assert mlflow.ok("POST", "experiments/create", body) == {"experiment_id": "1"}


def test_camel_case_is_read_where_nothing_checks(mlflow: Door) -> None:
    mlflow.run(mlflow.experiment())
    assert len(mlflow.ok("POST", "runs/search", {"experimentIds": ["1"]})["runs"]) == 1
    both = {"experimentIds": ["1"], "experiment_ids": ["1"]}
    assert "specifies both" in mlflow.refused("POST", "runs/search", both)[2]


def test_get_reads_a_body_when_there_is_no_query(mlflow: Door) -> None:
    assert mlflow.ok("GET", "experiments/get", {"experiment_id": "0"})["experiment"]["name"] == "Default"


def test_ajax_api_is_a_twin(mlflow: Door) -> None:
    api = "ajax-api/2.0/mlflow/"
    number = mlflow.ok("POST", "experiments/create", {"name": "x"}, api=api)["experiment_id"]
    assert mlflow.ok("GET", "experiments/get", api=api, experiment_id=number)["experiment"]["name"] == "x"
    assert mlflow.ok("GET", "server-info", api="ajax-api/3.0/mlflow/")["artifact_serving_enabled"] is True


def test_health_and_server_info(mlflow: Door) -> None:
    health = mlflow.raw("GET", "/health")
    assert (health.status, health.body) == (200, b"OK")
    info = mlflow.ok("GET", "server-info", api="api/3.0/mlflow/")
    assert info["multipart_uploads_enabled"] is True
    assert info["workspaces_enabled"] is False


def test_the_front_page_leads_to_the_experiments(mlflow: Door) -> None:
    for path in ("", "/"):
        answer = mlflow.raw("GET", path)
        assert (answer.status, answer.headers["Location"]) == (302, "/alice/stones/experiments")


@pytest.mark.parametrize("value", ["\0", "a\0b"])
def test_nul_is_refused_everywhere(mlflow: Door, value: str) -> None:
    for method, path, field in [
        ("GET", "runs/get", "run_id"),
        ("GET", "experiments/get-by-name", "experiment_name"),
        ("POST", "runs/search", "filter"),
        ("POST", "experiments/create", "name"),
    ]:
        more = {"query": {field: value}} if method == "GET" else {}
        body = b"" if method == "GET" else json.dumps({field: value}).encode()
        answer = mlflow.raw(method, FIRST + path, body, **more)
        assert answer.status == 400, (path, answer.body)
    assert mlflow.raw("GET", FIRST + "logged-models/m-%00").status == 400


def test_a_failing_database_is_told_as_passing(mlflow: Door, monkeypatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("database is locked: secret detail")

    monkeypatch.setattr("tracking.services.metrics.log_metrics", fail)
    body = {"run_id": RUN, "key": "m", "value": 1, "timestamp": 1}
    with caplog.at_level(logging.CRITICAL):
        answer = mlflow("POST", "runs/log-metric", body)
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "TEMPORARILY_UNAVAILABLE", "2")
    assert "secret" not in answer.message
