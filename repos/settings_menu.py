"""Pages in the settings of a repository that rooms above this one offer; the menu shows what there is."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from repos.models import Repository


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page of the menu: `url_name` is reversed with owner and name; `key` is what the page calls its `section`."""

    key: str
    label: str
    icon: str
    url_name: str
    order: int


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as the template needs it."""

    key: str
    label: str
    icon: str
    url: str


_pages: dict[str, SettingsPage] = {}


def register(page: SettingsPage) -> None:
    """Offer a page; called in `apps.py` of the room that shows it. Registering a key twice replaces it."""
    _pages[page.key] = page


def pages_for(repository: Repository) -> list[ShownPage]:
    """The offered pages of one repository, in order."""
    where = {"owner": repository.owner.slug, "name": repository.name}
    return [
        ShownPage(page.key, page.label, page.icon, reverse(page.url_name, kwargs=where))
        for page in sorted(_pages.values(), key=lambda page: page.order)
    ]
