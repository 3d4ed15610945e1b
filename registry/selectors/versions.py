"""Questions about versions: one by number or alias, the latest of each stage, many by a filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hub.lib.errors import Invalid, NotFound
from registry import rules
from registry.models import Stage
from registry.search import VERSION_ORDERS, VERSIONS, read_filter
from repos.models import Repository
from tracking import sql
from tracking.search.compile import Setting
from tracking.search.ordering import compile_order, read_terms
from tracking.selectors.paging import Page, cut

COLUMNS = (
    "v.id, v.model_id, m.name, v.number, v.created_at, v.updated_at, v.user_name, v.stage, v.description, v.source, "
    "v.storage_location, v.run_uuid, v.logged_model_uuid, v.run_link"
)
FROM = "FROM registry_modelversion v JOIN registry_registeredmodel m ON m.id = v.model_id"
# A prompt is marked on its model; a version marked as one in a plain model is left out with it.
_NO_PROMPTS = (
    "NOT m.is_prompt AND NOT EXISTS (SELECT 1 FROM registry_modelversiontag w WHERE w.version_id = v.id "
    "AND w.key = ? AND w.value = 'true')"
)


class VersionRow(msgspec.Struct, gc=False):
    """A version without what hangs on it. Times in ms since 1970."""

    pk: int
    model: int
    name: str
    number: int
    created_at: int
    updated_at: int
    user_name: str
    stage: str
    description: str
    source: str
    storage_location: str
    run_uuid: str
    logged_model_uuid: str
    run_link: str


class VersionDetail(msgspec.Struct):
    """A version with its tags (pairs) and the names of its aliases."""

    row: VersionRow
    tags: list[tuple[str, str]]
    aliases: list[str]


def model_not_found(name: str) -> NotFound:
    """The protocol's sentence for an unknown model."""
    return NotFound(f"Registered Model with name={name} not found", field="name")


def version_not_found(name: str, version: str) -> NotFound:
    """The protocol's sentence for an unknown or deleted version."""
    return NotFound(f"Model Version (name={name}, version={version}) not found", field="version")


def version_row(repository: Repository, name: str, version: str) -> VersionRow:
    """A version by the number that clients send; raises Invalid, NotFound."""
    rules.check_model_name(name)
    number = rules.parse_version(version)
    found = _rows("m.repository_id = ? AND m.name = ? AND v.number = ?", (repository.pk, name, number))
    if not found:
        raise version_not_found(name, version)
    return found[0]


def version_detail(repository: Repository, name: str, version: str) -> VersionDetail:
    """A version with tags and aliases; raises Invalid, NotFound."""
    return with_data([version_row(repository, name, version)])[0]


def version_by_alias(repository: Repository, name: str, alias: str) -> VersionDetail:
    """The version an alias points at; `latest` is the highest. Raises Invalid for an alias that there is not."""
    model = model_key(repository, name)
    rules.check_alias(alias)
    if alias.lower() == rules.LATEST:
        found = _rows("v.model_id = ?", (model,), "ORDER BY v.number DESC LIMIT 1")
        if not found:
            raise NotFound(f"Latest version not found for model {name}.", field="alias")
        return with_data(found)[0]
    pointed = "v.id = (SELECT a.version_id FROM registry_modelalias a WHERE a.model_id = ? AND a.name = ?)"
    found = _rows(pointed, (model, alias))
    if not found:
        raise Invalid(f"Registered model alias {alias} not found.", field="alias")
    return with_data(found)[0]


def model_key(repository: Repository, name: str) -> int:
    """The key of a model; raises Invalid, NotFound."""
    rules.check_model_name(name)
    statement = "SELECT id FROM registry_registeredmodel WHERE repository_id = ? AND name = ?"
    found = sql.row(statement, (repository.pk, name))
    if found is None:
        raise model_not_found(name)
    key: int = found[0]
    return key


def latest_versions(repository: Repository, name: str, stages: Sequence[Stage] = ()) -> list[VersionDetail]:
    """The highest version of each stage (of all stages when none is named). Raises Invalid, NotFound."""
    rows = latest_rows([model_key(repository, name)])
    return with_data([row for row in rows if not stages or row.stage in stages])


def latest_rows(models: Sequence[int]) -> list[VersionRow]:
    """The highest version per model and stage, by number; one question however many models."""
    inside, keys = sql.among("model_id", list(models))
    ranked = (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY model_id, stage ORDER BY number DESC) AS place "
        f"FROM registry_modelversion WHERE {inside} AND deleted_at IS NULL"
    )
    return _rows(f"v.id IN (SELECT id FROM ({ranked}) r WHERE place = 1)", (keys,), "ORDER BY v.model_id, v.number")


def download_uri(repository: Repository, name: str, version: str) -> str:
    """Where the files of a version lie; raises Invalid, NotFound."""
    return version_row(repository, name, version).storage_location


def search_model_versions(
    repository: Repository,
    *,
    filter_text: str = "",
    order_by: Sequence[str] = (),
    size: int = 1000,
    offset: int = 0,
) -> Page[VersionDetail]:
    """Versions that match, without those of prompts unless the filter asks for them. Raises FilterError."""
    setting = Setting(repository.pk, sql.is_postgres())
    asked = read_filter(filter_text, VERSIONS, setting)
    order = compile_order(read_terms(order_by), VERSION_ORDERS, setting)
    test, values = f"m.repository_id = ? AND ({asked.condition.text})", [repository.pk, *asked.condition.values]
    if not asked.prompts:
        test, values = f"{test} AND {_NO_PROMPTS}", [*values, rules.IS_PROMPT]
    page = cut(_rows(test, (*values, size + 1, offset), f"ORDER BY {order.term_text} LIMIT ? OFFSET ?"), size)
    return Page(with_data(page.rows), page.more)


def _rows(test: str, values: Sequence[Any], rest: str = "") -> list[VersionRow]:
    """Versions that are not deleted."""
    statement = f"SELECT {COLUMNS} {FROM} WHERE v.deleted_at IS NULL AND {test} {rest}"
    return [VersionRow(*row) for row in sql.rows(statement, values)]


def with_data(rows: Sequence[VersionRow]) -> list[VersionDetail]:
    """The rows with tags and aliases: two questions however many rows."""
    held = {row.pk: VersionDetail(row, [], []) for row in rows}
    if not held:
        return []
    test, keys = sql.among("version_id", list(held))
    tags = f"SELECT version_id, key, value FROM registry_modelversiontag WHERE {test} ORDER BY version_id, key"
    for version, key, value in sql.rows(tags, (keys,)):
        held[version].tags.append((key, value))
    aliases = f"SELECT version_id, name FROM registry_modelalias WHERE {test} ORDER BY version_id, name"
    for version, name in sql.rows(aliases, (keys,)):
        held[version].aliases.append(name)
    return list(held.values())
