"""Creates, changes, deletes and tests webhooks. Secrets go in and never come out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from django.db import transaction

from accounts.actor import Actor
from hub.lib import outbound
from hub.lib.errors import Conflict, Invalid
from hub.lib.sealing import seal
from registry.models import Webhook, WebhookDelivery
from registry.models.webhooks import MAX_URL
from registry.selectors.webhooks import webhook_by_id
from registry.services.deliveries import SECRET, attempt
from registry.services.events import EXAMPLES, new_delivery
from repos.models import Repository
from repos.services import activity
from tracking.clock import now_ms
from tracking.rules import check_text, too_long

MOST_WEBHOOKS = 100
MAX_SECRET = 1000
MAX_DESCRIPTION = 1000
_name = re.compile(r"(?=.{1,63}\Z)[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


def create_webhook(
    *,
    repository: Repository,
    name: str,
    url: str,
    events: Sequence[str],
    description: str = "",
    secret: str = "",
    status: str = "",
    actor: Actor,
) -> Webhook:
    """A webhook that is told the events (`entity.action`). Raises Invalid, Conflict when there are too many."""
    now = now_ms()
    webhook = Webhook(
        repository=repository,
        uuid=str(uuid.uuid4()),
        name=_check_name(name),
        description=_check_length("description", description, MAX_DESCRIPTION),
        url=_check_url(url),
        events=_check_events(events),
        sealed_secret=_sealed(secret),
        status=_check_status(status or Webhook.Status.ACTIVE),
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        if Webhook.objects.filter(repository=repository).count() >= MOST_WEBHOOKS:
            raise Conflict(
                f"The repository has {MOST_WEBHOOKS} webhooks, the most it may have.",
                next_step="Delete one that is not needed any more.",
            )
        webhook.save(force_insert=True)
        activity.record(actor=actor, repository=repository, verb="created webhook", subject=name)
    return webhook


def update_webhook(
    *,
    repository: Repository,
    webhook_id: str,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    secret: str | None = None,
    status: str | None = None,
    actor: Actor,
) -> Webhook:
    """What is not None is changed; an empty secret removes it. Raises Invalid, NotFound."""
    changed = {
        "name": None if name is None else _check_name(name),
        "url": None if url is None else _check_url(url),
        "events": None if events is None else _check_events(events),
        "description": None if description is None else _check_length("description", description, MAX_DESCRIPTION),
        "sealed_secret": None if secret is None else _sealed(secret),
        "status": None if status is None else _check_status(status),
    }
    with transaction.atomic():
        webhook = webhook_by_id(repository, webhook_id)
        for field, value in changed.items():
            if value is not None:
                setattr(webhook, field, value)
        webhook.updated_at = now_ms()
        webhook.save()
        activity.record(actor=actor, repository=repository, verb="changed webhook", subject=webhook.name)
    return webhook


def delete_webhook(*, repository: Repository, webhook_id: str, actor: Actor) -> None:
    """The webhook and its log are gone; what waits is not sent. Raises NotFound."""
    with transaction.atomic():
        webhook = webhook_by_id(repository, webhook_id)
        WebhookDelivery.objects.filter(webhook=webhook).delete()
        webhook.delete()
        activity.record(actor=actor, repository=repository, verb="deleted webhook", subject=webhook.name)


def send_test(*, repository: Repository, webhook_id: str, event: str = "") -> WebhookDelivery:
    """An example of the event (of the webhook's first one by default) has been sent, once; the log says how it went."""
    webhook = webhook_by_id(repository, webhook_id)
    event = _check_events([event or webhook.events[0]])[0]
    delivery = new_delivery(webhook=webhook, event=event, data=EXAMPLES[event])
    return attempt(delivery=delivery, last=True, test=True)


def _check_name(name: str) -> str:
    if not _name.fullmatch(name):
        raise Invalid(
            f"Webhook name {name!r} is invalid. It must start and end with a letter or digit, be less than 63 "
            "characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).",
            field="name",
        )
    return name


def _check_url(url: str) -> str:
    if not url.strip():
        raise Invalid(f"Webhook URL cannot be empty or just whitespace: {url!r}", field="url")
    if len(url) > MAX_URL:
        raise too_long("url", MAX_URL)
    try:
        outbound.check(url)
    except outbound.Unreachable as error:
        # A name that is wrong now: said once, not tried again for minutes as an outage of the hub would be.
        raise Invalid(error.message, field="url") from None
    return url


def _check_events(events: Sequence[str]) -> list[str]:
    if not events:
        raise Invalid("Webhook events must be a non-empty list of WebhookEvent objects: [].", field="events")
    for event in events:
        entity, _, action = event.partition(".")
        actions = sorted(known.partition(".")[2] for known in EXAMPLES if known.startswith(f"{entity}."))
        if not actions:
            entities = sorted({known.partition(".")[0] for known in EXAMPLES})
            raise Invalid(f"Unknown webhook entity '{entity}'. Valid entities are: {entities}", field="events")
        if action not in actions:
            raise Invalid(
                f"Invalid action '{action}' for entity '{entity}'. Valid actions are: {actions}", field="events"
            )
    return list(dict.fromkeys(events))


def _check_status(status: str) -> str:
    if status not in Webhook.Status.values:
        raise Invalid(f"Unknown webhook status '{status}'. Use {' or '.join(Webhook.Status.values)}.", field="status")
    return status


def _check_length(name: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise too_long(name, limit)
    return check_text(text, path=name)


def _sealed(secret: str) -> str:
    _check_length("secret", secret, MAX_SECRET)
    return seal(secret, purpose=SECRET) if secret else ""
