"""Fills alice/stones with the models and prompts that the registry's pages show."""

from __future__ import annotations

import json
from typing import Any

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from registry.models import Door
from registry.services.aliases import set_alias
from registry.services.promotion_rules import set_rule
from registry.services.promotions import ask_promotion, review_promotion
from registry.services.tags import set_version_tag
from registry.services.versions import describe_model_version, transition_stage
from repos.models import Repository
from tests.factories.registry import make_logged_model, make_model, make_prompt, make_version
from tests.factories.tracking import START, make_experiment, make_run
from tracking.services.inputs import DatasetGiven, log_inputs

CARD = "# Iris petals\n\nTells *kinds of iris* apart by four lengths.\n\n| split | accuracy |\n|---|---|\n| test | 0.97 |\n"
FIRST = "Summarise the text in {{ count }} sentences.\n\nText:\n{{ text }}"
SECOND = (
    "Summarise the text in {{ count }} short sentences for {{ reader }}.\n\nText:\n{{ text }}\n\nAnswer in English."
)


def fill_with_models(repository: Repository, user: User, commit: str) -> None:
    """A model with three versions, one of a run that is gone; one without versions; prompts of both kinds."""
    actor = Actor(user=user)
    experiment = make_experiment(repository, "iris sweep")
    make_model(
        repository, "iris-classifier", description=CARD, tags={"task": "classification", "team": "botany"}, actor=actor
    )
    for number, sha in enumerate((commit, "f" * 40)):
        run = make_run(
            repository, experiment, f"calm-otter-{number}", start=START + number * 3_600_000,
            params={"lr": f"0.{number}1", "depth": "5"}, tags={"mlflow.source.git.commit": sha},
            metrics={"val/accuracy": [0.9 + number / 40], "val/loss": [0.3 - number / 10], "train/loss": [0.1]},
        )  # fmt: skip
        given = DatasetGiven("iris.csv", "3f9a41c2", "local", "{}", tags=(("mlflow.data.context", "training"),))
        log_inputs(repository=repository, run_id=run.uuid, datasets=[given])
        logged = make_logged_model(repository, run)
        make_version(repository, "iris-classifier", logged=logged, actor=actor, description="Trained on *all* rows.")
    make_version(repository, "iris-classifier", run_id="e" * 32, actor=actor, tags=[("imported", "yes")])
    move = {"repository": repository, "name": "iris-classifier", "actor": actor}
    set_alias(**move, alias="champion", version="1")
    set_alias(**move, alias="champion", version="2")
    set_alias(**move, alias="challenger", version="3")
    transition_stage(**move, version="2", stage="Production")
    make_model(repository, "a-model-with-quite-a-long-name-that-somebody-chose-for-its-precision-v2", actor=actor)
    make_prompt(repository, "summary", FIRST, SECOND, actor=actor)
    set_alias(repository=repository, name="summary", actor=actor, alias="live", version="1")
    chat = [
        {"role": "system", "content": "You answer as {{ persona }}."},
        {"role": "user", "content": "{{ question }}"},
    ]
    fill_with_promotions(repository, actor)
    make_prompt(repository, "chat", json.dumps(chat), kind="chat", actor=actor)


def fill_with_promotions(repository: Repository, admin: Actor) -> None:
    """A model with rules; requests that wait, one that was refused, one that is done, one against the rule."""
    bob = Actor(user=User.objects.get(username="bob"))
    where: dict[str, Any] = {"repository": repository, "name": "petal-counter"}
    make_model(repository, "petal-counter", actor=bob)
    experiment = make_experiment(repository, "petals")
    for number, score in enumerate((0.8, 0.78, 0.91, None)):
        metrics = {} if score is None else {"val/accuracy": [0.1, score], "val/loss": [1.0 - score]}
        run = make_run(repository, experiment, f"bold-fern-{number}", metrics=metrics)
        make_version(repository, "petal-counter", logged=make_logged_model(repository, run), actor=bob)
    gates = ["metrics.val/accuracy >= 0.75", "metrics.val/accuracy >= base - 0.01"]
    rule = {**where, "kind": "alias", "target": "champion"}
    set_rule(**rule, approvals=1, level=Level.WRITE, gates=gates, actor=admin)
    set_rule(
        repository=repository, name=None, kind="stage", target="Production", approvals=2, level=Level.ADMIN, gates=[],
        actor=admin,
    )  # fmt: skip
    ask_promotion(**rule, version="1", reason="Roll it out.", override=True, actor=admin)
    said: dict[str, Any] = {**where, "seen": 1, "actor": admin}
    first = ask_promotion(**rule, version="2", reason="Smaller, **nearly** as good.", actor=bob)
    review_promotion(**said, number=first.number, approves=False, comment="Too weak: see `val/loss`.")
    third = ask_promotion(**rule, version="3", reason="Trained on *all* petals.", actor=bob)
    review_promotion(**said, number=third.number, approves=True, comment="Checked on last week's pictures.")
    ask_promotion(**rule, version="4", reason="Metrics come tonight.", actor=bob)
    describe_model_version(**where, version="3", description="The one to use.", actor=bob)
    set_version_tag(**where, version="3", key="checked", value="yes", actor=bob, door=Door.MLFLOW)
