"""scorers/…: the handlers about scorers."""

from __future__ import annotations

from msgspec import Struct, field

from tracing.selectors import scorers as selectors
from tracing.selectors.scorers import ConfigRow, ScorerRow
from tracing.services import scorers as services
from tracking.mlflow.answers import Answer, Empty
from tracking.mlflow.asks import Ask
from tracking.mlflow.wire import Call
from tracking.rules import parse_number


class RegisterScorer(Ask):
    """scorers/register"""

    REQUIRED = ("experiment_id", "name", "serialized_scorer")
    experiment_id: str | None = None
    name: str | None = None
    serialized_scorer: str | None = None


class ListScorers(Ask):
    """scorers/list"""

    experiment_id: str | None = None
    experiment_ids: list[str] | None = None


class OneScorer(Ask):
    """scorers/versions, get, delete"""

    REQUIRED = ("experiment_id", "name")
    experiment_id: str | None = None
    name: str | None = None
    version: int | None = None


class ConfigureScorer(Ask):
    """scorers/online-config"""

    REQUIRED = ("experiment_id", "name", "sample_rate")
    experiment_id: str | None = None
    name: str | None = None
    sample_rate: float | None = None
    filter_string: str | None = None


class ByScorers(Ask):
    """scorers/online-configs"""

    REQUIRED = ("scorer_ids",)
    scorer_ids: list[str] | None = None


class Registered(Answer):
    """scorers/register: here the experiment's id is text."""

    version: int
    scorer_id: str
    experiment_id: str
    name: str
    serialized_scorer: str
    creation_time: int


class Scorer(Struct):
    """A version of a scorer; here the experiment's id is a number."""

    experiment_id: int
    scorer_name: str
    scorer_version: int
    serialized_scorer: str
    creation_time: int
    scorer_id: str


class Found(Answer):
    """scorers/get"""

    scorer: Scorer


class FoundMany(Answer):
    """scorers/list, versions"""

    scorers: list[Scorer] = field(default_factory=list)


class Config(Answer):
    """How a scorer is to judge new traces; here the experiment's id is text."""

    online_scoring_config_id: str
    scorer_id: str
    sample_rate: float
    experiment_id: str
    filter_string: str | None = None


class Configured(Answer):
    """scorers/online-config"""

    config: Config


class Configs(Struct):
    """scorers/online-configs: an empty list is said, too"""

    configs: list[Config]


def register(call: Call, body: RegisterScorer) -> Registered:
    """POST scorers/register"""
    experiment_id, name = body.experiment_id or "", body.name or ""
    number = services.register_scorer(
        repository=call.repository, experiment_id=experiment_id, name=name, serialized=body.serialized_scorer or ""
    )
    made = _one(call, OneScorer(experiment_id, name, number))
    return Registered(number, made.scorer_id, experiment_id, name, made.serialized, made.created_at)


def list_all(call: Call, body: ListScorers) -> FoundMany:
    """GET scorers/list: the latest version of each"""
    ids = [*(body.experiment_ids or ()), *([body.experiment_id] if body.experiment_id else ())]
    found = selectors.latest_scorers(call.repository, [parse_number(each) for each in ids])
    return FoundMany([_shown(row) for row in found])


def versions(call: Call, body: OneScorer) -> FoundMany:
    """GET scorers/versions"""
    return FoundMany([_shown(row) for row in _versions(call, body)])


def get(call: Call, body: OneScorer) -> Found:
    """GET scorers/get: the latest version unless one is named"""
    return Found(_shown(_one(call, body)))


def delete(call: Call, body: OneScorer) -> Empty:
    """DELETE scorers/delete: all versions unless one is named"""
    services.delete_scorer(
        repository=call.repository,
        experiment_id=body.experiment_id or "",
        name=body.name or "",
        number=body.version,
    )
    return Empty()


def configure(call: Call, body: ConfigureScorer) -> Configured:
    """PUT scorers/online-config"""
    assert body.sample_rate is not None
    scorer_id = services.configure_scorer(
        repository=call.repository,
        experiment_id=body.experiment_id or "",
        name=body.name or "",
        sample_rate=body.sample_rate,
        filter_text=body.filter_string,
    )
    return Configured(_config(selectors.online_configs(call.repository, [scorer_id])[0]))


def online_configs(call: Call, body: ByScorers) -> Configs:
    """GET scorers/online-configs"""
    found = selectors.online_configs(call.repository, body.scorer_ids or ())
    return Configs([_config(row) for row in found])


def _config(row: ConfigRow) -> Config:
    return Config(row.config_id, row.scorer_id, row.sample_rate, str(row.experiment), row.filter_text)


def _versions(call: Call, body: OneScorer) -> list[ScorerRow]:
    experiment_id, name = body.experiment_id or "", body.name or ""
    found = selectors.scorer_versions(call.repository, parse_number(experiment_id), name)
    if not found:
        raise services.scorer_not_found(experiment_id, name)
    return found


def _one(call: Call, body: OneScorer) -> ScorerRow:
    found = _versions(call, body)
    if body.version is None:
        return found[-1]
    for row in found:
        if row.number == body.version:
            return row
    raise services.scorer_not_found(body.experiment_id or "", body.name or "", body.version)


def _shown(row: ScorerRow) -> Scorer:
    return Scorer(row.experiment, row.name, row.number, row.serialized, row.created_at, row.scorer_id)
