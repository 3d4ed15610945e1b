"""Fills alice/stones with what the pictures of the docs show: a sweep that reads like one, traces, models, a report."""

from __future__ import annotations

import json
import math
import random

from accounts.actor import Actor
from accounts.models import User
from repos.git.commits import Put
from repos.models import Repository
from repos.services.edits import commit_changes
from tests.browser.registry_scene import fill_with_models
from tests.factories.tracing import judge, make_span, make_trace
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tracking.clock import now_ms
from tracking.models import Experiment, Run
from tracking.services.tags import set_tags

RUNS = 24
STEPS = 80
HOUR = 3_600_000
NOTE = "## What this run is for\n\nThe baseline with a **cosine** schedule. See the [report](../reports/sweep).\n"
REPORT = """---
summary: Small steps and a long schedule win; depth hardly matters.
author: Alice and Bob
---
# What the sweep taught us

Twenty-four runs over learning rate, batch size and depth.

## Best runs

```runs
experiment: resnet sweep
order: metrics.val/loss
columns: params.lr, params.batch, params.depth, metrics.val/loss, metrics.val/accuracy
limit: 6
```

## Curves

```chart
experiment: resnet sweep
order: metrics.val/loss
metric: train/loss
smoothing: 0.5
limit: 6
```
"""
QUESTIONS = ("Which stone floats?", "How old is basalt?", "Where does slate come from?", "Is marble a rock?")


def fill_for_pictures(repository: Repository, alice: User, commit: str) -> tuple[Experiment, list[Run]]:
    """The experiment of the sweep and its runs, the best first."""
    chance = random.Random(7)
    experiment = make_experiment(repository, "resnet sweep")
    runs = [_run(repository, experiment, number, commit, chance) for number in range(RUNS)]
    best = sorted(runs, key=lambda pair: pair[0])
    set_tags(repository=repository, run_id=best[0][1].uuid, tags=[("mlflow.note.content", NOTE)])
    make_artifact(repository, best[0][1], "confusion.csv", b"stone,granite,slate\ngranite,41,2\nslate,3,38\n")
    make_artifact(repository, best[0][1], "logs/train.log", b"epoch 1\nepoch 2\n")
    fill_with_models(repository, alice, commit)
    _traces(repository, chance)
    actor = Actor(user=alice)
    changes = [Put(b"reports/sweep.md", REPORT.encode())]
    repository.refresh_from_db()
    commit_changes(actor=actor, repository=repository, branch="main", changes=changes, message="Report the sweep")
    return experiment, [run for _, run in best]


def _run(
    repository: Repository, experiment: Experiment, number: int, commit: str, chance: random.Random
) -> tuple[float, Run]:
    """A run whose curves follow from its parameters, with some noise; its final loss, and the run."""
    lr, batch, depth = (0.1, 0.03, 0.01, 0.003)[number % 4], (64, 128, 256)[number % 3], (18, 34, 50)[number // 8]
    floor = 0.12 + abs(math.log10(lr) + 2) * 0.16 + batch / 4000 - depth / 2000
    pace = 9 + 60 * (0.01 / lr) ** 0.35
    loss = [floor + 2.1 * math.exp(-step * 9 / pace) * chance.uniform(0.93, 1.07) for step in range(STEPS)]
    loss = [value + chance.uniform(-0.02, 0.02) for value in loss]
    accuracy = [1 - value / 3.2 for value in loss]
    run = make_run(
        repository, experiment, f"{('calm', 'brisk', 'stout', 'keen')[number % 4]}-{('otter', 'heron', 'lynx')[number % 3]}-{number}",
        status="FAILED" if number == 5 else "RUNNING" if number == RUNS - 1 else "FINISHED",
        start=now_ms() - (RUNS - number) * 3 * HOUR,
        params={"lr": str(lr), "batch": str(batch), "depth": str(depth), "optimizer": ("sgd", "adam")[number % 2]},
        metrics={"train/loss": loss, "val/loss": [value + 0.05 for value in loss], "val/accuracy": accuracy},
        tags={"team": "vision", "mlflow.source.name": "train.py", "mlflow.source.git.commit": commit},
        user=("alice", "bob")[number % 2],
    )  # fmt: skip
    return loss[-1], run


def _traces(repository: Repository, chance: random.Random) -> None:
    """An experiment with forty traces of an assistant: a search, a model's answer, and what judges said."""
    experiment = make_experiment(repository, "stone assistant")
    for number in range(1, 41):
        took = chance.randint(600, 4200)
        question = QUESTIONS[number % len(QUESTIONS)]
        usage = {
            "input_tokens": 180 + number,
            "output_tokens": 40 + number % 9,
            "total_tokens": 220 + number + number % 9,
        }
        spans = (
            make_span(number, 1, name="answer", took=took, type="AGENT", inputs={"question": question}, outputs="Granite."),
            make_span(number, 2, 1, name="search", start=20, took=took // 3, type="RETRIEVER", inputs={"query": question}),
            make_span(
                number, 3, 1, name="chat", start=30 + took // 3, took=took // 2, type="CHAT_MODEL", outputs="Granite.",
                status="ERROR" if number % 11 == 0 else "OK",
                attributes={"mlflow.chat.tokenUsage": json.dumps(usage)},
            ),
        )  # fmt: skip
        make_trace(
            repository, experiment, number, request=json.dumps({"question": question}), response="Granite.",
            state="ERROR" if number % 11 == 0 else "OK", duration=took, spans=spans,
            metadata={"mlflow.trace.session": f"visit-{number // 4}", "mlflow.trace.tokenUsage": json.dumps(usage)},
        )  # fmt: skip
        if number % 3 == 0:
            judge(repository, number, "correct", number % 4 != 0)
