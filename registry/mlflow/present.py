"""Rows of the registry → messages of the protocol, one function per entity."""

from __future__ import annotations

from registry.mlflow import answers
from registry.models import Webhook, WebhookDelivery
from registry.selectors.models import ModelDetail
from registry.selectors.versions import VersionDetail
from tracking.mlflow.present import pairs

READY = "READY"


def version(found: VersionDetail) -> answers.ModelVersion:
    """A version with its tags and aliases; it is always ready."""
    row = found.row
    return answers.ModelVersion(
        name=row.name,
        version=str(row.number),
        creation_timestamp=row.created_at,
        last_updated_timestamp=row.updated_at,
        current_stage=row.stage,
        description=row.description,
        source=row.source,
        run_id=row.run_uuid,
        status=READY,
        run_link=row.run_link,
        user_id=row.user_name,
        tags=pairs(found.tags),
        aliases=found.aliases,
    )


def model(found: ModelDetail) -> answers.RegisteredModel:
    """A registered model with its latest versions."""
    row = found.row
    return answers.RegisteredModel(
        name=row.name,
        creation_timestamp=row.created_at,
        last_updated_timestamp=row.updated_at,
        description=row.description,
        user_id=row.user_name,
        latest_versions=[version(latest) for latest in found.latest],
        tags=pairs(found.tags),
        aliases=[answers.Alias(alias, str(number)) for alias, number in found.aliases],
    )


def webhook(found: Webhook) -> answers.Webhook:
    """A webhook without its secret."""
    return answers.Webhook(
        webhook_id=found.uuid,
        name=found.name,
        url=found.url,
        events=[answers.Event(*event.upper().split(".")) for event in found.events],
        status=found.status,
        creation_timestamp=found.created_at,
        last_updated_timestamp=found.updated_at,
        description=found.description,
    )


def test_result(found: WebhookDelivery) -> answers.TestResult:
    """What came of sending an example."""
    return answers.TestResult(
        success=found.state == WebhookDelivery.State.DELIVERED,
        response_status=found.response_status,
        response_body=found.response_body,
        error_message=found.error,
    )
