"""Fills alice/stones with a pull request that changes data, has experiments and is held by gates."""

from __future__ import annotations

import math
from pathlib import Path

from accounts.actor import Actor
from accounts.models import User
from collab.models import PullRequest
from collab.services.gates import check_gates, save_gate
from collab.services.marks import begin_on_mark
from collab.services.pull_state import look_again
from collab.services.pulls import open_pull
from repos.models import Repository
from repos.services.branches import create_branch
from tests.browser.scenes import Words, fill_with_data
from tests.factories.pulls import put
from tests.factories.registry import make_logged_model
from tests.factories.tracking import START, make_experiment, make_run
from tracking.selectors.run_table import COMMIT

GATES = {"accuracy": "val_acc >= base", "loss": "val_loss <= base * 1.02", "speed": "examples_per_second >= 900"}


def fill_with_experiments(repository: Repository, alice: User, bob: User, folder: Path) -> Words:
    """A pull request of main into stable whose data, notebook and pictures differ; gives {number}, {quiet} and {gate}."""
    words = fill_with_data(repository, alice, folder)
    actor = Actor(user=alice)
    create_branch(actor=actor, repository=repository, name="stable", start=words["before"])
    rules = {name: save_gate(actor=actor, repository=repository, name=name, rule=rule) for name, rule in GATES.items()}
    pull = open_pull(
        actor=Actor(user=bob),
        repository=repository,
        head_repository=repository,
        head_branch="main",
        base_branch="stable",
        title="Weigh the stones again and train longer",
        body="More pictures, a corrected mass, one more epoch.",
    )
    look_again(pull)
    _runs(repository, words)
    check_gates(pull)
    _talk(pull, bob)
    put(repository, bob, {"quiet.md": "Nothing is trained here.\n"}, branch="quiet", start="stable")
    quiet = open_pull(
        actor=Actor(user=bob),
        repository=repository,
        head_repository=repository,
        head_branch="quiet",
        base_branch="stable",
        title="Explain",
    )
    numbers = {"number": str(pull.topic.number), "quiet": str(quiet.topic.number)}
    return {**words, **numbers, "gate": str(rules["accuracy"].pk)}


def _runs(repository: Repository, words: Words) -> None:
    experiment = make_experiment(repository, "stone-classifier")
    for number, (commit, name, lr, best) in enumerate(
        [
            (words["before"], "granite-baseline", "0.1", 0.86),
            (words["after"], "slate-longer", "0.05", 0.91),
            (words["after"], "basalt-wide", "0.05", 0.89),
        ]
    ):
        curve = [best * (1 - math.exp(-(step + 1) / 6)) for step in range(30 + 10 * number)]
        run = make_run(
            repository,
            experiment,
            name,
            params={"lr": lr, "epochs": str(len(curve)), "seed": "7"},
            metrics={"val_acc": curve, "val_loss": [1.2 - value for value in curve], "f1": [best - 0.02]},
            tags={COMMIT: commit},
            start=START + 100_000 * number,
        )
        if number == 1:
            make_logged_model(repository, run, name="stone-classifier")
    going = {"tags": {COMMIT: words["after"]}, "status": "RUNNING", "start": START + 900_000}
    make_run(repository, experiment, "still-going", **going)  # type: ignore[arg-type]


def _talk(pull: PullRequest, bob: User) -> None:
    actor = Actor(user=bob)
    for path, place, body in (
        ("study.ipynb", {"cell": "1"}, "Why four, not three?"),
        ("data/images.dvc", {"file": "data/images/pictures/99.png"}, "Is this one of ours?"),
        ("table.csv.dvc", {"file": "table.csv", "row": "s7"}, "11.25 is what the scales say."),
        ("plot.png", {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4}, "The axis is cut off here."),
    ):
        begin_on_mark(actor=actor, pull=pull, path=path, place=place, body=body)
