"""Finds rows by the ids that clients use and holds them for the transaction; the first step of every write.

On SQLite a transaction is alone from its start (IMMEDIATE). On PostgreSQL the row is locked: writers of one run
queue up, which also rules out deadlocks between batches. Order where both are needed: experiment, then run.
"""

from __future__ import annotations

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracking import sql
from tracking.selectors.runs import run_not_found

_FOR_WRITING = " FOR NO KEY UPDATE"
_RUN = sql.fixed("SELECT id, deleted_at, experiment_id FROM tracking_run WHERE uuid = ? AND repository_id = ?")
_RUN_FOR_WRITING = sql.fixed(_RUN + _FOR_WRITING)
_EXPERIMENT = "SELECT id, deleted_at, artifact_location FROM tracking_experiment WHERE repository_id = ? AND number = ?"


def run_deleted(run_id: str) -> Invalid:
    """The protocol's sentence for a run in the trash."""
    return Invalid(f"The run {run_id} must be in the 'active' state. Current state is deleted.", field="run_id")


def experiment_not_found(number: int | str) -> NotFound:
    """The protocol's sentence for an unknown experiment."""
    return NotFound(f"No Experiment with id={number} exists", field="experiment_id")


def hold_run(repository: Repository, run_id: str, *, active: bool = True) -> int:
    """Hold a run of the repository; returns its key. Raises NotFound, and Invalid when it must be active and is not."""
    statement = _RUN_FOR_WRITING if sql.is_postgres() else _RUN
    found = sql.row(statement, (run_id, repository.pk))
    if found is None:
        raise run_not_found(run_id)
    if active and found[1] is not None:
        raise run_deleted(run_id)
    pk: int = found[0]
    return pk


def experiment_of_run(repository: Repository, run_id: str) -> int:
    """The key of the experiment that a run is in; raises NotFound."""
    found = sql.row(_RUN, (run_id, repository.pk))
    if found is None:
        raise run_not_found(run_id)
    key: int = found[2]
    return key


def hold_experiment(repository: Repository, number: int, *, active: bool = True) -> int:
    """Hold an experiment; returns its key. Raises NotFound, and Invalid when it must be active and is not."""
    return hold_home(repository, number, active=active)[0]


def hold_home(repository: Repository, number: int, *, active: bool = True) -> tuple[int, str]:
    """Hold an experiment; returns its key and where its artifacts lie. Raises like hold_experiment."""
    statement = _EXPERIMENT + _FOR_WRITING if sql.is_postgres() else _EXPERIMENT
    found = sql.row(statement, (repository.pk, number))
    if found is None:
        raise experiment_not_found(number)
    if active and found[1] is not None:
        raise Invalid(
            f"The experiment {number} must be in the 'active' state. Current state is deleted.", field="experiment_id"
        )
    return found[0], found[2]


def hold_experiment_row(pk: int) -> None:
    """Hold an experiment whose key is known."""
    if sql.is_postgres():
        sql.row(f"SELECT id FROM tracking_experiment WHERE id = ?{_FOR_WRITING}", (pk,))
