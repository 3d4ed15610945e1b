"""Tells webhooks what happened: a delivery for each that wants it, signed, tried again with growing pauses, logged."""

from __future__ import annotations

import hmac
import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from hub import VERSION
from hub.lib.address import public_address
from hub.lib.posting import Outcome, send
from hub.lib.sealing import Unreadable, unseal
from jobs.services import enqueue
from repos import hook_events, hook_formats
from repos.hook_events import Telling
from repos.models import Activity, Webhook, WebhookDelivery
from repos.selectors.webhooks import webhooks_wanting

CALL = "repos.call_webhooks"
DELIVER = "repos.deliver_webhook"
SECRET = "repos.webhook"  # noqa: S105 - the purpose under which secrets are sealed, not one of them
MOST_ATTEMPTS = 6
FIRST_PAUSE = 15
KEPT = 200
State = WebhookDelivery.State


def call_webhooks(*, activity_id: int) -> None:
    """Each webhook that wants what a row of Activity tells has a delivery waiting, and a job that sends it.

    Nothing when the row or its repository is gone. Running twice makes no second delivery: a delivery is known by
    the row and the webhook.
    """
    row = Activity.objects.select_related("repository__owner", "user").filter(pk=activity_id).first()
    if row is None or row.repository is None:
        return
    telling = hook_events.telling(row, public_address())
    if telling is None:
        return
    with transaction.atomic():
        for webhook in webhooks_wanting(row.repository, telling.event, telling.branch):
            name = str(uuid.uuid5(uuid.NAMESPACE_OID, f"cairn:{row.pk}:{webhook.pk}"))
            if not WebhookDelivery.objects.filter(uuid=name).exists():
                sender = row.user.username if row.user else ""
                delivery = new_delivery(
                    webhook=webhook, telling=telling, repository=row.repository.full_name, sender=sender, name=name
                )
                enqueue(DELIVER, delivery.pk)


def new_delivery(*, webhook: Webhook, telling: Telling, repository: str, sender: str, name: str) -> WebhookDelivery:
    """A row with the message as it will be sent and signed; nothing is sent yet."""
    body, kind = hook_formats.content(telling, webhook.format, repository=repository, sender=sender)
    return WebhookDelivery.objects.create(
        webhook=webhook,
        uuid=name,
        event=telling.event,
        action=telling.action,
        body=body,
        request_headers={"Content-Type": kind},
    )


def deliver(*, delivery_id: int) -> None:
    """Make one attempt at a waiting delivery; a failure that may pass is tried again, six times within six hours.

    Does nothing when the delivery is gone or decided. May run twice: receivers know a delivery by its id.
    """
    waiting = WebhookDelivery.objects.select_related("webhook").filter(state=State.WAITING)
    delivery = waiting.filter(pk=delivery_id).first()
    if delivery is not None:
        attempt(delivery=delivery, last=delivery.attempts + 1 >= MOST_ATTEMPTS)


def attempt(*, delivery: WebhookDelivery, last: bool, test: bool = False) -> WebhookDelivery:
    """Send a delivery once and write down what came of it; unless `last`, a passing failure enqueues another try.

    A webhook that was switched off meanwhile is only sent tests.
    """
    webhook = delivery.webhook
    if not webhook.is_active and not test:
        outcome = Outcome(error="The webhook was switched off before this could be sent.")
    else:
        outcome = _send(webhook, delivery)
    again = outcome.again and not last
    pause = FIRST_PAUSE * 5**delivery.attempts
    delivery.state = State.DELIVERED if outcome.delivered else State.WAITING if again else State.FAILED
    delivery.attempts += 1
    delivery.attempted_at = timezone.now()
    delivery.due_at = timezone.now() + timedelta(seconds=pause)
    delivery.response_status = outcome.status
    delivery.response_body = outcome.body
    delivery.error = outcome.error
    delivery.milliseconds = outcome.milliseconds
    with transaction.atomic():
        _write_down(delivery)
        if again:
            enqueue(DELIVER, delivery.pk, delay=pause)
    return delivery


def _write_down(delivery: WebhookDelivery) -> None:
    """The outcome is in the log, which keeps the latest 200 of a webhook. Nothing when the webhook went meanwhile."""
    fields = (
        "state attempts attempted_at due_at request_headers response_status response_body error milliseconds"
    ).split()
    values = {field: getattr(delivery, field) for field in fields}
    if not WebhookDelivery.objects.filter(pk=delivery.pk).update(**values):
        return
    mine = WebhookDelivery.objects.filter(webhook_id=delivery.webhook_id)
    oldest = mine.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1].first()
    if oldest is not None:
        mine.filter(pk__lte=oldest).exclude(state=State.WAITING).delete()


def _send(webhook: Webhook, delivery: WebhookDelivery) -> Outcome:
    try:
        headers = _headers(webhook, delivery)
    except Unreadable:
        return Outcome(
            error="The webhook's secret cannot be read: the server's secret key has changed. Set the secret again."
        )
    delivery.request_headers = headers
    return send(webhook.url, body=delivery.body.encode(), headers=headers)


def _headers(webhook: Webhook, delivery: WebhookDelivery) -> dict[str, str]:
    """What programs written for Gitea or GitHub look for, and the same under our own name."""
    headers = {
        "Content-Type": delivery.request_headers.get("Content-Type", "application/json"),
        "User-Agent": f"Cairn/{VERSION}",
    }
    for maker in ("Cairn", "Gitea", "GitHub"):
        headers[f"X-{maker}-Event"] = delivery.event
        headers[f"X-{maker}-Delivery"] = delivery.uuid
    if webhook.sealed_secret:
        made = signature(unseal(webhook.sealed_secret, purpose=SECRET), delivery.body)
        headers["X-Cairn-Signature"] = headers["X-Gitea-Signature"] = made
        headers["X-Hub-Signature-256"] = f"sha256={made}"
    return headers


def signature(secret: str, body: str) -> str:
    """The HMAC-SHA256 of the body under the secret, in hexadecimal."""
    return hmac.digest(secret.encode(), body.encode(), "sha256").hex()
