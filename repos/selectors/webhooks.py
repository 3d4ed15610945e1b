"""Questions about webhooks and their log."""

from __future__ import annotations

from fnmatch import fnmatchcase

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Owner
from repos.models import Repository, Webhook, WebhookDelivery


def has_webhooks(repository_id: int, owner_id: int) -> bool:
    """Whether anybody wants to be told of a repository. One query."""
    return _of_both(repository_id, owner_id).exists()


def webhooks_wanting(repository: Repository, event: str, branch: str = "") -> list[Webhook]:
    """The active webhooks of a repository and of its owner that want an event, on a branch if it is about one."""
    rows = _of_both(repository.pk, repository.owner_id).order_by("pk")
    return [hook for hook in rows if (not hook.events or event in hook.events) and _is_on(hook, branch)]


def _of_both(repository_id: int, owner_id: int) -> QuerySet[Webhook]:
    return Webhook.objects.filter(Q(repository=repository_id) | Q(owner=owner_id), is_active=True)


def _is_on(hook: Webhook, branch: str) -> bool:
    return not branch or not hook.branches or fnmatchcase(branch, hook.branches)


def webhooks_of(place: Repository | Owner) -> QuerySet[Webhook]:
    """All webhooks of a repository or of an owner, each with the state of its latest delivery as `latest_state`."""
    latest = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-pk")
    return place.webhooks.annotate(
        latest_state=Subquery(latest.values("state")[:1]), latest_at=Subquery(latest.values("created_at")[:1])
    ).order_by("pk")


def deliveries_of(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """The log of a webhook, the latest first; bodies are left out."""
    return webhook.deliveries.defer("body", "response_body").order_by("-pk")
