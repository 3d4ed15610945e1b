"""Code to paste, filled in with this hub's address, the repository and the reader's name."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from django.http import HttpRequest

from hub.context import public_url
from repos.models import Repository, Visibility
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


def load_run(
    request: HttpRequest, run: Run, models: Sequence[LoggedModel], commit: str = "", *, with_dvc: bool = False
) -> list[Snippet]:
    """How to read a run back, its models and artifacts; how to find its like; and, of a `commit` that the repository
    holds, how to get the code, and the data that DVC keeps for it."""
    repo, uri = run.repository, tracking_uri(request, run.repository)
    name = request.user.get_username() or "you"
    begin = _begin(uri, name, repo)
    read = f'run = mlflow.get_run("{run.uuid}")\nprint(run.data.params, run.data.metrics)'
    files = f"mlflow artifacts download --run-id {run.uuid} --dst-path ."
    look = f"runs/get?run_id={run.uuid}"
    found = [{"label": "Python", "text": begin + read}]
    if models:
        load = f'model = mlflow.pyfunc.load_model("models:/{models[0].uuid}")\nprint(model.metadata.signature)'
        found.append({"label": "Model", "text": begin + load})
    found += [
        {"label": "Artifacts", "text": f"{_login(uri, name, repo)}{files}"},
        {"label": "Search", "text": begin + _search(run)},
        {"label": "curl", "text": f"curl {_user(name, repo)}'{uri}/api/2.0/mlflow/{look}'"},
    ]
    if commit:
        words = [f"git clone {public_url(request)}/{repo.full_name}.git", f"cd {shlex.quote(repo.name)}"]
        words += [f"git checkout {commit}", *(["dvc pull"] if with_dvc else [])]
        note = "The code as it was" + (", and the data that DVC keeps for it." if with_dvc else ".")
        found.append({"label": "Checkout", "note": note, "text": "\n".join(words)})
    return found


def _is_open(repo: Repository) -> bool:
    """Whether it can be read without a token."""
    return repo.visibility == Visibility.PUBLIC


def _begin(uri: str, name: str, repo: Repository) -> str:
    """The first lines in Python; they ask for a token where one is needed."""
    if _is_open(repo):
        return f'import mlflow\n\nmlflow.set_tracking_uri("{uri}")\n'
    return f'{_python_login(name)}mlflow.set_tracking_uri("{uri}")\n'


def _login(uri: str, name: str, repo: Repository) -> str:
    """The first lines in a shell; they ask for a token where one is needed."""
    return f'export MLFLOW_TRACKING_URI="{uri}"\n' + ("" if _is_open(repo) else _shell_login(name))


def _user(name: str, repo: Repository) -> str:
    """Makes curl ask for the token."""
    return "" if _is_open(repo) else f"-u {name} "


def _search(run: Run) -> str:
    """The runs of the experiment, the newest first."""
    number = run.experiment.number
    return (
        f'runs = mlflow.search_runs(experiment_ids=["{number}"], max_results=100)\n'
        'print(runs[["run_id", "status", "start_time"]])'
    )


def _python_login(name: str) -> str:
    return (
        "import getpass, os, mlflow\n\n"
        f'os.environ["MLFLOW_TRACKING_USERNAME"] = "{name}"\n'
        'os.environ["MLFLOW_TRACKING_PASSWORD"] = getpass.getpass("Access token: ")\n'
    )


def _shell_login(name: str) -> str:
    return (
        f"export MLFLOW_TRACKING_USERNAME={name}\n"
        'read -rsp "Access token: " MLFLOW_TRACKING_PASSWORD && export MLFLOW_TRACKING_PASSWORD\n'
    )


def _python(uri: str, name: str, experiment: str) -> str:
    return (
        f"{_python_login(name)}"
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
        f"{_shell_login(name)}"
        f"mlflow experiments create --experiment-name {shlex.quote(experiment)}\n"
        f"mlflow runs create --experiment-name {shlex.quote(experiment)} --run-name first"
    )


def _curl(uri: str, name: str) -> str:
    return (
        f"curl -u {name} {uri}/api/2.0/mlflow/runs/create \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        """  -d '{"experiment_id": "0", "run_name": "first"}'"""
    )
