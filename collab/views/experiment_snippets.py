"""Code to paste on the branch of a pull request, so that a run of it shows beside the base."""

from __future__ import annotations

import shlex

from django.http import HttpRequest

from collab.models import PullRequest
from hub.context import public_url
from repos.models import Repository
from tracking.views.snippets import tracking_uri

Snippet = dict[str, str]
_TAG = "mlflow.source.git.commit"


def log_from_branch(request: HttpRequest, repo: Repository, pull: PullRequest) -> list[Snippet]:
    """How to log a run of the newest commit: from Python, with a script of one's own, with curl."""
    uri, name = tracking_uri(request, repo), request.user.get_username() or "you"
    return [
        {
            "label": "Python",
            "note": "The tag says which commit a run is of.",
            "text": _python(uri, name, pull.head_commit),
        },
        {
            "label": "Your script",
            "note": "MLflow names the commit of a script by itself, where the package gitpython is installed.",
            "text": _script(request, uri, name, pull),
        },
        {
            "label": "curl",
            "note": "The password it asks for is an access token of yours.",
            "text": f"curl -u {name} {uri}/api/2.0/mlflow/runs/create \\\n  -H 'Content-Type: application/json' \\\n"
            f"""  -d '{{"experiment_id": "0", "run_name": "from-curl", "tags": """
            f"""[{{"key": "{_TAG}", "value": "{pull.head_commit}"}}]}}'""",
        },
    ]


def _python(uri: str, name: str, commit: str) -> str:
    return (
        "import getpass, os, mlflow\n\n"
        f'os.environ["MLFLOW_TRACKING_USERNAME"] = "{name}"\n'
        'os.environ["MLFLOW_TRACKING_PASSWORD"] = getpass.getpass("Access token: ")\n'
        f'mlflow.set_tracking_uri("{uri}")\n\n'
        f'with mlflow.start_run(tags={{"{_TAG}": "{commit}"}}):\n'
        '    mlflow.log_param("lr", 0.01)\n'
        "    for step in range(100):\n"
        '        mlflow.log_metric("val_acc", 1 - 1 / (step + 2), step=step)'
    )


def _script(request: HttpRequest, uri: str, name: str, pull: PullRequest) -> str:
    head = pull.head_repository or pull.repository
    return (
        f"git fetch {public_url(request)}/{head.full_name}.git {shlex.quote(pull.head_branch)}\n"
        "git checkout FETCH_HEAD\n"
        f'export MLFLOW_TRACKING_URI="{uri}" MLFLOW_TRACKING_USERNAME={name}\n'
        'read -rsp "Access token: " MLFLOW_TRACKING_PASSWORD && export MLFLOW_TRACKING_PASSWORD\n'
        "python train.py"
    )
