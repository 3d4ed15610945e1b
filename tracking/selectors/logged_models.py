"""Questions about logged models: one by its id, many by a filter, with parameters, tags and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hub.lib.errors import NotFound
from repos.models import Repository
from tracking import sql
from tracking.locations import model_artifacts
from tracking.search.compile import Asked, Setting, compile_filter, dataset_limit, dataset_values
from tracking.search.errors import FilterError
from tracking.search.grammar import Comparison, Not, Tree, parse
from tracking.search.ordering import Term, compile_order
from tracking.search.vocabulary import LOGGED_MODELS
from tracking.selectors.paging import Page, cut

_COLUMNS = (
    "m.id, m.uuid, m.name, m.model_type, m.source_run_id, m.status, m.created_at, m.updated_at, e.number, "
    "e.artifact_location"
)
_FROM = "FROM tracking_loggedmodel m JOIN tracking_experiment e ON e.id = m.experiment_id"


class ModelRow(msgspec.Struct, gc=False):
    """A logged model without what hangs on it. Times in ms since 1970."""

    pk: int
    uuid: str
    name: str
    model_type: str
    source_run_id: str
    status: str
    created_at: int
    updated_at: int
    experiment: int
    location: str

    @property
    def artifact_uri(self) -> str:
        """Where the model's files lie."""
        return model_artifacts(self.location, self.uuid)


class ModelMetric(msgspec.Struct, gc=False):
    """A value that a run logged about the model; NaN is a float NaN."""

    key: str
    value: float
    timestamp: int
    step: int
    dataset_name: str
    dataset_digest: str
    run_id: str


class ModelDetail(msgspec.Struct):
    """A logged model with parameters and tags (pairs) and all its metric values."""

    row: ModelRow
    params: list[tuple[str, str]]
    tags: list[tuple[str, str]]
    metrics: list[ModelMetric]


def model_detail(repository: Repository, model_id: str, *, deleted: bool = False) -> ModelDetail:
    """A logged model of the repository; raises NotFound, for a deleted one unless `deleted`."""
    stage = "" if deleted else " AND m.deleted_at IS NULL"
    found = sql.row(
        f"SELECT {_COLUMNS} {_FROM} WHERE m.uuid = ? AND m.repository_id = ?{stage}", (model_id, repository.pk)
    )
    if found is None:
        raise NotFound(f"Logged model with ID '{model_id}' not found.", field="model_id")
    return _with_data([ModelRow(*found)])[0]


def models_of_run(repository: Repository, run_id: str) -> list[ModelDetail]:
    """The models that a run logged, newest first."""
    statement = (
        f"SELECT {_COLUMNS} {_FROM} WHERE m.repository_id = ? AND m.source_run_id = ? AND m.deleted_at IS NULL "
        "ORDER BY m.created_at DESC, m.uuid"
    )
    return _with_data([ModelRow(*row) for row in sql.rows(statement, (repository.pk, run_id))])


def search_models(
    repository: Repository,
    experiments: Sequence[int],
    *,
    filter_text: str = "",
    datasets: Sequence[Asked] = (),
    order_by: Sequence[Term] = (),
    size: int = 100,
    offset: int = 0,
) -> Page[ModelDetail]:
    """Active models of the numbered experiments that match.

    `datasets` limits the tests on metrics to values measured on them; without such a test, it keeps the models
    that have any value on one of them. Raises FilterError.
    """
    setting = Setting(repository.pk, sql.is_postgres(), tuple(datasets))
    try:
        condition = compile_filter(filter_text, LOGGED_MODELS, setting)
    except FilterError as error:
        raise FilterError(f"Invalid filter string: {filter_text!r}. {error.message}") from error
    order = compile_order(order_by, LOGGED_MODELS, setting)
    tests, values = [condition.text], [*condition.values]
    if datasets and not _asks_for_metrics(parse(filter_text)):
        limit = dataset_limit(datasets)
        tests.append(f"EXISTS (SELECT 1 FROM tracking_loggedmodelmetric h WHERE h.model_id = m.id{limit})")
        values += dataset_values(datasets)
    inside, numbers = sql.among("e.number", list(set(experiments)))
    where = " AND ".join(f"({test})" for test in tests)
    statement = (
        f"SELECT {_COLUMNS} {_FROM}{order.join_text} WHERE m.repository_id = ? AND {inside} "
        f"AND m.deleted_at IS NULL AND {where} ORDER BY {order.term_text} LIMIT ? OFFSET ?"
    )
    found = sql.rows(statement, (*order.values, repository.pk, numbers, *values, size + 1, offset))
    page = cut([ModelRow(*row) for row in found], size)
    return Page(_with_data(page.rows), page.more)


def _asks_for_metrics(tree: Tree) -> bool:
    if isinstance(tree, Comparison):
        return LOGGED_MODELS.aliases.get(tree.name.entity) == "metrics"
    if isinstance(tree, Not):
        return _asks_for_metrics(tree.inside)
    return any(_asks_for_metrics(part) for part in tree.parts)


def _with_data(rows: Sequence[ModelRow]) -> list[ModelDetail]:
    held = {row.pk: ModelDetail(row, [], [], []) for row in rows}
    if not held:
        return []
    test, value = sql.among("model_id", list(held))
    _load(held, test, value)
    return list(held.values())


def _load(held: dict[int, ModelDetail], test: str, value: Any) -> None:
    pairs = "SELECT model_id, key, value FROM {} WHERE {} ORDER BY model_id, key"
    for model, key, text in sql.rows(pairs.format("tracking_loggedmodelparam", test), (value,)):
        held[model].params.append((key, text))
    for model, key, text in sql.rows(pairs.format("tracking_loggedmodeltag", test), (value,)):
        held[model].tags.append((key, text))
    metrics = (
        "SELECT h.model_id, k.name, h.value, h.timestamp, h.step, h.dataset_name, h.dataset_digest, r.uuid, h.is_nan "
        "FROM tracking_loggedmodelmetric h JOIN tracking_metrickey k ON k.id = h.key_id "
        f"JOIN tracking_run r ON r.id = h.run_id WHERE {test.replace('model_id', 'h.model_id')} "
        "ORDER BY h.model_id, k.name, h.timestamp, h.step"
    )
    for model, key, number, timestamp, step, name, digest, run, is_nan in sql.rows(metrics, (value,)):
        shown = float("nan") if is_nan else number
        held[model].metrics.append(ModelMetric(key, shown, timestamp, step, name, digest, run))
