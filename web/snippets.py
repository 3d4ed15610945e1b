"""First steps to paste, filled in with this hub's address and the reader's name."""

from __future__ import annotations

from accounts.actor import Actor

Snippet = dict[str, str]


def first_steps(hub_url: str, actor: Actor) -> list[Snippet]:
    """How to bring a first project here, from Git and from Python."""
    name = actor.name or "you"
    return [
        {
            "label": "Git",
            "note": "In a project of yours. The first push makes the repository; it is private until you open it.",
            "text": f"git remote add cairn {hub_url}/{name}/my-project.git\ngit push -u cairn HEAD",
        },
        {
            "label": "Python",
            "note": "When the repository is there: pip install mlflow. The password is an access token.",
            "text": (
                "import os\nfrom getpass import getpass\n\nimport mlflow\n\n"
                f'os.environ["MLFLOW_TRACKING_USERNAME"] = "{name}"\n'
                'os.environ["MLFLOW_TRACKING_PASSWORD"] = getpass("Access token: ")\n'
                f'mlflow.set_tracking_uri("{hub_url}/{name}/my-project.mlflow")\n\n'
                "with mlflow.start_run():\n"
                '    mlflow.log_metric("loss", 0.42)'
            ),
        },
    ]
