"""Forty training runs, as the repository's own train.py logged them when it was run for this record; a sweep."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from repos.git.imports import Written
from repos.models import Repository
from storage.services import put_object
from tracking.locations import SPACE, run_artifacts, storage_key
from tracking.models import Experiment, Run, RunStatus
from tracking.rules import Point
from tracking.services.batch import log_batch
from tracking.services.experiments import create_experiment
from tracking.services.inputs import CONTEXT, DatasetGiven, log_inputs
from tracking.services.runs import create_run, update_run
from web.demo import figures, sweep
from web.demo.drawing import confusion
from web.demo.history import MEASURES

_RECORD = Path(__file__).parent / "files" / "runs.json"
_ABOUT = {"linear": "One layer, in search of a learning rate.", "hidden layer": "Width, rate and weight decay."}
SECOND = 1000
PER_EPOCH = 900  # milliseconds
PAUSE = 11 * 60  # seconds from a commit to its first run, and from one run to the next
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Code:
    """What a run ran: a commit, its id, and the SHA-256 of the measurements in it."""

    written: Written
    commit: str
    data: str


def recorded() -> list[dict[str, Any]]:
    """The record: experiment, status, params, metrics (one list of values each, None = not a number), matrix, error."""
    rows: list[dict[str, Any]] = json.loads(_RECORD.read_text())
    return rows


def create_runs(*, actor: Actor, repository: Repository, history: Sequence[tuple[Written, str]], now: int) -> list[Run]:
    """The repository has both experiments with their runs, each after the commit whose code it ran; `now` in s.

    Returns the runs in the order of the record.
    """
    codes = _codes(history)
    experiments: dict[str, Experiment] = {}
    seen: dict[str, int] = {}
    made: list[Run] = []
    swept: list[tuple[Run, dict[str, Any]]] = []
    parent: Run | None = None
    for record in recorded():
        name, after = record["experiment"], record["after"]
        if name not in experiments:
            tags = [("mlflow.note.content", _ABOUT[name])]
            experiments[name] = create_experiment(repository=repository, name=name, tags=tags, actor=actor)
        seen[after] = seen.get(after, 0) + 1
        code = codes[after]
        start = (code.written.at + seen[after] * PAUSE) * SECOND
        if record["status"] == RunStatus.RUNNING:
            start = now * SECOND - (_epochs(record) + 1) * PER_EPOCH
        # One transaction a run: a commit to disk for each of its parts would take most of the time.
        with transaction.atomic():
            if after == sweep.AFTER and parent is None:
                parent = sweep.create_parent(
                    actor=actor, repository=repository, experiment=experiments[name], tags=_source(code), start=start
                )
            above = parent.uuid if parent and after == sweep.AFTER else ""
            made.append(_create_run(actor, repository, experiments[name], record, code, start, above))
        if above:
            swept.append((made[-1], record))
            end = start + (_epochs(record) + 2) * PER_EPOCH
    assert parent is not None
    sweep.finish_parent(actor=actor, repository=repository, parent=parent, children=swept, end=end)
    return made


def _codes(history: Sequence[tuple[Written, str]]) -> dict[str, Code]:
    """By the first line of the commit's message, which is unique here."""
    codes: dict[str, Code] = {}
    data = ""
    for written, commit in history:
        measures = written.files.get(MEASURES)
        data = hashlib.sha256(measures).hexdigest() if measures else data
        codes[written.message.split("\n")[0]] = Code(written, commit, data)
    return codes


def _epochs(record: dict[str, Any]) -> int:
    return max(map(len, record["metrics"].values()), default=0)


def _create_run(
    actor: Actor,
    repository: Repository,
    experiment: Experiment,
    record: dict[str, Any],
    code: Code,
    start: int,
    parent: str,
) -> Run:
    user = code.written.author.name.split()[0].lower()
    tags = [*_source(code), ("mlflow.source.name", "train.py"), *([(sweep.PARENT, parent)] if parent else [])]
    run = create_run(
        repository=repository, number=experiment.number, name=run_name(record), user_name=user, start_time=start,
        tags=tags, actor=actor,
    )  # fmt: skip
    log_inputs(repository=repository, run_id=run.uuid, datasets=[_dataset(code)])
    log_batch(repository=repository, run_id=run.uuid, params=list(record["params"].items()))
    points = list(_points(record, start))
    for first in range(0, len(points), BATCH):
        log_batch(repository=repository, run_id=run.uuid, points=points[first : first + BATCH])
    _store(actor, repository, experiment, run, record, start)
    if record["status"] != RunStatus.RUNNING:
        end = start + (_epochs(record) + 2) * PER_EPOCH
        update_run(repository=repository, run_id=run.uuid, status=record["status"], end_time=end)
    return run


def _source(code: Code) -> list[tuple[str, str]]:
    """Who ran what: a commit on a branch."""
    return [
        ("mlflow.user", code.written.author.name.split()[0].lower()),
        ("mlflow.source.type", "LOCAL"),
        ("mlflow.source.git.commit", code.commit),
        ("mlflow.source.git.branch", code.written.branch),
    ]


def run_name(record: dict[str, Any]) -> str:
    """What a run of the record is called."""
    params = record["params"]
    parts = [f"w{params['hidden']}"] if "hidden" in params else []
    parts.append(f"lr{params['learning_rate']}")
    parts += [f"wd{params['weight_decay']}"] if float(params.get("weight_decay", 0)) else []
    parts += [f"b{params['batch_size']}"] if params["batch_size"] != "32" else []
    return " ".join([*parts, f"s{params['seed']}"])


def _points(record: dict[str, Any], start: int) -> Iterator[Point]:
    for key, values in record["metrics"].items():
        for step, value in enumerate(values):
            number = math.nan if value is None else value
            yield Point(key, number, start + (step + 1) * PER_EPOCH, step)


def _dataset(code: Code) -> DatasetGiven:
    source = json.dumps({"uri": MEASURES})
    return DatasetGiven("penguins", code.data[:8], "local", source, tags=((CONTEXT, "training"),))


def _store(
    actor: Actor, repository: Repository, experiment: Experiment, run: Run, record: dict[str, Any], start: int
) -> None:
    folder = storage_key(run_artifacts(experiment.artifact_location, run.uuid))
    files = _artifacts(record)
    if record["after"] == sweep.AFTER:
        files |= figures.curves(record, start, PER_EPOCH)
    for name, (kind, data) in files.items():
        key = f"{folder}/{name}"
        put_object(repository=repository, space=SPACE, key=key, chunks=[data], content_type=kind, actor=actor)


def _artifacts(record: dict[str, Any]) -> dict[str, tuple[str, bytes]]:
    """Files of a run by path, with their media types."""
    files = {"log.txt": ("text/plain", _log(record).encode())}
    if record["metrics"]:
        files["history.csv"] = ("text/csv", _history(record).encode())
    counts = record.get("confusion")
    if counts:
        text = json.dumps({"species": ["Pebble", "Ridge", "Tide"], "counts": counts}, indent=2)
        files["evaluation/confusion.json"] = ("application/json", text.encode())
        files["evaluation/confusion.png"] = ("image/png", confusion(counts))
        files["evaluation/by_species.json"] = ("application/json", figures.by_species(counts))
        files["evaluation/by_species.html"] = ("text/html", figures.page(counts, run_name(record)))
    return files


def _log(record: dict[str, Any]) -> str:
    losses, scores = record["metrics"].get("train_loss", []), record["metrics"].get("val_accuracy", [])
    pairs = enumerate(zip(losses, scores, strict=True))
    lines = [
        f"epoch {step}: loss {'nan' if loss is None else loss}, accuracy {score:.3f}" for step, (loss, score) in pairs
    ]
    return "\n".join([*lines, record.get("error", "").strip()]).strip() + "\n"


def _history(record: dict[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *record["metrics"]])
    for step, values in enumerate(zip(*record["metrics"].values(), strict=True)):
        writer.writerow([step, *("nan" if value is None else value for value in values)])
    return text.getvalue()
