"""The tabs of a pull request's page: each part of the room offers its own, the page shows what it was offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from collab.models import PullRequest


@dataclass(frozen=True, slots=True)
class PullTab:
    """A tab: `url_name` is reversed with owner, name and number; `count` is asked for when the page is drawn."""

    key: str
    label: str
    icon: str
    url_name: str
    order: int
    count: Callable[[PullRequest], int | None] | None = None


@dataclass(frozen=True, slots=True)
class ShownPullTab:
    """A tab as the template needs it."""

    key: str
    label: str
    icon: str
    url: str
    count: int | None
    active: bool


_tabs: dict[str, PullTab] = {}


def register(tab: PullTab) -> None:
    """Offer a tab; called in `apps.py`. Registering a key twice replaces it."""
    _tabs[tab.key] = tab


def tabs_of(pull: PullRequest, active: str) -> list[ShownPullTab]:
    """The tabs of one pull request, in order."""
    repo = pull.repository
    where = {"owner": repo.owner.slug, "name": repo.name, "number": pull.topic.number}
    return [
        ShownPullTab(
            key=tab.key,
            label=tab.label,
            icon=tab.icon,
            url=reverse(tab.url_name, kwargs=where),
            count=tab.count(pull) if tab.count else None,
            active=tab.key == active,
        )
        for tab in sorted(_tabs.values(), key=lambda tab: tab.order)
    ]
