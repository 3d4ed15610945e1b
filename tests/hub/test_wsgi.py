"""The straight way of the MLflow door: the same answers as by Django's resolver, and few statements for them."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.authn import token_text
from accounts.levels import Level
from accounts.models import AccessToken, User
from accounts.services import create_token
from hub.wsgi import HubHandler, mlflow_address
from repos.models import Repository
from tests.factories.accounts import make_user

API = "/alice/stones.mlflow/api/2.0/mlflow/"


@pytest.fixture(scope="module")
def handler() -> HubHandler:
    return HubHandler()


def environ(method: str, path: str, body: bytes = b"", token: str = "", query: str = "") -> dict[str, Any]:
    login = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return {
        "REQUEST_METHOD": method, "PATH_INFO": path.encode().decode("latin-1"), "QUERY_STRING": query,
        "SCRIPT_NAME": "", "SERVER_NAME": "hub", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http", **login,
    }  # fmt: skip


def ask(handler: HubHandler, *words: Any, **more: Any) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers and body, as a server gets them."""
    told: list[Any] = []
    answer = handler(environ(*words, **more), lambda status, headers: told.extend((status, dict(headers))))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return told[0], told[1], body


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/alice/stones.mlflow", ("alice", "stones", "")),
        ("/alice/stones.mlflow/", ("alice", "stones", "/")),
        ("/alice/a.b.mlflow/api/x\ny", ("alice", "a.b", "/api/x\ny")),
        ("/alice/stones.mlflow.mlflow/api", None),  # a repository is never called so
        ("/alice/stones.mlflowish/api", None),
        ("/alice/stones/src/main/x.mlflow/y", None),
        ("/-/stones.mlflow/api", None),
        ("/alice/.mlflow/api", None),
        ("/alice.git/stones.mlflow/api", None),
        ("/alice//stones.mlflow/api", None),
        ("/alice/größe.mlflow/api", None),
    ],
)
def test_addresses_of_the_door(path: str, found: tuple[str, str, str] | None) -> None:
    assert mlflow_address(path) == found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/alice/stones.mlflow", ""),
        ("GET", "/alice/stones.mlflow/health", ""),
        ("HEAD", "/alice/stones.mlflow/health", ""),
        ("OPTIONS", API + "runs/create", ""),
        ("GET", API + "experiments/get", "experiment_id=0"),
        ("GET", API + "runs/get", "run_id=none"),
        ("GET", API + "nothing/here", ""),
        ("DELETE", API + "runs/get", ""),
        ("GET", "/nobody/stones.mlflow/health", ""),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_the_straight_way_answers_like_the_long_one(
    handler: HubHandler, repo: Repository, alice: User, method: str, path: str, query: str, known: bool
) -> None:
    token = token_text(create_token(user=alice, name="t", scope=Level.ADMIN)) if known else ""
    status, headers, body = ask(handler, method, path, token=token, query=query)
    request: HttpRequest = handler.request_class(environ(method, path, token=token, query=query))
    long: Any = handler.get_response(request)
    assert isinstance(long, HttpResponse)
    assert (status, headers, body) == (f"{long.status_code} {long.reason_phrase}", dict(long.items()), long.content)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked, by the driver's own account: the hot path leaves Django's cursors."""
    found: list[str] = []
    connection.ensure_connection()
    connection.connection.set_trace_callback(found.append)
    try:
        yield found
    finally:
        connection.connection.set_trace_callback(None)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="counts by SQLite's driver")
@pytest.mark.django_db(transaction=True)
def test_a_call_asks_the_database_no_more_than_it_must(handler: HubHandler, repo: Repository, alice: User) -> None:
    token = token_text(create_token(user=alice, name="t", scope=Level.ADMIN))

    def call(method: str, path: str, body: Any = None, query: str = "") -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        status, _, found = ask(handler, method, API + path, data, token=token, query=query)
        assert status == "200 OK", found
        return json.loads(found)

    def log(step: int) -> None:
        call("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 1, "step": step})

    run = call("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
    log(1)
    with statements() as asked:
        log(2)
    assert [" ".join(text.split()[:3]) for text in asked] == [
        "PRAGMA data_version",
        "BEGIN IMMEDIATE",
        "SELECT id, deleted_at,",
        "INSERT INTO tracking_metric",
        "INSERT INTO tracking_latestmetric",
        "COMMIT",
    ]
    with statements() as asked:
        call("GET", "runs/get", query=f"run_id={run}")
    assert len(asked) == 3
    alice.save()
    with statements() as asked:
        call("GET", "runs/get", query=f"run_id={run}")
    assert ["accounts_accesstoken" in asked[1], "repos_repository" in asked[2]] == [True, True]


def revoke(token: AccessToken, repo: Repository, alice: User) -> None:
    token.delete()


def disable(token: AccessToken, repo: Repository, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)


def expire(token: AccessToken, repo: Repository, alice: User) -> None:
    AccessToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def narrow(token: AccessToken, repo: Repository, alice: User) -> None:
    AccessToken.objects.filter(pk=token.pk).update(scope=Level.NONE)


def take_away(token: AccessToken, repo: Repository, alice: User) -> None:
    Repository.objects.filter(pk=repo.pk).update(owner=make_user("else").owner)


def drop(token: AccessToken, repo: Repository, alice: User) -> None:
    Repository.objects.filter(pk=repo.pk).delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize(
    ("change", "status"), [(revoke, 401), (disable, 401), (expire, 401), (narrow, 404), (take_away, 404), (drop, 404)]
)
def test_what_somebody_may_not_any_more_is_refused_at_the_next_call(
    handler: HubHandler,
    repo: Repository,
    alice: User,
    change: Callable[[AccessToken, Repository, User], None],
    status: int,
    elsewhere: bool,
) -> None:
    token = create_token(user=alice, name="t", scope=Level.ADMIN)
    words = token_text(token)

    def call() -> str:
        return ask(handler, "GET", API + "experiments/get", token=words, query="experiment_id=0")[0]

    assert [call() for _ in range(3)] == ["200 OK"] * 3

    def work() -> None:
        change(token, repo, alice)
        connection.close()

    if elsewhere:  # by another connection, as another process would
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    else:
        change(token, repo, alice)
    assert call()[:3] == str(status)
