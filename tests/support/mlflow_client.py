"""The stock mlflow client, pointed at a repository of a running hub, and the calls it makes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.support.live import LiveHub

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass
class Calls:
    """The requests that the client made: (method, path below the tracking address, status)."""

    made: list[tuple[str, str, int]] = field(default_factory=list)

    def to(self, path: str) -> int:
        """How many went to an endpoint."""
        return len([found for _, found, _ in self.made if found.startswith(path)])


@contextlib.contextmanager
def tracking_on(hub: LiveHub, repo: str, who: str = "alice") -> Iterator[Calls]:
    """mlflow talks to `repo` as `who` inside the block; every call must stay below the repository's address."""
    import mlflow
    import requests

    uri = f"{hub.url}/{repo}.mlflow"
    calls = Calls()
    send = requests.Session.send

    def watched(self: requests.Session, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        response = send(self, request, **kwargs)  # type: ignore[arg-type]
        assert request.url is not None
        assert request.url.startswith(uri), f"a call left the repository: {request.url}"
        calls.made.append((str(request.method), request.url.removeprefix(uri).partition("?")[0], response.status_code))
        return response

    login = {"MLFLOW_TRACKING_USERNAME": who, "MLFLOW_TRACKING_PASSWORD": hub.tokens[who]}
    before = {name: os.environ.get(name) for name in (*SETTINGS, *login)}
    os.environ.update({**SETTINGS, **login})
    old_uri = mlflow.get_tracking_uri()
    requests.Session.send = watched  # type: ignore[method-assign, assignment]
    mlflow.set_tracking_uri(uri)
    forget_experiment()
    try:
        yield calls
    finally:
        while mlflow.active_run():
            mlflow.end_run()
        forget_experiment()
        requests.Session.send = send  # type: ignore[method-assign]
        mlflow.set_tracking_uri(old_uri)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def forget_experiment() -> None:
    """The client remembers the experiment and model chosen last, for its whole process; the next test chose none."""
    from mlflow.tracking import fluent

    fluent._active_experiment_id = None
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    fluent.clear_active_model()
