"""The MLflow door as a program uses it, without a network: `mlflow("POST", "runs/create", {...})`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponseBase
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.conftest import TokenFor


@dataclass
class Answer:
    """An HTTP answer, its body read."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error_code"])

    @property
    def message(self) -> str:
        return str(self.json["message"])


@dataclass
class Door:
    """Calls on one repository with one token (None: without credentials)."""

    repository: Repository
    token: str | None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=True))

    def __call__(
        self, method: str, path: str, body: Any = None, /, *, api: str = "api/2.0/mlflow/", **query: Any
    ) -> Answer:
        """JSON to an endpoint; `body` may be bytes. Keywords are the query."""
        data = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        return self.raw(method, f"/{api}{path}", b"" if method == "GET" and body is None else data, query=query)

    def raw(
        self, method: str, path: str, data: bytes = b"", *, content_type: str = "application/json", query: Any = None
    ) -> Answer:
        """Any request below the tracking address."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response = self.client.generic(
            method,
            f"/{self.repository.full_name}.mlflow{path}",
            data,
            content_type=content_type,
            QUERY_STRING=urlencode(query or {}, doseq=True),
            headers=headers,
            **({"CONTENT_LENGTH": "0"} if not data else {}),
        )
        return Answer(response.status_code, _content(response), dict(response.headers))

    def ok(self, method: str, path: str, body: Any = None, /, **more: Any) -> Any:
        """The JSON of a call that must succeed."""
        answer = self(method, path, body, **more)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json

    def refused(self, method: str, path: str, body: Any = None, /, **more: Any) -> tuple[int, str, str]:
        """Status, error code and message of a call that must fail."""
        answer = self(method, path, body, **more)
        assert answer.status != 200, answer.body
        return answer.status, answer.code, answer.message

    def experiment(self, name: str = "forest") -> str:
        """A fresh experiment's id."""
        return str(self.ok("POST", "experiments/create", {"name": name})["experiment_id"])

    def run(self, experiment_id: str = "0", **fields: Any) -> str:
        """A fresh run's id."""
        body = {"experiment_id": experiment_id, "start_time": 1_700_000_000_000, **fields}
        return str(self.ok("POST", "runs/create", body)["run"]["info"]["run_id"])

    def get_run(self, run_id: str) -> Any:
        """The run as the protocol shows it."""
        return self.ok("GET", "runs/get", run_id=run_id)["run"]


def _content(response: HttpResponseBase) -> bytes:
    if getattr(response, "streaming", False):
        return b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return bytes(response.content)  # type: ignore[attr-defined]


DoorFor = Callable[[User | None], Door]


@pytest.fixture
def door_for(repo: Repository, token_for: TokenFor) -> DoorFor:
    """`door_for(user)` → calls on alice/stones as that user (None: anonymous)."""
    return lambda user: Door(repo, token_for(user) if user else None)


@pytest.fixture
def mlflow(door_for: DoorFor, bob: User) -> Door:
    """Calls on alice/stones by bob, who may write."""
    return door_for(bob)
