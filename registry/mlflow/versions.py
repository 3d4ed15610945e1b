"""model-versions/…: the handlers about versions of registered models."""

from __future__ import annotations

from registry.mlflow import answers, asks, present
from registry.mlflow.governed import governed
from registry.mlflow.models import MLFLOW, page_size
from registry.selectors import versions as selectors
from registry.services import tags
from registry.services import versions as services
from tracking.mlflow import wire
from tracking.mlflow.answers import Empty
from tracking.mlflow.files import file_at
from tracking.mlflow.wire import Call, File

MAX_RESULTS = 200_000


def create(call: Call, body: asks.CreateModelVersion) -> answers.OneVersion:
    """POST model-versions/create"""
    version = services.create_model_version(
        repository=call.repository,
        name=body.name or "",
        source=body.source or "",
        run_id=body.run_id,
        model_id=body.model_id,
        run_link=body.run_link or "",
        description=body.description or "",
        tags=[(tag.key, tag.value) for tag in body.tags or ()],
        actor=call.actor,
        door=MLFLOW,
    )
    return _shown(call, body.name, str(version.number))


def get(call: Call, body: asks.ByVersion) -> answers.OneVersion:
    """GET model-versions/get"""
    return _shown(call, body.name, body.version)


def update(call: Call, body: asks.UpdateModelVersion) -> answers.OneVersion:
    """PATCH model-versions/update: an absent description clears it"""
    services.describe_model_version(
        repository=call.repository,
        name=body.name or "",
        version=body.version or "",
        description=body.description or "",
        actor=call.actor,
        door=MLFLOW,
    )
    return _shown(call, body.name, body.version)


@governed
def transition_stage(call: Call, body: asks.TransitionStage) -> answers.OneVersion:
    """POST model-versions/transition-stage"""
    services.transition_stage(
        repository=call.repository,
        name=body.name or "",
        version=body.version or "",
        stage=body.stage or "",
        archive_existing=bool(body.archive_existing_versions),
        actor=call.actor,
        door=MLFLOW,
    )
    return _shown(call, body.name, body.version)


@governed
def delete(call: Call, body: asks.ByVersion) -> Empty:
    """DELETE model-versions/delete"""
    services.delete_model_version(
        repository=call.repository, name=body.name or "", version=body.version or "", actor=call.actor, door=MLFLOW
    )
    return Empty()


def search(call: Call, body: asks.Search) -> answers.Versions:
    """GET model-versions/search"""
    size = page_size(body.max_results, MAX_RESULTS, MAX_RESULTS)
    offset = wire.offset_of(body.page_token)
    page = selectors.search_model_versions(
        call.repository, filter_text=body.filter or "", order_by=body.order_by or (), size=size, offset=offset
    )
    found = [present.version(version) for version in page.rows]
    return answers.Versions(found, wire.token_for(offset + size, page.more))


def get_download_uri(call: Call, body: asks.ByVersion) -> answers.DownloadUri:
    """GET model-versions/get-download-uri"""
    return answers.DownloadUri(selectors.download_uri(call.repository, body.name or "", body.version or ""))


def get_artifact(call: Call, body: asks.VersionFile) -> File:
    """GET /model-versions/get-artifact?name=&version=&path="""
    found = selectors.download_uri(call.repository, body.name or "", body.version or "")
    return file_at(call, found, body.path or "")


def set_tag(call: Call, body: asks.VersionTag) -> Empty:
    """POST model-versions/set-tag"""
    tags.set_version_tag(
        repository=call.repository,
        name=body.name or "",
        version=body.version or "",
        key=body.key or "",
        value=body.value or "",
        actor=call.actor,
        door=MLFLOW,
    )
    return Empty()


def delete_tag(call: Call, body: asks.VersionTag) -> Empty:
    """DELETE model-versions/delete-tag"""
    tags.delete_version_tag(
        repository=call.repository,
        name=body.name or "",
        version=body.version or "",
        key=body.key or "",
        actor=call.actor,
        door=MLFLOW,
    )
    return Empty()


def _shown(call: Call, name: str | None, version: str | None) -> answers.OneVersion:
    return answers.OneVersion(present.version(selectors.version_detail(call.repository, name or "", version or "")))
