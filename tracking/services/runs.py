"""Creates, updates, deletes and restores runs, and keeps the counts of their experiment."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from accounts.actor import Actor
from hub.lib.errors import Invalid
from repos.models import Repository
from tracking import rules, sql
from tracking.clock import now_ms
from tracking.models import Run, RunStatus, Thing
from tracking.names import random_name
from tracking.rules import RUN_NAME
from tracking.selectors.runs import RunRow
from tracking.services.locking import (
    experiment_of_run,
    hold_experiment_row,
    hold_home,
    hold_run,
)
from tracking.services.tags import write_tags
from tracking.services.trash import refuse_doomed

Pair = tuple[str, str]
MAX_USER = 256
_ADD = (
    "INSERT INTO tracking_run (repository_id, experiment_id, uuid, name, status, user_name, created_by_id, start_time)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
# Holds the experiment like hold_home, in the statement that counts the run.
_COUNT = (
    "UPDATE tracking_experiment SET active_runs = active_runs + 1"
    " WHERE repository_id = ? AND number = ? AND deleted_at IS NULL RETURNING id, artifact_location"
)
# On PostgreSQL a round trip costs more than the work: all of it in one statement, which is a transaction by itself.
_TOGETHER = sql.fixed(
    f"WITH home AS ({_COUNT}), run AS ("
    "INSERT INTO tracking_run (experiment_id, repository_id, uuid, name, status, user_name, created_by_id, start_time)"
    " SELECT id, ?, ?, ?, ?, ?, ?, ? FROM home RETURNING id), tags AS ("
    "INSERT INTO tracking_runtag (run_id, key, value)"
    " SELECT run.id, t.* FROM run, unnest(?::text[], ?::text[]) t)"
    " SELECT run.id, home.artifact_location FROM run, home"
)


def create_run(**words: Any) -> Run:
    """The object of a run that `add_run` adds; takes the same and raises the same."""
    return Run.objects.select_related("experiment").get(pk=add_run(**words).pk)


def add_run(
    *,
    repository: Repository,
    number: int,
    name: str = "",
    user_name: str = "",
    start_time: int = 0,
    tags: Sequence[Pair] = (),
    actor: Actor | None = None,
) -> RunRow:
    """A running run in experiment `number`, named by `name`, else the tag mlflow.runName, else at random.

    Raises Invalid when name and tag differ, a tag is bad or the experiment deleted; NotFound for no experiment.
    """
    checked = dict(rules.check_tag(key, value) for key, value in tags)
    called = _agreed_name(name, checked.get(RUN_NAME, ""))
    checked[RUN_NAME] = checked.get(RUN_NAME) or called
    who = actor.user_id if actor else None
    start = rules.check_time(start_time, path="start_time")
    run_id, status, user = uuid.uuid4().hex, str(RunStatus.RUNNING), _user(user_name)
    values = (run_id, called, status, user, who, start)
    if sql.is_postgres():
        whole = (repository.pk, number, repository.pk, *values, list(checked), list(checked.values()))
        together = sql.row(_TOGETHER, whole)
        if together is not None:
            return RunRow(together[0], run_id, called, status, user, start, None, None, number, together[1])
    with sql.writing():
        home, location = _count_run(repository, number)
        found = sql.row(_ADD, (repository.pk, home, *values))
        assert found is not None
        write_tags(found[0], list(checked.items()), rename=False)
    return RunRow(found[0], run_id, called, status, user, start, None, None, number, location)


def _count_run(repository: Repository, number: int) -> tuple[int, str]:
    """Hold an active experiment that now has a run more; returns and raises like hold_home."""
    key = (repository.pk, number)
    found = sql.row(_COUNT, key)
    if found is None:
        hold_home(repository, number)  # Raises, but where somebody has restored it just now.
        found = sql.row(_COUNT, key)
        assert found is not None
    return found[0], found[1]


def _agreed_name(name: str, tag: str) -> str:
    rules.check_text(name, path="run_name")
    if name and tag and name != tag:
        raise Invalid(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
            f"(run_name='{name}', mlflow.runName='{tag}').",
            field="run_name",
        )
    return (name or tag or random_name())[: rules.MAX_TAG_VALUE]


def _user(name: str) -> str:
    if len(rules.check_text(name, path="user_id")) > MAX_USER:
        raise rules.too_long("user_id", MAX_USER)
    return name


def update_run(
    *, repository: Repository, run_id: str, status: str = "", end_time: int | None = None, name: str = ""
) -> None:
    """Sets what is given: status, end time (ms), name. Raises Invalid for a deleted run or an unknown status."""
    rules.check_text(name, path="run_name")
    sets: list[str] = []
    values: list[object] = []
    if status:
        sets.append("status = ?")
        values.append(RunStatus(status).value if status in RunStatus.values else _refuse_status(status))
    if end_time is not None:
        sets.append("end_time = ?")
        values.append(rules.check_time(end_time, path="end_time"))
    with sql.writing():
        run = hold_run(repository, run_id)
        if sets:
            sql.change(f"UPDATE tracking_run SET {', '.join(sets)} WHERE id = ?", (*values, run))
        if name:
            write_tags(run, [(RUN_NAME, name[: rules.MAX_TAG_VALUE])])


def _refuse_status(status: str) -> str:
    raise rules.invalid_value("status", status, f"Use one of {', '.join(RunStatus.values)}.")


def delete_run(*, repository: Repository, run_id: str, actor: Actor | None = None) -> None:
    """The run is in the trash; again is fine. Raises NotFound."""
    _move(repository, run_id, deleted_at=now_ms(), actor=actor)


def restore_run(*, repository: Repository, run_id: str) -> None:
    """The run is active; again is fine. Raises NotFound, InvalidState while it is purged."""
    _move(repository, run_id, deleted_at=None)


def _move(repository: Repository, run_id: str, *, deleted_at: int | None, actor: Actor | None = None) -> None:
    who = actor.user_id if actor else None
    test = "IS NOT NULL" if deleted_at is None else "IS NULL"
    active = 1 if deleted_at is None else -1
    with sql.writing():
        experiment = experiment_of_run(repository, run_id)
        hold_experiment_row(experiment)
        run = hold_run(repository, run_id, active=False)
        if deleted_at is None:
            refuse_doomed(Thing.RUN, run)
            refuse_doomed(Thing.EXPERIMENT, experiment)
        change = f"UPDATE tracking_run SET deleted_at = ?, deleted_by_id = ? WHERE id = ? AND deleted_at {test}"
        if sql.change(change, (deleted_at, who, run)):
            sql.change(
                "UPDATE tracking_experiment SET active_runs = active_runs + ?, deleted_runs = deleted_runs - ? "
                "WHERE id = ?",
                (active, active, experiment),
            )
