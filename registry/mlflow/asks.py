"""What clients send to the registry, one struct per endpoint, with the protocol's field names. None: absent."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from tracking.mlflow.asks import Ask, Pair

# --- registered models


class CreateRegisteredModel(Ask):
    """registered-models/create"""

    REQUIRED = ("name",)
    name: str | None = None
    tags: list[Pair] | None = None
    description: str | None = None


class ByName(Ask):
    """registered-models/get, delete"""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name",)
    name: str | None = None


class RenameRegisteredModel(ByName):
    """registered-models/rename"""

    REQUIRED = ("name", "new_name")
    new_name: str | None = None


class UpdateRegisteredModel(ByName):
    """registered-models/update"""

    description: str | None = None


class LatestVersions(ByName):
    """registered-models/get-latest-versions"""

    stages: list[str] | None = None


class ModelTag(ByName):
    """registered-models/set-tag, delete-tag"""

    REQUIRED = ("name", "key")
    key: str | None = None
    value: str | None = None


class Alias(ByName):
    """GET and DELETE registered-models/alias"""

    REQUIRED = ("name", "alias")
    alias: str | None = None


class SetAlias(ByName):
    """POST registered-models/alias"""

    REQUIRED = ("name", "alias", "version")
    alias: str | None = None
    version: str | None = None


class Search(Ask):
    """registered-models/search, model-versions/search"""

    filter: str | None = None
    max_results: int | None = None
    order_by: list[str] | None = None
    page_token: str | None = None


# --- versions


class CreateModelVersion(ByName):
    """model-versions/create"""

    REQUIRED = ("name", "source")
    source: str | None = None
    run_id: str | None = None
    tags: list[Pair] | None = None
    run_link: str | None = None
    description: str | None = None
    model_id: str | None = None


class ByVersion(ByName):
    """model-versions/get, delete, get-download-uri"""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name", "version")
    version: str | None = None


class UpdateModelVersion(ByVersion):
    """model-versions/update"""

    description: str | None = None


class TransitionStage(ByVersion):
    """model-versions/transition-stage"""

    REQUIRED = ("name", "version", "stage")
    stage: str | None = None
    archive_existing_versions: bool | None = None


class VersionTag(ByVersion):
    """model-versions/set-tag, delete-tag"""

    REQUIRED = ("name", "version", "key")
    key: str | None = None
    value: str | None = None


# --- webhooks


class Event(Struct):
    """An event: entity and action, by name or number."""

    entity: str | int
    action: str | int


class CreateWebhook(Ask):
    """POST webhooks"""

    REQUIRED = ("name", "url", "events")
    name: str | None = None
    url: str | None = None
    events: list[Event] | None = None
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class ListWebhooks(Ask):
    """GET webhooks"""

    max_results: int | None = None
    page_token: str | None = None


class UpdateWebhook(Ask):
    """PATCH webhooks/{webhook_id}"""

    name: str | None = None
    url: str | None = None
    events: list[Event] | None = None
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class TestWebhook(Ask):
    """POST webhooks/{webhook_id}/test"""

    event: Event | None = None


class VersionFile(Ask):
    """/model-versions/get-artifact"""

    REQUIRED = ("name", "version", "path")
    name: str | None = None
    version: str | None = None
    path: str | None = None
