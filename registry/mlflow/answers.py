"""What clients get from the registry, one struct per message. What has its default value is left out."""

from __future__ import annotations

from msgspec import field

from tracking.mlflow.answers import Answer, KeyValue


class ModelVersion(Answer):
    """A version; its number is a string."""

    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: str
    description: str
    source: str
    run_id: str
    status: str
    run_link: str
    user_id: str = ""
    tags: list[KeyValue] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)


class Alias(Answer):
    """An alias and the version it points at."""

    alias: str
    version: str


class RegisteredModel(Answer):
    """A registered model, or a prompt."""

    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str
    user_id: str = ""
    latest_versions: list[ModelVersion] = field(default_factory=list)
    tags: list[KeyValue] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)


class Event(Answer):
    """What a webhook is told about."""

    entity: str
    action: str


class Webhook(Answer):
    """A webhook; its secret is never shown."""

    webhook_id: str
    name: str
    url: str
    events: list[Event]
    status: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str = ""


class TestResult(Answer):
    """What came of a test."""

    success: bool
    response_status: int | None = None
    response_body: str = ""
    error_message: str = ""


# --- envelopes


class OneModel(Answer):
    """Answers about one registered model."""

    registered_model: RegisteredModel


class Models(Answer):
    """registered-models/search"""

    registered_models: list[RegisteredModel] = field(default_factory=list)
    next_page_token: str = ""


class OneVersion(Answer):
    """Answers about one version."""

    model_version: ModelVersion


class Versions(Answer):
    """model-versions/search, registered-models/get-latest-versions"""

    model_versions: list[ModelVersion] = field(default_factory=list)
    next_page_token: str = ""


class DownloadUri(Answer):
    """model-versions/get-download-uri"""

    artifact_uri: str


class OneWebhook(Answer):
    """Answers about one webhook."""

    webhook: Webhook


class Webhooks(Answer):
    """GET webhooks"""

    webhooks: list[Webhook] = field(default_factory=list)
    next_page_token: str = ""


class Tested(Answer):
    """POST webhooks/{webhook_id}/test"""

    result: TestResult
