"""Finds what writes are about and holds it for the transaction.

On SQLite a transaction is alone from its start. On PostgreSQL the rows of traces are locked in the order of their
ids: writers of one trace queue up, and batches that share traces cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.lib.errors import Invalid
from repos.models import Repository
from tracing.rules import trace_not_found
from tracking import sql
from tracking.rules import parse_number
from tracking.services.experiments import DEFAULT_NUMBER, ensure_default
from tracking.services.locking import experiment_not_found


@dataclass(frozen=True, slots=True)
class Home:
    """An experiment: its key inside and its number outside."""

    pk: int
    number: int


def experiment_named(repository: Repository, experiment_id: str, *, active: bool = False) -> Home:
    """The experiment with an id as clients send it. Raises NotFound, and Invalid when it must be active and is not."""
    number = parse_number(experiment_id)
    if number == DEFAULT_NUMBER:
        ensure_default(repository=repository)
    found = sql.row(
        "SELECT id, deleted_at FROM tracking_experiment WHERE repository_id = ? AND number = ?",
        (repository.pk, number),
    )
    if found is None:
        raise experiment_not_found(number)
    if active and found[1] is not None:
        raise Invalid(
            f"The experiment {number} must be in the 'active' state. Current state is deleted.",
            field="experiment_id",
        )
    return Home(found[0], number)


def experiments_named(repository: Repository, experiment_ids: Sequence[str]) -> list[Home]:
    """Several experiments in the order given; raises NotFound for the first that does not exist."""
    return [experiment_named(repository, each) for each in dict.fromkeys(experiment_ids)]


def hold_trace(repository: Repository, trace_id: str) -> int:
    """Hold a trace; returns its key. Raises NotFound."""
    lock = " FOR NO KEY UPDATE" if sql.is_postgres() else ""
    found = sql.row(
        f"SELECT id FROM tracing_trace WHERE repository_id = ? AND trace_id = ?{lock}", (repository.pk, trace_id)
    )
    if found is None:
        raise trace_not_found(trace_id)
    pk: int = found[0]
    return pk


def elsewhere(trace_id: str) -> Invalid:
    """The protocol's sentence for a trace that lives in another experiment."""
    return Invalid(f"Trace with ID '{trace_id}' already exists in another experiment.", field="trace_id")
