"""Registers, configures and deletes scorers."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from django.db import transaction

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracing.search import compile_traces
from tracing.services.holding import experiment_named
from tracking import sql
from tracking.clock import now_ms
from tracking.rules import check_text, missing, too_long
from tracking.search.compile import Setting

MAX_NAME = 256
MAX_SERIALIZED = 1_000_000
# What a client calls the parts of a scorer that it has written down.
JUDGE = "instructions_judge_pydantic_data"
BUILT_IN = "builtin_scorer_pydantic_data"
THIRD_PARTY = "third_party_scorer_data"
MEMORY = "memory_augmented_judge_data"
GATEWAY = "gateway:/"
_expects = re.compile(r"\{\{\s*expectations\s*\}\}")


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
            sql.change("DELETE FROM tracing_onlineconfig WHERE scorer_id = ?", (found[0],))
            sql.change("DELETE FROM tracing_scorer WHERE id = ?", (found[0],))


def configure_scorer(
    *, repository: Repository, experiment_id: str, name: str, sample_rate: float, filter_text: str | None = None
) -> str:
    """The scorer is to judge this share of new traces that match the filter; returns its id.

    Raises NotFound; Invalid for a share outside of 0 to 1, a filter that is not understood, or a share above 0 for a
    scorer that cannot judge on its own: one that asks no gateway, or that needs to know what is expected.
    """
    if not 0.0 <= sample_rate <= 1.0:
        raise Invalid(f"sample_rate must be between 0.0 and 1.0, got {sample_rate}", field="sample_rate")
    if filter_text:
        compile_traces(check_text(filter_text, path="filter_string"), Setting(repository.pk, sql.is_postgres()))
    with transaction.atomic():
        home = experiment_named(repository, experiment_id, active=True)
        found = sql.row(
            "SELECT s.id, s.scorer_id, v.serialized FROM tracing_scorer s JOIN tracing_scorerversion v "
            "ON v.scorer_id = s.id WHERE s.experiment_id = ? AND s.name = ? ORDER BY v.number DESC LIMIT 1",
            (home.pk, name),
        )
        if found is None:
            raise scorer_not_found(experiment_id, name)
        if sample_rate > 0:
            _check_judges_alone(name, json.loads(found[2]))
        sql.change(
            "INSERT INTO tracing_onlineconfig (scorer_id, config_id, sample_rate, filter_text) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (scorer_id) DO UPDATE SET config_id = excluded.config_id, "
            "sample_rate = excluded.sample_rate, filter_text = excluded.filter_text",
            (found[0], uuid.uuid4().hex, sample_rate, filter_text),
        )
    scorer_id: str = found[1]
    return scorer_id


def _check_judges_alone(name: str, serialized: object) -> None:
    part = _part(serialized, JUDGE) or _part(serialized, BUILT_IN) or _part(serialized, THIRD_PARTY)
    if not str(part.get("model") or "").startswith(GATEWAY):
        raise Invalid(
            f"Scorer '{name}' does not use a gateway model. Automatic evaluation is only supported for scorers that "
            "use gateway models.",
            field="sample_rate",
        )
    if _expects.search(str(_part(serialized, JUDGE).get("instructions") or "")):
        raise Invalid(
            f"Scorer '{name}' requires expectations, but scorers with expectations are not currently supported for "
            "automatic evaluation.",
            field="sample_rate",
        )


def _part(serialized: object, key: str) -> dict[str, Any]:
    """A part of a serialized scorer; a judge with a memory holds another in it."""
    if not isinstance(serialized, dict):
        return {}
    memory = serialized.get(MEMORY)
    if isinstance(memory, dict):
        return _part(memory.get("base_judge"), key)
    found = serialized.get(key)
    return found if isinstance(found, dict) else {}


def scorer_not_found(experiment_id: str, name: str, number: int | None = None) -> NotFound:
    """The protocol's sentence for an unknown scorer or version."""
    version = "" if number is None else f" and version {number}"
    return NotFound(f"Scorer with name '{name}'{version} not found for experiment {experiment_id}.", field="name")
