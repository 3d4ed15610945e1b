"""The small steps in which a thing of the trash is deleted for ever; each may be done again, in any transaction.

What hangs on a thing goes first and its own row last, so that whatever stops in the middle is found again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from repos.models import Repository
from storage import selectors as storage
from storage.services import delete_object, delete_tree
from tracking import sql
from tracking.belongings import MOST_ROWS, belongings_of
from tracking.clock import now_ms
from tracking.locations import SPACE, model_artifacts, run_artifacts, storage_key
from tracking.models import Thing
from tracking.models.experiments import ARTIFACT_SCHEME
from tracking.services.experiments import DEFAULT_NAME, DEFAULT_NUMBER
from tracking.services.locking import hold_experiment_row

MOST_FILES = 200
"""How many files one step may delete."""
_RUNS_AT_ONCE = 50
# Tables of a run and of a model, each with its key.
_OF_RUN = (
    ("tracking_metric", "run_id, key_id, step, timestamp, value, is_nan"),
    ("tracking_latestmetric", "run_id, key_id"),
    ("tracking_param", "run_id, key"),
    ("tracking_runtag", "run_id, key"),
    ("tracking_modellink", "id"),
    ("tracking_loggedmodelmetric", "model_id, key_id, run_id, timestamp, step"),
)
_OF_MODEL = (
    ("tracking_loggedmodelmetric", "model_id, key_id, run_id, timestamp, step"),
    ("tracking_loggedmodelparam", "model_id, key"),
    ("tracking_loggedmodeltag", "model_id, key"),
)
_ADD_DEFAULT = (
    "INSERT INTO tracking_experiment (repository_id, number, name, artifact_location, created_at, updated_at, "
    "active_runs, deleted_runs) VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING"
)


@dataclass(slots=True)
class Freed:
    """What steps have deleted: things, metric points (which are rows, too), rows, files and their bytes."""

    experiments: int = 0
    runs: int = 0
    logged_models: int = 0
    kept: int = 0
    points: int = 0
    rows: int = 0
    files: int = 0
    size: int = 0

    def add(self, other: Freed) -> None:
        """Count what another step deleted."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


Steps = Iterator[Freed]


def purge_run(repository: Repository, run: int) -> Steps:
    """Delete the run with this key, its rows, and its files."""
    found = sql.row(
        "SELECT r.uuid, e.id, e.artifact_location FROM tracking_run r JOIN tracking_experiment e "
        "ON e.id = r.experiment_id WHERE r.id = ?",
        (run,),
    )
    if found is None:
        return
    uuid, experiment, location = found
    yield from _runs(repository, experiment, [run], _folders_of(location, [uuid]))


def _folders_of(location: str, uuids: Sequence[str]) -> list[str]:
    """The folders of runs in an experiment with this location, as far as they are kept here."""
    keys = [storage_key(run_artifacts(location, uuid)) for uuid in uuids]
    return [key.removesuffix("/artifacts") for key in keys if key is not None]


def _runs(repository: Repository, experiment: int, runs: Sequence[int], folders: Sequence[str]) -> Steps:
    """Delete runs of one experiment, a statement for all of them where that is enough, and these folders."""
    for table, columns in _OF_RUN:
        yield from _rows(table, columns, "run_id", runs)
    yield from _inputs(runs)
    yield from _belongings(Thing.RUN, runs)
    for folder in folders:
        yield from _files(repository, folder)
    hold_experiment_row(experiment)  # The order of locks is experiment, then run.
    these, value = sql.among("id", runs)
    gone = sql.change(f"DELETE FROM tracking_run WHERE {these}", (value,))
    sql.change("UPDATE tracking_experiment SET deleted_runs = deleted_runs - ? WHERE id = ?", (gone, experiment))
    yield Freed(runs=gone, rows=gone)


def purge_model(repository: Repository, model: int) -> Steps:
    """Delete the logged model with this key, its rows, its links to runs, and its files."""
    found = sql.row(
        "SELECT m.uuid, e.artifact_location FROM tracking_loggedmodel m JOIN tracking_experiment e "
        "ON e.id = m.experiment_id WHERE m.id = ?",
        (model,),
    )
    if found is None:
        return
    uuid, location = found
    if sql.is_postgres():  # Nobody tags it between the last of its tags and its own row.
        sql.row("SELECT id FROM tracking_loggedmodel WHERE id = ? FOR UPDATE", (model,))
    for table, columns in _OF_MODEL:
        yield from _rows(table, columns, "model_id", [model])
    yield from _rows("tracking_modellink", "id", "model_id", [uuid])
    folder = storage_key(model_artifacts(location, uuid))
    if folder is not None:
        yield from _files(repository, folder.removesuffix("/artifacts"))
    gone = sql.change("DELETE FROM tracking_loggedmodel WHERE id = ?", (model,))
    yield Freed(logged_models=gone, rows=gone)


def purge_experiment(repository: Repository, experiment: int) -> Steps:
    """Delete the experiment with this key, all its runs and models, what rooms above hang on it, and its files.

    Experiment 0 comes back at once, empty: clients that name no experiment write there.
    """
    found = sql.row("SELECT number, artifact_location FROM tracking_experiment WHERE id = ?", (experiment,))
    if found is None:
        return
    number, location = found
    shared = location != f"{ARTIFACT_SCHEME}{number}" or _shared(repository, experiment, location)
    if not shared:
        yield from _files(repository, str(number))
    block = "SELECT id, uuid FROM {} WHERE experiment_id = ? LIMIT ?"
    while runs := sql.rows(block.format("tracking_run"), (experiment, _RUNS_AT_ONCE)):
        folders = _folders_of(location, [row[1] for row in runs]) if shared else []
        yield from _runs(repository, experiment, [row[0] for row in runs], folders)
    while models := sql.rows(block.format("tracking_loggedmodel"), (experiment, _RUNS_AT_ONCE)):
        for row in models:
            yield from purge_model(repository, row[0])
    yield from _belongings(Thing.EXPERIMENT, [experiment])
    yield from _rows("tracking_dataset", "id", "experiment_id", [experiment])
    yield from _rows("tracking_experimenttag", "experiment_id, key", "experiment_id", [experiment])
    yield from _rows("tracking_namedview", "id", "experiment_id", [experiment])
    yield from _rows("tracking_board", "id", "experiment_id", [experiment])
    yield from _changes(experiment)
    if not shared:  # What came in by an upload that was under way.
        yield from _files(repository, str(number))
    gone = sql.change("DELETE FROM tracking_experiment WHERE id = ?", (experiment,))
    if number == DEFAULT_NUMBER and gone:
        _renew_default(repository)
    yield Freed(experiments=gone, rows=gone)


def _renew_default(repository: Repository) -> None:
    now = now_ms()
    for name in (DEFAULT_NAME, f"{DEFAULT_NAME} ({DEFAULT_NUMBER})"):  # Somebody may have taken the first.
        where = f"{ARTIFACT_SCHEME}{DEFAULT_NUMBER}"
        if sql.change(_ADD_DEFAULT, (repository.pk, DEFAULT_NUMBER, name, where, now, now)):
            return


def _shared(repository: Repository, experiment: int, location: str) -> bool:
    """Whether another experiment was told to keep its files in this one's folder."""
    return bool(
        sql.row(
            "SELECT 1 FROM tracking_experiment WHERE repository_id = ? AND id <> ? AND "
            "(artifact_location = ? OR substr(artifact_location, 1, ?) = ?)",
            (repository.pk, experiment, location, len(location) + 1, f"{location}/"),
        )
    )


def _rows(table: str, columns: str, owner: str, keys: Sequence[object]) -> Steps:
    """Delete the rows of some owners, at most MOST_ROWS in a step. `columns` are the key of the table."""
    where, value = sql.among(owner, keys)
    while gone := sql.delete_some(table, columns, where, (value,), MOST_ROWS):
        yield Freed(rows=gone, points=gone if table == "tracking_metric" else 0)
        if gone < MOST_ROWS:
            return


def _inputs(runs: Sequence[int]) -> Steps:
    """Delete what says which datasets the runs used, and those of them that no other run of the experiment used."""
    where, value = sql.among("run_id", runs)
    used = sql.rows(f"SELECT DISTINCT dataset_id FROM tracking_datasetinput WHERE {where}", (value,))
    if not used:
        return
    yield from _rows("tracking_datasetinput", "id", "run_id", runs)
    test, value = sql.among("id", [row[0] for row in used])
    gone = sql.change(
        f"DELETE FROM tracking_dataset WHERE {test} AND NOT EXISTS "
        "(SELECT 1 FROM tracking_datasetinput i WHERE i.dataset_id = tracking_dataset.id)",
        (value,),
    )
    yield Freed(rows=gone)


def _changes(experiment: int) -> Steps:
    """Delete what was asked of many of the experiment's runs at once."""
    changes = [row[0] for row in sql.rows("SELECT id FROM tracking_bulkchange WHERE experiment_id = ?", (experiment,))]
    if changes:
        yield from _rows("tracking_bulkitem", "change_id, run_id", "change_id", changes)
        yield from _rows("tracking_bulkchange", "id", "id", changes)


def _belongings(kind: Thing, keys: Sequence[int]) -> Steps:
    """Delete what rooms above hang on the things."""
    for belonging in belongings_of(kind):
        while gone := belonging.free(keys):
            yield Freed(rows=gone)


def _files(repository: Repository, folder: str) -> Steps:
    """Delete the files below a folder, at most MOST_FILES in a step: small folders whole, large ones by their parts.

    Their bytes are given back by the collection of the storage room, after its grace period.
    """
    sizes = list(storage.list_tree(repository, SPACE, folder).values_list("size", flat=True)[: MOST_FILES + 1])
    if not sizes:
        return
    if len(sizes) <= MOST_FILES:
        gone = delete_tree(repository=repository, space=SPACE, prefix=folder)
        yield Freed(rows=gone, files=gone, size=sum(sizes))
        return
    while entries := storage.list_dir(repository, SPACE, folder, limit=MOST_FILES):
        for entry in entries:
            if entry.is_dir:
                yield from _files(repository, f"{folder}/{entry.name}")
            else:
                delete_object(repository=repository, space=SPACE, key=f"{folder}/{entry.name}")
                yield Freed(rows=1, files=1, size=entry.size or 0)
