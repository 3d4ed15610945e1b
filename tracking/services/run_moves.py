"""Moves a run into another experiment of its repository, with all that hangs on it: files, datasets, logged models.

Its history of metrics, its parameters and tags hang on the run itself and stay as they are. A run with something that
rooms above keep in its experiment stays there (tracking.belongings.bound).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from hub.lib.errors import QuotaExceeded
from repos.models import Repository
from storage import selectors as storage
from storage.services import copy_object, delete_object
from tracking import sql
from tracking.locations import SPACE, model_artifacts, run_artifacts, storage_key
from tracking.models import RunStatus

MOST_FILES = 5000
"""A run with more files is not moved: others would wait too long for their turn to write."""

RUNNING = "still running: its client writes files to where it began"
TRASHED = "in the trash: restore it first"
NEEDED = "a registered model is made of its files"
ELSEWHERE = "its files are kept outside of this hub"
TARGET_ELSEWHERE = "the other experiment keeps its files outside of this hub"
MANY_FILES = f"it has more than {MOST_FILES:,} files"
NO_ROOM = "the owner has no room for a file while it moves"
DOOMED = "a model of it is being deleted for ever"


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run whose row is locked. Times in ms since 1970."""

    pk: int
    uuid: str
    experiment: int
    location: str
    deleted_at: int | None
    archived_at: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Target:
    """The experiment that runs move into, whose row is locked."""

    pk: int
    location: str


def move_run(repository: Repository, run: HeldRun, target: Target, needed: Mapping[str, str]) -> str:
    """The run is in the target experiment; returns why not, or "" when it is.

    `needed`: ids of runs and models that a room above needs where they are.
    """
    models = sql.rows(
        "SELECT m.id, m.uuid, EXISTS (SELECT 1 FROM tracking_purgeitem p WHERE p.kind = 'model' AND p.thing_id = m.id) "
        "FROM tracking_loggedmodel m WHERE m.source_run_id = ? AND m.experiment_id = ? AND m.repository_id = ?",
        (run.uuid, run.experiment, repository.pk),
    )
    uuids = [uuid for _, uuid, _ in models]
    reason = _refusal(run, target, needed, uuids) or (DOOMED if any(doomed for *_, doomed in models) else "")
    if reason:
        return reason
    folders = _folders(run.location, target.location, run.uuid, uuids)
    files = sum(storage.list_tree(repository, SPACE, old)[: MOST_FILES + 1].count() for old, _ in folders)
    if files > MOST_FILES:
        return MANY_FILES
    try:
        with transaction.atomic():
            for old, new in folders:
                _move_files(repository, old, new)
            _move_rows(run, target, [key for key, _, _ in models])
    except QuotaExceeded:
        return NO_ROOM
    return ""


def _refusal(run: HeldRun, target: Target, needed: Mapping[str, str], models: list[str]) -> str:
    if run.deleted_at is not None:
        return TRASHED
    if run.status in (RunStatus.RUNNING, RunStatus.SCHEDULED):
        return RUNNING
    if run.uuid in needed or any(uuid in needed for uuid in models):
        return NEEDED
    if storage_key(run.location) is None:
        return ELSEWHERE
    return TARGET_ELSEWHERE if storage_key(target.location) is None else ""


def _folders(old: str, new: str, run: str, models: list[str]) -> list[tuple[str, str]]:
    """Where files are, and where they belong in an experiment with the location `new`."""
    pairs = [(run_artifacts(old, run), run_artifacts(new, run))]
    pairs += [(model_artifacts(old, uuid), model_artifacts(new, uuid)) for uuid in models]
    found = [(storage_key(before), storage_key(after)) for before, after in pairs]
    return [(before, after) for before, after in found if before and after and before != after]


def _move_files(repository: Repository, old: str, new: str) -> None:
    """One file after the other, so that an owner's quota need not hold all of them twice. No bytes move."""
    for stored in list(storage.list_tree(repository, SPACE, old).select_related("blob")):
        copy_object(source=stored, repository=repository, space=SPACE, key=new + stored.key.removeprefix(old))
        delete_object(repository=repository, space=SPACE, key=stored.key)


def _move_rows(run: HeldRun, target: Target, models: list[int]) -> None:
    used = [row[0] for row in sql.rows("SELECT dataset_id FROM tracking_datasetinput WHERE run_id = ?", (run.pk,))]
    if used:
        _move_datasets(run, target, used)
    if models:
        test, value = sql.among("id", models)
        sql.change(f"UPDATE tracking_loggedmodel SET experiment_id = ? WHERE {test}", (target.pk, value))
    sql.change("UPDATE tracking_run SET experiment_id = ? WHERE id = ?", (target.pk, run.pk))
    for experiment, more in ((run.experiment, -1), (target.pk, 1)):
        sql.change("UPDATE tracking_experiment SET active_runs = active_runs + ? WHERE id = ?", (more, experiment))


def _move_datasets(run: HeldRun, target: Target, used: list[int]) -> None:
    """Datasets are described once for each experiment: the run uses those of its new one."""
    test, value = sql.among("id", used)
    sql.change(
        "INSERT INTO tracking_dataset (experiment_id, name, digest, source_type, source, schema, profile) "
        f"SELECT ?, name, digest, source_type, source, schema, profile FROM tracking_dataset WHERE {test} "
        "ON CONFLICT (experiment_id, name, digest) DO NOTHING",
        (target.pk, value),
    )
    sql.change(
        "UPDATE tracking_datasetinput SET dataset_id = (SELECT n.id FROM tracking_dataset o JOIN tracking_dataset n "
        "ON n.experiment_id = ? AND n.name = o.name AND n.digest = o.digest "
        "WHERE o.id = tracking_datasetinput.dataset_id) WHERE run_id = ?",
        (target.pk, run.pk),
    )
    sql.change(
        f"DELETE FROM tracking_dataset WHERE {test} AND NOT EXISTS "
        "(SELECT 1 FROM tracking_datasetinput i WHERE i.dataset_id = tracking_dataset.id)",
        (value,),
    )
