"""Sends what webhooks are to be told: signed, tried again with growing pauses, every outcome in the log."""

from __future__ import annotations

import base64
import hmac
import time

from django.db import transaction
from django.utils import timezone

from hub import VERSION
from hub.lib.posting import Outcome, send
from hub.lib.sealing import Unreadable, unseal
from jobs.services import enqueue
from registry.models import Webhook, WebhookDelivery
from registry.services.events import DELIVER

SECRET = "registry.webhook"  # noqa: S105 - the purpose under which secrets are sealed, not one of them
MOST_ATTEMPTS = 5
FIRST_PAUSE = 15
KEPT = 200


def deliver(*, delivery_id: int) -> None:
    """Make one attempt at a waiting delivery; a failure that may pass is tried again later, five times in all.

    Does nothing when the delivery is gone or decided. May run twice: receivers know a delivery by its id.
    """
    waiting = WebhookDelivery.objects.select_related("webhook").filter(state=WebhookDelivery.State.WAITING)
    delivery = waiting.filter(pk=delivery_id).first()
    if delivery is not None:
        attempt(delivery=delivery, last=delivery.attempts + 1 >= MOST_ATTEMPTS)


def attempt(*, delivery: WebhookDelivery, last: bool, test: bool = False) -> WebhookDelivery:
    """Send a delivery once and write down what came of it; unless `last`, a passing failure enqueues another try.

    A webhook that was disabled meanwhile is only sent tests.
    """
    webhook = delivery.webhook
    if webhook.status == Webhook.Status.DISABLED and not test:
        outcome = Outcome(error="The webhook was disabled before this could be sent.")
    else:
        outcome = _send(webhook, delivery)
    again = outcome.again and not last
    state = WebhookDelivery.State
    delivery.state = state.DELIVERED if outcome.delivered else state.WAITING if again else state.FAILED
    delivery.attempts += 1
    delivery.attempted_at = timezone.now()
    delivery.response_status = outcome.status
    delivery.response_body = outcome.body
    delivery.error = outcome.error
    delivery.milliseconds = outcome.milliseconds
    with transaction.atomic():
        _write_down(delivery)
        if again:
            enqueue(DELIVER, delivery.pk, delay=FIRST_PAUSE * 4 ** (delivery.attempts - 1))
    return delivery


def _write_down(delivery: WebhookDelivery) -> None:
    """The outcome is in the log, which keeps the latest 200 of a webhook. Nothing when the webhook went meanwhile."""
    fields = ["state", "attempts", "attempted_at", "response_status", "response_body", "error", "milliseconds"]
    values = {field: getattr(delivery, field) for field in fields}
    if not WebhookDelivery.objects.filter(pk=delivery.pk).update(**values):
        return
    mine = WebhookDelivery.objects.filter(webhook_id=delivery.webhook_id)
    oldest = mine.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1].first()
    if oldest is not None:
        mine.filter(pk__lte=oldest).exclude(state=WebhookDelivery.State.WAITING).delete()


def _send(webhook: Webhook, delivery: WebhookDelivery) -> Outcome:
    try:
        headers = _headers(webhook, delivery)
    except Unreadable:
        return Outcome(
            error="The webhook's secret cannot be read: the server's secret key has changed. Set the secret again."
        )
    return send(webhook.url, body=delivery.body.encode(), headers=headers)


def _headers(webhook: Webhook, delivery: WebhookDelivery) -> dict[str, str]:
    moment = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Cairn/{VERSION}",
        "X-MLflow-Delivery-Id": delivery.uuid,
        "X-MLflow-Timestamp": moment,
    }
    if webhook.sealed_secret:
        secret = unseal(webhook.sealed_secret, purpose=SECRET)
        headers["X-MLflow-Signature"] = signature(secret, delivery.uuid, moment, delivery.body)
    return headers


def signature(secret: str, delivery_id: str, moment: str, body: str) -> str:
    """`v1,` and the base64 HMAC-SHA256 over delivery id, time in seconds and body, joined by dots."""
    made = hmac.digest(secret.encode(), f"{delivery_id}.{moment}.{body}".encode(), "sha256")
    return f"v1,{base64.b64encode(made).decode()}"
