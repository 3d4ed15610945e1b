"""Logs what a trial brought as runs, one for each column, so that compare and evaluation pages join their tables."""

from __future__ import annotations

import json
from collections.abc import Sequence

from accounts.actor import Actor
from hub.lib.errors import Invalid, NotFound
from registry.models import PromptCall, PromptTrial
from registry.selectors.playground import sums_of
from storage.services import put_object
from tracking import sql
from tracking.clock import now_ms
from tracking.locations import SPACE, run_artifacts, storage_key
from tracking.models import Run, RunStatus
from tracking.rules import MAX_PARAM_VALUE, Point
from tracking.services.batch import log_batch
from tracking.services.runs import add_run, update_run

TABLE = "playground.json"
_LINKED = "mlflow.linkedPrompts"
_LOGGED = "mlflow.loggedArtifacts"


def log_runs(*, trial: PromptTrial) -> None:
    """Each column has a run with what was asked. Raises what add_run raises, for an experiment that went meanwhile."""
    repository, actor = trial.model.repository, Actor(user=trial.user)
    for place, column in enumerate(trial.columns):
        if column["run_id"]:
            continue
        name, version = trial.model.name, str(column["version"])
        with sql.writing():
            row = add_run(
                repository=repository, number=trial.experiment, user_name=trial.user_name,
                name=f"{name} v{version} · {column['model']} · trial {trial.number}"[:250],
                start_time=trial.asked_at, actor=actor,
            )  # fmt: skip
            params = {
                "prompt_name": name,
                "prompt_version": version,
                "model": column["model"],
                "endpoint": trial.endpoint_name,
                "max_tokens": str(trial.max_tokens),
            }
            if trial.temperature is not None:
                params["temperature"] = f"{trial.temperature:g}"
            tags = {
                _LINKED: json.dumps([{"name": name, "version": version}]),
                _LOGGED: json.dumps([{"path": TABLE, "type": "table"}]),
                "playground.trial": str(trial.number),
            }
            log_batch(
                repository=repository, run_id=row.uuid,
                params=[(key, value[:MAX_PARAM_VALUE]) for key, value in params.items()], tags=list(tags.items()),
            )  # fmt: skip
            trial.columns[place] = {**column, "run_id": row.uuid}
            PromptTrial.objects.filter(pk=trial.pk).update(columns=trial.columns)


def finish_runs(*, trial: PromptTrial, calls: Sequence[PromptCall]) -> None:
    """The runs have their metrics and tables, and are finished. Raises Invalid for files kept elsewhere, NotFound."""
    repository = trial.model.repository
    runs = Run.objects.select_related("experiment").filter(repository=repository)
    for place, column in enumerate(trial.columns):
        mine = [call for call in calls if call.column == place]
        run = runs.filter(uuid=column["run_id"]).first()
        if run is None:
            raise NotFound("a run of it was deleted meanwhile.")
        now = now_ms()
        points = [Point(key, value, now) for key, value in _metrics(trial, mine).items()]
        log_batch(repository=repository, run_id=run.uuid, points=points)
        folder = storage_key(run_artifacts(run.experiment.artifact_location, run.uuid))
        if folder is None:
            raise Invalid("the experiment keeps its files elsewhere than in this hub.")
        put_object(
            repository=repository, space=SPACE, key=f"{folder}/{TABLE}", chunks=[_table(trial, mine)],
            content_type="application/json", actor=Actor(user=trial.user),
        )  # fmt: skip
        failed = all(call.state != PromptCall.State.DONE for call in mine)
        status = RunStatus.FAILED if failed else RunStatus.FINISHED
        update_run(repository=repository, run_id=run.uuid, status=status.value, end_time=now)


def _metrics(trial: PromptTrial, calls: Sequence[PromptCall]) -> dict[str, float]:
    sums = sums_of(calls, trial.endpoint)
    found = {
        "latency_ms": sums.milliseconds,
        "latency_ms_max": sums.slowest,
        "input_tokens": sums.input_tokens,
        "output_tokens": sums.output_tokens,
        "cost": sums.cost,
        "answers": sums.answered,
        "errors": sums.failed,
    }
    return {key: float(value) for key, value in found.items() if value is not None}


def _table(trial: PromptTrial, calls: Sequence[PromptCall]) -> bytes:
    """The rows in the format of `mlflow.log_table`: columns and data."""
    names = sorted({name for row in trial.rows for name in row})  # PostgreSQL keeps no order of keys in JSON.
    facts = ["output", "error", "latency_ms", "input_tokens", "output_tokens"]
    data = [
        [
            *(trial.rows[call.row].get(name) for name in names),
            call.output if call.state == PromptCall.State.DONE else None,
            None if call.state == PromptCall.State.DONE else call.note,
            call.milliseconds,
            call.input_tokens,
            call.output_tokens,
        ]
        for call in calls
    ]
    columns = [*(f"inputs/{name}" for name in names), *facts]
    return json.dumps({"columns": columns, "data": data}, ensure_ascii=False).encode()
