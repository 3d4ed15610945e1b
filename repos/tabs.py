"""The tabs of a repository page: rooms above offer theirs, the page shows what it was offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from accounts.levels import Level
from repos.models import Repository


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: `url_name` is reversed with owner and name; `count` is asked for when the page is drawn."""

    key: str
    label: str
    icon: str
    url_name: str
    order: int
    count: Callable[[Repository], int | None] | None = None
    needs: Level = Level.READ


@dataclass(frozen=True, slots=True)
class ShownTab:
    """A tab as the template needs it."""

    key: str
    label: str
    icon: str
    url: str
    count: int | None
    active: bool


_tabs: dict[str, Tab] = {}


def register(tab: Tab) -> None:
    """Offer a tab; called in `apps.py` of the room that shows it. Registering a key twice replaces it."""
    _tabs[tab.key] = tab


def tabs_for(repository: Repository, level: Level, active: str) -> list[ShownTab]:
    """The tabs somebody with `level` sees, in order."""
    where = {"owner": repository.owner.slug, "name": repository.name}
    return [
        ShownTab(
            key=tab.key,
            label=tab.label,
            icon=tab.icon,
            url=reverse(tab.url_name, kwargs=where),
            count=tab.count(repository) if tab.count else None,
            active=tab.key == active,
        )
        for tab in sorted(_tabs.values(), key=lambda tab: tab.order)
        if level >= tab.needs
    ]
