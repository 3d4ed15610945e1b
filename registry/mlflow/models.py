"""registered-models/…: the handlers about registered models, their tags and aliases."""

from __future__ import annotations

from registry import rules
from registry.mlflow import answers, asks, present
from registry.mlflow.governed import governed
from registry.models import Door
from registry.selectors import models as selectors
from registry.selectors import versions
from registry.services import aliases, tags
from registry.services import models as services
from tracking.mlflow import wire
from tracking.mlflow.answers import Empty
from tracking.mlflow.wire import Call
from tracking.rules import invalid_value

DEFAULT_RESULTS = 100
MAX_RESULTS = 1000
MLFLOW = Door.MLFLOW


def create(call: Call, body: asks.CreateRegisteredModel) -> answers.OneModel:
    """POST registered-models/create"""
    model = services.create_registered_model(
        repository=call.repository,
        name=body.name or "",
        description=body.description or "",
        tags=[(tag.key, tag.value) for tag in body.tags or ()],
        actor=call.actor,
        door=MLFLOW,
    )
    return _shown(call, model.name)


def get(call: Call, body: asks.ByName) -> answers.OneModel:
    """GET registered-models/get"""
    return _shown(call, body.name)


@governed
def rename(call: Call, body: asks.RenameRegisteredModel) -> answers.OneModel:
    """POST registered-models/rename"""
    model = services.rename_registered_model(
        repository=call.repository, name=body.name or "", new_name=body.new_name or "", actor=call.actor, door=MLFLOW
    )
    return _shown(call, model.name)


def update(call: Call, body: asks.UpdateRegisteredModel) -> answers.OneModel:
    """PATCH registered-models/update: an absent description clears it"""
    services.describe_registered_model(
        repository=call.repository,
        name=body.name or "",
        description=body.description or "",
        actor=call.actor,
        door=MLFLOW,
    )
    return _shown(call, body.name)


@governed
def delete(call: Call, body: asks.ByName) -> Empty:
    """DELETE registered-models/delete"""
    services.delete_registered_model(repository=call.repository, name=body.name or "", actor=call.actor, door=MLFLOW)
    return Empty()


def search(call: Call, body: asks.Search) -> answers.Models:
    """GET registered-models/search"""
    size = page_size(body.max_results, DEFAULT_RESULTS, MAX_RESULTS)
    offset = wire.offset_of(body.page_token)
    page = selectors.search_registered_models(
        call.repository, filter_text=body.filter or "", order_by=body.order_by or (), size=size, offset=offset
    )
    found = [present.model(model) for model in page.rows]
    return answers.Models(found, wire.token_for(offset + size, page.more))


def page_size(asked: int | None, default: int, most: int) -> int:
    """How many rows a page has; raises Invalid outside of 1…most."""
    size = default if asked is None else asked
    if not 1 <= size <= most:
        raise invalid_value("max_results", size, f"It must be a positive integer, at most {most}")
    return size


def latest_versions(call: Call, body: asks.LatestVersions) -> answers.Versions:
    """GET and POST registered-models/get-latest-versions"""
    stages = [rules.parse_stage(stage) for stage in body.stages or ()]
    found = versions.latest_versions(call.repository, body.name or "", stages)
    return answers.Versions([present.version(version) for version in found])


def set_tag(call: Call, body: asks.ModelTag) -> Empty:
    """POST registered-models/set-tag"""
    tags.set_model_tag(
        repository=call.repository,
        name=body.name or "",
        key=body.key or "",
        value=body.value or "",
        actor=call.actor,
        door=MLFLOW,
    )
    return Empty()


def delete_tag(call: Call, body: asks.ModelTag) -> Empty:
    """DELETE registered-models/delete-tag"""
    tags.delete_model_tag(
        repository=call.repository, name=body.name or "", key=body.key or "", actor=call.actor, door=MLFLOW
    )
    return Empty()


@governed
def set_alias(call: Call, body: asks.SetAlias) -> Empty:
    """POST registered-models/alias"""
    aliases.set_alias(
        repository=call.repository,
        name=body.name or "",
        alias=body.alias or "",
        version=body.version or "",
        actor=call.actor,
        door=MLFLOW,
    )
    return Empty()


@governed
def delete_alias(call: Call, body: asks.Alias) -> Empty:
    """DELETE registered-models/alias"""
    aliases.delete_alias(
        repository=call.repository, name=body.name or "", alias=body.alias or "", actor=call.actor, door=MLFLOW
    )
    return Empty()


def get_by_alias(call: Call, body: asks.Alias) -> answers.OneVersion:
    """GET registered-models/alias"""
    found = versions.version_by_alias(call.repository, body.name or "", body.alias or "")
    return answers.OneVersion(present.version(found))


def _shown(call: Call, name: str | None) -> answers.OneModel:
    return answers.OneModel(present.model(selectors.model_detail(call.repository, name or "")))
