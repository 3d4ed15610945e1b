"""Repositories for tests."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Owner, User
from repos.models import Repository, Visibility, Webhook, WebhookDelivery
from repos.services.people import set_collaborator
from repos.services.repositories import create_repository


def make_repo(owner: User, name: str, *, visibility: str = Visibility.PRIVATE) -> Repository:
    """An empty repository of a user."""
    return create_repository(actor=Actor(user=owner), owner=owner.owner, name=name, visibility=visibility)


def let_in(repository: Repository, user: User, level: Level) -> None:
    """Give somebody rights by name."""
    owner = repository.owner.user
    assert owner is not None
    set_collaborator(actor=Actor(user=owner), repository=repository, user=user, level=level)


def make_webhook(
    place: Repository | Owner, *, url: str = "https://127.0.0.1:9/hook"
) -> tuple[Webhook, WebhookDelivery]:
    """A webhook, without asking whether its address may be told, and a failed delivery in its log."""
    kind = "repository" if isinstance(place, Repository) else "owner"
    webhook = Webhook.objects.create(**{kind: place}, url=url)
    delivery = WebhookDelivery.objects.create(
        webhook=webhook,
        uuid=f"{webhook.pk:08d}-0000-4000-8000-000000000000",
        event="push",
        body='{"ref": "refs/heads/main"}',
        state=WebhookDelivery.State.FAILED,
        attempts=6,
        error="127.0.0.1 could not be reached: Connection refused.",
        request_headers={"Content-Type": "application/json", "X-Cairn-Event": "push"},
    )
    return webhook, delivery
