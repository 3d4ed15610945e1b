"""Questions about scorers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from repos.models import Repository
from tracking import sql

_FROM = (
    "SELECT e.number, s.name, v.number, v.serialized, v.created_at, s.scorer_id FROM tracing_scorer s "
    "JOIN tracing_scorerversion v ON v.scorer_id = s.id JOIN tracking_experiment e ON e.id = s.experiment_id"
)
_LATEST = "v.number = (SELECT MAX(w.number) FROM tracing_scorerversion w WHERE w.scorer_id = s.id)"


class ScorerRow(msgspec.Struct, gc=False):
    """One version of a scorer; `created_at` in ms since 1970."""

    experiment: int
    name: str
    number: int
    serialized: str
    created_at: int
    scorer_id: str


def latest_scorers(repository: Repository, experiments: Sequence[int]) -> list[ScorerRow]:
    """The latest version of each scorer of the numbered experiments, by name."""
    inside, value = sql.among("e.number", list(experiments))
    statement = f"{_FROM} WHERE s.repository_id = ? AND {inside} AND {_LATEST} ORDER BY s.name, e.number"
    return [ScorerRow(*row) for row in sql.rows(statement, (repository.pk, value))]


def scorer_versions(repository: Repository, experiment: int, name: str) -> list[ScorerRow]:
    """All versions of a scorer, oldest first."""
    statement = f"{_FROM} WHERE s.repository_id = ? AND e.number = ? AND s.name = ? ORDER BY v.number"
    return [ScorerRow(*row) for row in sql.rows(statement, (repository.pk, experiment, name))]


class ConfigRow(msgspec.Struct, gc=False):
    """How a scorer is to judge new traces; `filter_text` None: nothing was said."""

    config_id: str
    scorer_id: str
    sample_rate: float
    filter_text: str | None
    experiment: int


def online_configs(repository: Repository, scorer_ids: Sequence[str]) -> list[ConfigRow]:
    """What is configured for the scorers with these ids; nothing for those without."""
    inside, value = sql.among("s.scorer_id", list(scorer_ids))
    statement = (
        "SELECT c.config_id, s.scorer_id, c.sample_rate, c.filter_text, e.number FROM tracing_onlineconfig c "
        "JOIN tracing_scorer s ON s.id = c.scorer_id JOIN tracking_experiment e ON e.id = s.experiment_id "
        f"WHERE s.repository_id = ? AND {inside} ORDER BY s.id"
    )
    return [ConfigRow(*row) for row in sql.rows(statement, (repository.pk, value))]
