"""Creates, changes, deletes and tests webhooks of repositories and of owners. Secrets go in and never come out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Owner
from hub.lib import outbound
from hub.lib.address import public_address
from hub.lib.errors import Conflict, Invalid
from hub.lib.sealing import seal
from jobs.services import enqueue
from repos import hook_events
from repos.hook_events import Telling
from repos.models import Repository, Webhook, WebhookDelivery
from repos.records import person_record, repository_record
from repos.services import activity
from repos.services.hook_deliveries import DELIVER, SECRET, attempt, new_delivery

MOST_WEBHOOKS = 50
MAX_URL = 2048
MAX_SECRET = 1000
MAX_BRANCHES = 200


def create_webhook(
    *,
    actor: Actor,
    place: Repository | Owner,
    url: str,
    format: str = Webhook.Format.JSON,
    events: Sequence[str] = (),
    branches: str = "",
    secret: str = "",
    is_active: bool = True,
) -> Webhook:
    """A webhook of a repository, or of all repositories of an owner; no events are all. Raises Invalid, Conflict."""
    webhook = Webhook(
        repository=place if isinstance(place, Repository) else None,
        owner=place if isinstance(place, Owner) else None,
        url=_check_url(url),
        format=_check_format(format),
        events=_check_events(events),
        branches=_check_branches(branches),
        sealed_secret=_sealed(secret),
        is_active=is_active,
        created_by=actor.user,
    )
    with transaction.atomic():
        if place.webhooks.count() >= MOST_WEBHOOKS:
            raise Conflict(f"There are {MOST_WEBHOOKS} webhooks, the most there may be.", next_step="Delete one first.")
        webhook.save(force_insert=True)
        _note(actor, webhook, "created webhook")
    return webhook


def update_webhook(
    *,
    actor: Actor,
    webhook: Webhook,
    url: str | None = None,
    format: str | None = None,
    events: Sequence[str] | None = None,
    branches: str | None = None,
    secret: str | None = None,
    is_active: bool | None = None,
) -> Webhook:
    """What is not None is changed; an empty secret removes it. Raises Invalid."""
    changed = {
        "url": None if url is None else _check_url(url),
        "format": None if format is None else _check_format(format),
        "events": None if events is None else _check_events(events),
        "branches": None if branches is None else _check_branches(branches),
        "sealed_secret": None if secret is None else _sealed(secret),
        "is_active": is_active,
    }
    with transaction.atomic():
        for field, value in changed.items():
            if value is not None:
                setattr(webhook, field, value)
        webhook.updated_at = timezone.now()
        webhook.save()
        _note(actor, webhook, "changed webhook")
    return webhook


def delete_webhook(*, actor: Actor, webhook: Webhook) -> None:
    """The webhook and its log are gone; what waits is not sent."""
    with transaction.atomic():
        _note(actor, webhook, "deleted webhook")
        webhook.delete()


def send_test(*, actor: Actor, webhook: Webhook) -> WebhookDelivery:
    """A greeting has been sent, once, also by a webhook that is switched off; the log says how it went."""
    address = public_address()
    place = webhook.repository or webhook.owner
    assert place is not None
    page = f"{address}{place.get_absolute_url()}"
    payload = {
        "zen": "Stones stacked by people who came before show the way.",
        "hook_id": webhook.pk,
        "repository": repository_record(place, address) if isinstance(place, Repository) else None,
        "sender": person_record(actor.user, address),
    }
    telling = Telling("ping", "", payload, "A test of this webhook", page, text="It works.", tone="good")
    delivery = new_delivery(
        webhook=webhook, telling=telling, repository=str(place), sender=actor.name, name=str(uuid.uuid4())
    )
    return attempt(delivery=delivery, last=True, test=True)


def redeliver(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """The same body is on its way again as a delivery of its own. Raises Conflict while the first still waits."""
    if delivery.state == WebhookDelivery.State.WAITING:
        raise Conflict("This delivery is still on its way.", next_step="Wait for its next attempt.")
    with transaction.atomic():
        copy = WebhookDelivery.objects.create(
            webhook=delivery.webhook,
            uuid=str(uuid.uuid4()),
            event=delivery.event,
            action=delivery.action,
            body=delivery.body,
            request_headers={"Content-Type": delivery.request_headers.get("Content-Type", "application/json")},
            redelivers=delivery,
        )
        enqueue(DELIVER, copy.pk)
    return copy


def _note(actor: Actor, webhook: Webhook, verb: str) -> None:
    # SECURITY: not the URL: chats' addresses are secrets in themselves, and feeds are read by many.
    subject = f"{webhook.get_format_display()} webhook"
    activity.record(actor=actor, repository=webhook.repository, owner=webhook.owner, verb=verb, subject=subject)


def _check_url(url: str) -> str:
    url = url.strip()
    if not url:
        raise Invalid("The address is needed.", field="url", next_step="Paste the URL that shall be told.")
    if len(url) > MAX_URL:
        raise Invalid(f"The address is longer than {MAX_URL} characters.", field="url")
    try:
        outbound.check(url)
    except outbound.Unreachable as error:
        # A name that is wrong now: said once, not tried again for hours.
        raise Invalid(error.message, field="url") from None
    return url


def _check_format(text: str) -> str:
    if text not in Webhook.Format.values:
        raise Invalid(f"Unknown format. Use one of {', '.join(Webhook.Format.values)}.", field="format")
    return text


def _check_events(events: Sequence[str]) -> list[str]:
    known = {event.key for event in hook_events.events()}
    unknown = [event for event in events if event not in known]
    if unknown:
        raise Invalid(f"Unknown event {str(unknown[0])[:60]!r}.", field="events", next_step="Choose from the list.")
    return list(dict.fromkeys(events))


def _check_branches(pattern: str) -> str:
    pattern = pattern.strip()
    if len(pattern) > MAX_BRANCHES or "\0" in pattern:
        raise Invalid(f"The pattern is longer than {MAX_BRANCHES} characters.", field="branches")
    return pattern


def _sealed(secret: str) -> str:
    if len(secret) > MAX_SECRET:
        raise Invalid(f"The secret is longer than {MAX_SECRET} characters.", field="secret")
    return seal(secret, purpose=SECRET) if secret else ""
