"""Clients that stop in the middle of what they send, and databases that are locked, hold nobody else up."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.db import connection

from tests.support.live import LiveHub
from tests.wire.test_mlflow_writers import Program

pytestmark = pytest.mark.wire

STUCK = 20  # fewer than the server has threads


@contextlib.contextmanager
def halfway(hub: LiveHub, repo: str, body: bytes) -> Iterator[socket.socket]:
    """A connection whose log-metric was sent but for the last byte."""
    login = b64encode(f"alice:{hub.tokens['alice']}".encode()).decode()
    head = (
        f"POST /{repo}.mlflow/api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nHost: 127.0.0.1:{hub.port}\r\n"
        f"Authorization: Basic {login}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", hub.port), timeout=120) as line:
        line.sendall(head.encode() + body[:-1])
        yield line


def test_calls_that_are_sent_slowly_hold_up_no_others(hub: LiveHub) -> None:
    repo = hub.new_repo("slow")
    with Program(hub, repo) as program, ExitStack() as lines:
        run = program.ok("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        metric = {"run_id": run, "key": "m", "timestamp": 1}
        slow = []
        for step in range(STUCK):
            body = json.dumps({**metric, "value": step, "step": step}).encode()
            slow.append((lines.enter_context(halfway(hub, repo, body)), body))
            program.ok("POST", "runs/log-metric", {**metric, "value": step, "step": 1000 + step})
        assert program.ok("GET", f"runs/get?run_id={run}")["run"]["info"]["run_id"] == run
        for line, body in slow:
            line.sendall(body[-1:])
            assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
        points = program.ok("GET", f"metrics/get-history?run_id={run}&metric_key=m")["metrics"]
        assert sorted(point["step"] for point in points) == [*range(STUCK), *range(1000, 1000 + STUCK)]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="one writer at a time is SQLite's")
def test_reading_goes_on_while_another_process_writes(hub: LiveHub) -> None:
    assert connection.vendor == "sqlite"
    repo = hub.new_repo("locked")
    with Program(hub, repo) as program, ExitStack() as lines:
        run = program.ok("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        other = lines.enter_context(contextlib.closing(sqlite3.connect(hub.home / "hub.sqlite3", isolation_level=None)))
        other.execute("BEGIN IMMEDIATE")
        body = json.dumps({"run_id": run, "key": "m", "timestamp": 1, "value": 1.0, "step": 1}).encode()
        waiting = [lines.enter_context(halfway(hub, repo, body)) for _ in range(3)]
        for line in waiting:
            line.sendall(body[-1:])
        for _ in range(5):
            assert program.ok("GET", f"runs/get?run_id={run}")["run"]["data"].get("metrics", []) == []
        other.execute("COMMIT")
        for line in waiting:
            assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
        assert len(program.ok("GET", f"runs/get?run_id={run}")["run"]["data"]["metrics"]) == 1
