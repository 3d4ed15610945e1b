"""Questions about webhooks and what was sent to them."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.lib.errors import NotFound
from registry.models import Webhook, WebhookDelivery
from repos.models import Repository
from tracking.selectors.paging import Page, cut


def webhook_by_id(repository: Repository, webhook_id: str) -> Webhook:
    """The webhook of the repository with the id that clients see; raises NotFound."""
    found = Webhook.objects.filter(repository=repository, uuid=webhook_id).first()
    if found is None:
        raise NotFound(f"Webhook with ID {webhook_id} not found.", field="webhook_id")
    return found


def webhooks_of(repository: Repository, *, size: int = 100, offset: int = 0) -> Page[Webhook]:
    """The webhooks of a repository, the newest first."""
    found = Webhook.objects.filter(repository=repository).order_by("-created_at", "-pk")
    return cut(list(found[offset : offset + size + 1]), size)


def deliveries_of(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """What was sent to a webhook, the latest first."""
    return webhook.deliveries.order_by("-pk")
