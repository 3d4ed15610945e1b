"""Questions about registered models: one by name, many by a filter, each with its latest versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from registry import rules
from registry.search import MODEL_ORDERS, MODELS, read_filter
from registry.selectors.versions import VersionDetail, latest_rows, model_not_found, with_data
from repos.models import Repository
from tracking import sql
from tracking.search.compile import Setting
from tracking.search.ordering import compile_order, read_terms
from tracking.selectors.paging import Page, cut

_COLUMNS = "m.id, m.name, m.description, m.user_name, m.is_prompt, m.created_at, m.updated_at"


class ModelRow(msgspec.Struct, gc=False):
    """A registered model without what hangs on it. Times in ms since 1970."""

    pk: int
    name: str
    description: str
    user_name: str
    is_prompt: bool
    created_at: int
    updated_at: int


class ModelDetail(msgspec.Struct):
    """A model with tags (pairs), aliases (name, version number) and the highest version of each stage."""

    row: ModelRow
    tags: list[tuple[str, str]]
    aliases: list[tuple[str, int]]
    latest: list[VersionDetail]


def model_detail(repository: Repository, name: str) -> ModelDetail:
    """A model or prompt by its name; raises Invalid, NotFound."""
    rules.check_model_name(name)
    found = _rows("m.repository_id = ? AND m.name = ?", (repository.pk, name))
    if not found:
        raise model_not_found(name)
    return _with_data(found)[0]


def search_registered_models(
    repository: Repository,
    *,
    filter_text: str = "",
    order_by: Sequence[str] = (),
    size: int = 100,
    offset: int = 0,
) -> Page[ModelDetail]:
    """Models that match, without prompts unless the filter asks for them. Raises FilterError."""
    setting = Setting(repository.pk, sql.is_postgres())
    asked = read_filter(filter_text, MODELS, setting)
    order = compile_order(read_terms(order_by), MODEL_ORDERS, setting)
    test = f"m.repository_id = ? AND ({asked.condition.text})" + ("" if asked.prompts else " AND NOT m.is_prompt")
    values = (repository.pk, *asked.condition.values, size + 1, offset)
    page = cut(_rows(test, values, f"ORDER BY {order.term_text} LIMIT ? OFFSET ?"), size)
    return Page(_with_data(page.rows), page.more)


def _rows(test: str, values: Sequence[Any], rest: str = "") -> list[ModelRow]:
    statement = f"SELECT {_COLUMNS} FROM registry_registeredmodel m WHERE {test} {rest}"
    return [ModelRow(*row) for row in sql.rows(statement, values)]


def _with_data(rows: Sequence[ModelRow]) -> list[ModelDetail]:
    """The rows with what hangs on them: five questions however many rows."""
    held = {row.pk: ModelDetail(row, [], [], []) for row in rows}
    if not held:
        return []
    test, keys = sql.among("model_id", list(held))
    tags = f"SELECT model_id, key, value FROM registry_registeredmodeltag WHERE {test} ORDER BY model_id, key"
    for model, key, value in sql.rows(tags, (keys,)):
        held[model].tags.append((key, value))
    aliases = (
        "SELECT a.model_id, a.name, v.number FROM registry_modelalias a JOIN registry_modelversion v "
        f"ON v.id = a.version_id WHERE {test.replace('model_id', 'a.model_id')} ORDER BY a.model_id, a.name"
    )
    for model, name, number in sql.rows(aliases, (keys,)):
        held[model].aliases.append((name, number))
    for version in with_data(latest_rows(list(held))):
        held[version.row.model].latest.append(version)
    return list(held.values())
