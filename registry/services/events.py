"""Announces what happened in the registry: writes what webhooks are to be told, in the transaction of the change."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from jobs.services import enqueue
from registry import rules
from registry.models import Webhook, WebhookDelivery
from repos.models import Repository

DELIVER = "registry.deliver_webhook"
_TAGS = {"example_key": "example_value"}
_VERSION = {"name": "example_model", "version": "1"}
_PROMPT_VERSION = {"name": "example_prompt", "version": "1"}
_TAG = {"key": "example_key", "value": "example_value"}
_KEY = {"key": "example_key"}
_ALIAS = {"alias": "example_alias"}

# Every event there is, with the data that a test of a webhook sends.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "registered_model.created": {"name": "example_model", "tags": _TAGS, "description": "An example registered model"},
    "model_version.created": {
        **_VERSION,
        "source": "models:/123",
        "run_id": "abcd1234abcd5678",
        "tags": _TAGS,
        "description": "An example model version",
    },
    "model_version_tag.set": {**_VERSION, **_TAG},
    "model_version_tag.deleted": {**_VERSION, **_KEY},
    "model_version_alias.created": {"name": "example_model", **_ALIAS, "version": "1"},
    "model_version_alias.deleted": {"name": "example_model", **_ALIAS},
    "prompt.created": {"name": "example_prompt", "tags": _TAGS, "description": "An example prompt"},
    "prompt_version.created": {
        **_PROMPT_VERSION,
        "template": "Hello {{name}}!",
        "tags": _TAGS,
        "description": "An example prompt version",
    },
    "prompt_tag.set": {"name": "example_prompt", **_TAG},
    "prompt_tag.deleted": {"name": "example_prompt", **_KEY},
    "prompt_version_tag.set": {**_PROMPT_VERSION, **_TAG},
    "prompt_version_tag.deleted": {**_PROMPT_VERSION, **_KEY},
    "prompt_alias.created": {"name": "example_prompt", **_ALIAS, "version": "1"},
    "prompt_alias.deleted": {"name": "example_prompt", **_ALIAS},
}


def announce(*, repository: Repository, event: str, data: Mapping[str, Any]) -> None:
    """Each active webhook that wants the event has a delivery waiting, and a job that sends it after the commit."""
    for webhook in Webhook.objects.filter(repository=repository, status=Webhook.Status.ACTIVE).order_by("pk"):
        if event in webhook.events:
            delivery = new_delivery(webhook=webhook, event=event, data=data)
            enqueue(DELIVER, delivery.pk)


def new_delivery(*, webhook: Webhook, event: str, data: Mapping[str, Any]) -> WebhookDelivery:
    """A row with the message as it will be sent and signed; nothing is sent yet."""
    entity, action = event.split(".")
    message = {"entity": entity, "action": action, "timestamp": datetime.now(UTC).isoformat(), "data": data}
    return WebhookDelivery.objects.create(
        webhook=webhook, uuid=str(uuid.uuid4()), event=event, body=json.dumps(message)
    )


def plain_tags(tags: Iterable[rules.Pair], *also: str) -> dict[str, str]:
    """Tags of a prompt without those that only make it one."""
    hidden = {rules.IS_PROMPT, rules.PROMPT_TYPE, *also}
    return {key: value for key, value in tags if key not in hidden}
