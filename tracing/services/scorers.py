"""Registers and deletes scorers, version by version."""

from __future__ import annotations

import json
import uuid

from django.db import transaction

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracing.services.holding import experiment_named
from tracking import sql
from tracking.clock import now_ms
from tracking.rules import check_text, missing, too_long

MAX_NAME = 256
MAX_SERIALIZED = 1_000_000


def register_scorer(*, repository: Repository, experiment_id: str, name: str, serialized: str) -> int:
    """The scorer has one more version; returns its number. Raises NotFound for no experiment, Invalid.

    Two that come at once get different numbers: the statement that counts also holds the row.
    """
    _check(name, serialized)
    with transaction.atomic():
        home = experiment_named(repository, experiment_id, active=True)
        found = sql.row(
            "INSERT INTO tracing_scorer (repository_id, experiment_id, name, scorer_id, last_version) "
            "VALUES (?, ?, ?, ?, 1) ON CONFLICT (experiment_id, name) "
            "DO UPDATE SET last_version = tracing_scorer.last_version + 1 RETURNING id, last_version",
            (repository.pk, home.pk, name, str(uuid.uuid4())),
        )
        assert found is not None
        sql.change(
            "INSERT INTO tracing_scorerversion (scorer_id, number, serialized, created_at) VALUES (?, ?, ?, ?)",
            (found[0], found[1], serialized, now_ms()),
        )
    number: int = found[1]
    return number


def _check(name: str, serialized: str) -> None:
    if not name.strip():
        raise missing("name")
    if len(check_text(name, path="name")) > MAX_NAME:
        raise too_long("name", MAX_NAME)
    if len(check_text(serialized, path="serialized_scorer")) > MAX_SERIALIZED:
        raise too_long("serialized_scorer", MAX_SERIALIZED)
    try:
        found = json.loads(serialized)
    except (ValueError, RecursionError):
        raise Invalid("A serialized scorer must be JSON.", field="serialized_scorer") from None
    # SECURITY: such a scorer is Python code that every client which loads it would run.
    if isinstance(found, dict) and found.get("call_source"):
        raise Invalid(
            "Scorers that carry the source code of a decorated function cannot be registered.",
            field="serialized_scorer",
            next_step="Register a built-in scorer or a judge made by make_judge.",
        )


def delete_scorer(*, repository: Repository, experiment_id: str, name: str, number: int | None = None) -> None:
    """There is no such version any more; without a number, no version at all. Raises NotFound when there was none."""
    with transaction.atomic():
        home = experiment_named(repository, experiment_id)
        found = sql.row("SELECT id FROM tracing_scorer WHERE experiment_id = ? AND name = ?", (home.pk, name))
        if found is None:
            raise scorer_not_found(experiment_id, name)
        one = "" if number is None else " AND number = ?"
        values = [found[0]] if number is None else [found[0], number]
        if not sql.change(f"DELETE FROM tracing_scorerversion WHERE scorer_id = ?{one}", values):
            raise scorer_not_found(experiment_id, name, number)
        if not sql.row("SELECT 1 FROM tracing_scorerversion WHERE scorer_id = ?", (found[0],)):
            sql.change("DELETE FROM tracing_scorer WHERE id = ?", (found[0],))


def scorer_not_found(experiment_id: str, name: str, number: int | None = None) -> NotFound:
    """The protocol's sentence for an unknown scorer or version."""
    version = "" if number is None else f" and version {number}"
    return NotFound(f"Scorer with name '{name}'{version} not found for experiment {experiment_id}.", field="name")
