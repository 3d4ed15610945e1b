"""MLflow's own server in a folder that goes away, for holding the hub's answers against; and raw calls to either."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.support.groups import Group
from tests.support.live import START, LiveHub, free_port


@dataclass(frozen=True)
class Server:
    """A tracking address and what its callers send along."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """Any request; a `body` goes as JSON. It follows no redirect."""
        headers = {**self.headers, **more.pop("headers", {})}
        more = {"json": body, **more} if body is not None else more
        return requests.request(
            method, self.url + path, headers=headers, timeout=60, allow_redirects=False, **more
        )  # fmt: skip

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The JSON of a request that must succeed."""
        answer = self.call(method, path, body, **more)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else {}


def of_hub(hub: LiveHub, repo: str, who: str = "alice") -> Server:
    """A repository of a running hub, as somebody."""
    return Server(f"{hub.url}/{repo}.mlflow", {"Authorization": f"Bearer {hub.tokens[who]}"})


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[Server]:
    """A running `mlflow server` that keeps everything in `folder`."""
    port = free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files"),
    ]  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "HUB_"))}
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    group = Group(command, cwd=folder, env=environment, log=folder / "server.log")
    try:
        found = Server(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            assert group.process.poll() is None, (folder / "server.log").read_text()
            with contextlib.suppress(requests.RequestException):
                if found.call("GET", "/health").status_code == 200:
                    break
            time.sleep(0.3)
        yield found
    finally:
        group.end(signal.SIGKILL)
