"""webhooks…: the handlers about webhooks of the registry."""

from __future__ import annotations

from registry.mlflow import answers, asks, enums, present
from registry.mlflow.models import page_size
from registry.selectors import webhooks as selectors
from registry.services import webhooks as services
from tracking.mlflow import wire
from tracking.mlflow.answers import Empty
from tracking.mlflow.asks import Nothing
from tracking.mlflow.wire import Call

DEFAULT_RESULTS = 100
MAX_RESULTS = 1000


def create(call: Call, body: asks.CreateWebhook) -> answers.OneWebhook:
    """POST webhooks"""
    webhook = services.create_webhook(
        repository=call.repository,
        name=body.name or "",
        url=body.url or "",
        events=[enums.event(event) for event in body.events or ()],
        description=body.description or "",
        secret=body.secret or "",
        status=enums.status(body.status) or "",
        actor=call.actor,
    )
    return answers.OneWebhook(present.webhook(webhook))


def list_all(call: Call, body: asks.ListWebhooks) -> answers.Webhooks:
    """GET webhooks"""
    size = page_size(body.max_results or None, DEFAULT_RESULTS, MAX_RESULTS)
    offset = wire.offset_of(body.page_token)
    page = selectors.webhooks_of(call.repository, size=size, offset=offset)
    return answers.Webhooks([present.webhook(found) for found in page.rows], wire.token_for(offset + size, page.more))


def get(call: Call, body: Nothing) -> answers.OneWebhook:
    """GET webhooks/{webhook_id}"""
    return answers.OneWebhook(present.webhook(selectors.webhook_by_id(call.repository, call.path["webhook_id"])))


def update(call: Call, body: asks.UpdateWebhook) -> answers.OneWebhook:
    """PATCH webhooks/{webhook_id}: what is absent stays"""
    webhook = services.update_webhook(
        repository=call.repository,
        webhook_id=call.path["webhook_id"],
        name=body.name or None,
        url=body.url or None,
        events=[enums.event(event) for event in body.events] if body.events else None,
        description=body.description,
        secret=body.secret,
        status=enums.status(body.status),
        actor=call.actor,
    )
    return answers.OneWebhook(present.webhook(webhook))


def delete(call: Call, body: Nothing) -> Empty:
    """DELETE webhooks/{webhook_id}"""
    services.delete_webhook(repository=call.repository, webhook_id=call.path["webhook_id"], actor=call.actor)
    return Empty()


def test(call: Call, body: asks.TestWebhook) -> answers.Tested:
    """POST webhooks/{webhook_id}/test: sends an example now, and tells what came back"""
    event = enums.event(body.event) if body.event else ""
    sent = services.send_test(repository=call.repository, webhook_id=call.path["webhook_id"], event=event)
    return answers.Tested(present.test_result(sent))
