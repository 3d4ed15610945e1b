"""Code to paste, filled in with this hub's address, the repository and the reader's name."""

from __future__ import annotations

import shlex

from django.http import HttpRequest

from hub.context import public_url
from repos.models import Repository
from tracking.models import LoggedModel, Run

Snippet = dict[str, str]


def tracking_uri(request: HttpRequest, repo: Repository) -> str:
    """What MLflow clients are pointed at."""
    return f"{public_url(request)}/{repo.full_name}.mlflow"


def first_run(request: HttpRequest, repo: Repository, experiment: str = "first-steps") -> list[Snippet]:
    """How to log a first run from Python, a shell, or with curl."""
    uri, name = tracking_uri(request, repo), request.user.get_username() or "you"
    note = "The password it asks for is an access token of yours."
    return [
        {"label": "Python", "note": note, "text": _python(uri, name, experiment)},
        {"label": "CLI", "note": note, "text": _shell(uri, name, experiment)},
        {"label": "curl", "note": note, "text": _curl(uri, name)},
    ]


def load_run(request: HttpRequest, run: Run, models: list[LoggedModel]) -> list[Snippet]:
    """How to read a run back, and a model that it logged."""
    uri = tracking_uri(request, run.repository)
    begin = f'import mlflow\n\nmlflow.set_tracking_uri("{uri}")\n'
    read = f'{begin}run = mlflow.get_run("{run.uuid}")\nprint(run.data.metrics)'
    files = f"mlflow artifacts download --run-id {run.uuid} --dst-path ."
    found = [
        {"label": "Python", "text": read},
        {"label": "Artifacts", "text": f'export MLFLOW_TRACKING_URI="{uri}"\n{files}'},
    ]
    if models:
        load = f'model = mlflow.pyfunc.load_model("models:/{models[0].uuid}")'
        found.insert(1, {"label": "Model", "text": begin + load})
    return found


def _python(uri: str, name: str, experiment: str) -> str:
    return (
        "import getpass, os, mlflow\n\n"
        f'os.environ["MLFLOW_TRACKING_USERNAME"] = "{name}"\n'
        'os.environ["MLFLOW_TRACKING_PASSWORD"] = getpass.getpass("Access token: ")\n'
        f'mlflow.set_tracking_uri("{uri}")\n'
        f"mlflow.set_experiment({experiment!r})\n\n"
        "with mlflow.start_run():\n"
        '    mlflow.log_param("lr", 0.01)\n'
        "    for step in range(100):\n"
        '        mlflow.log_metric("loss", 1 / (step + 1), step=step)'
    )


def _shell(uri: str, name: str, experiment: str) -> str:
    return (
        f'export MLFLOW_TRACKING_URI="{uri}"\n'
        f"export MLFLOW_TRACKING_USERNAME={name}\n"
        'read -rsp "Access token: " MLFLOW_TRACKING_PASSWORD && export MLFLOW_TRACKING_PASSWORD\n'
        f"mlflow experiments create --experiment-name {shlex.quote(experiment)}\n"
        f"mlflow runs create --experiment-name {shlex.quote(experiment)} --run-name first"
    )


def _curl(uri: str, name: str) -> str:
    return (
        f"curl -u {name} {uri}/api/2.0/mlflow/runs/create \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        """  -d '{"experiment_id": "0", "run_name": "first"}'"""
    )
