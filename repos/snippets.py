"""Commands to paste, filled in with a repository's address and the reader's name."""

from __future__ import annotations

from accounts.actor import Actor
from repos.models import Repository

Snippet = dict[str, str]


def clone_snippets(url: str, actor: Actor) -> list[Snippet]:
    """How to get the code, where runs go, and where data go."""
    return [
        {"label": "Git", "text": f"git clone {url}.git"},
        {"label": "MLflow", "text": f'import mlflow\n\nmlflow.set_tracking_uri(\n    "{url}.mlflow"\n)'},
        {
            "label": "DVC",
            "note": "The password is an access token. To pull public data, the first line is enough.",
            "text": (
                f"dvc remote add -d hub {url}.dvc\ndvc remote modify hub auth basic\n"
                f"dvc remote modify --local hub user {actor.name or 'you'}\n"
                "dvc remote modify --local hub password TOKEN\ndvc push"
            ),
        },
        {
            "label": "Git LFS",
            "note": "Nothing to set up: it goes where Git goes.",
            "text": 'git lfs install\ngit lfs track "*.safetensors"\ngit add .gitattributes',
        },
    ]


def first_snippets(url: str, repository: Repository, actor: Actor) -> list[Snippet]:
    """How to bring the first commit or the first run into an empty repository at `url`."""
    name, branch = repository.name, repository.default_branch
    user = actor.name or "you"
    return [
        {
            "label": "New project",
            "note": "Git asks for a password: paste an access token.",
            "text": (
                f'mkdir {name} && cd {name}\ngit init -b {branch}\necho "# {name}" > README.md\ngit add README.md\n'
                f'git commit -m "First commit"\ngit remote add origin {url}.git\ngit push -u origin {branch}'
            ),
        },
        {
            "label": "Existing project",
            "note": "In the folder of a project that is under Git already.",
            "text": f"git remote add origin {url}.git\ngit push -u origin --all\ngit push origin --tags",
        },
        {
            "label": "Python",
            "note": "Track a first run with MLflow: pip install mlflow. The password is an access token.",
            "text": (
                "import os\nfrom getpass import getpass\n\nimport mlflow\n\n"
                f'os.environ["MLFLOW_TRACKING_USERNAME"] = "{user}"\n'
                'os.environ["MLFLOW_TRACKING_PASSWORD"] = getpass("Access token: ")\n'
                f'mlflow.set_tracking_uri("{url}.mlflow")\nmlflow.set_experiment("first")\n\n'
                "with mlflow.start_run():\n"
                '    mlflow.log_param("rate", 0.1)\n'
                "    for step in range(10):\n"
                '        mlflow.log_metric("loss", 1 / (step + 1), step=step)'
            ),
        },
    ]
