"""The small steps in which a thing of the trash is deleted for ever; each may be done again, in any transaction.

What hangs on a thing goes first and its own row last, so that whatever stops in the middle is found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    for table, columns in _OF_RUN:
        yield from _rows(table, columns, "run_id", run)
    yield from _inputs(run)
    for belonging in belongings_of(Thing.RUN):
        yield from _belonging(belonging.free, run)
    folder = storage_key(run_artifacts(location, uuid))
    if folder is not None:
        yield from _files(repository, folder.removesuffix("/artifacts"))
    change = "UPDATE tracking_experiment SET deleted_runs = deleted_runs - 1 WHERE id = ?"
    sql.change(change, (experiment,))  # The order of locks is experiment, then run.
    gone = sql.change("DELETE FROM tracking_run WHERE id = ?", (run,))
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
        yield from _rows(table, columns, "model_id", model)
    yield from _rows("tracking_modellink", "id", "model_id", uuid)
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
    for table, purge in (("tracking_run", purge_run), ("tracking_loggedmodel", purge_model)):
        while keys := sql.rows(f"SELECT id FROM {table} WHERE experiment_id = ? LIMIT ?", (experiment, _RUNS_AT_ONCE)):
            for row in keys:
                yield from purge(repository, row[0])
    for belonging in belongings_of(Thing.EXPERIMENT):
        yield from _belonging(belonging.free, experiment)
    yield from _rows("tracking_dataset", "id", "experiment_id", experiment)
    yield from _rows("tracking_experimenttag", "experiment_id, key", "experiment_id", experiment)
    number, location = found
    own = f"{ARTIFACT_SCHEME}{number}"
    if location == own and not _shared(repository, experiment, own):
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


def _rows(table: str, columns: str, owner: str, key: object) -> Steps:
    """Delete the rows of one owner, at most MOST_ROWS in a step. `columns` are the key of the table."""
    while gone := sql.delete_some(table, columns, f"{owner} = ?", (key,), MOST_ROWS):
        yield Freed(rows=gone, points=gone if table == "tracking_metric" else 0)
        if gone < MOST_ROWS:
            return


def _inputs(run: int) -> Steps:
    """Delete what says which datasets the run used, and those of them that no other run of the experiment used."""
    used = [row[0] for row in sql.rows("SELECT dataset_id FROM tracking_datasetinput WHERE run_id = ?", (run,))]
    if not used:
        return
    yield from _rows("tracking_datasetinput", "id", "run_id", run)
    test, value = sql.among("id", used)
    gone = sql.change(
        f"DELETE FROM tracking_dataset WHERE {test} AND NOT EXISTS "
        "(SELECT 1 FROM tracking_datasetinput i WHERE i.dataset_id = tracking_dataset.id)",
        (value,),
    )
    yield Freed(rows=gone)


def _belonging(free: Callable[[int], int], key: int) -> Steps:
    while gone := free(key):
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
