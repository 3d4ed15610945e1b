"""Where access tokens may be bound to: the room of repositories, above this one, offers its part at start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from accounts.actor import Actor
from hub.lib.errors import NotFound


class Places(Protocol):
    """What the room above answers about repositories, by id and `owner/name` alone."""

    def find(self, actor: Actor, full_name: str) -> int:
        """The id of a repository that the actor may read; raises NotFound."""

    def names(self, ids: Iterable[int]) -> dict[int, str]:
        """Full names of those that exist."""

    def within_reach(self, actor: Actor) -> list[str]:
        """Full names of some repositories that the actor has rights on, to choose from; the latest first."""


_offered: list[Places] = []


def offer(places: Places) -> None:
    """Called once in `apps.py` of the room that keeps repositories; a later offer replaces an earlier one."""
    _offered[:] = [places]


def find(actor: Actor, full_name: str) -> int:
    """The id of a repository that the actor may read; raises NotFound."""
    if not _offered:
        raise NotFound("This hub keeps no repositories.")
    return _offered[0].find(actor, full_name)


def names(ids: Iterable[int]) -> dict[int, str]:
    """Full names by id; ids of deleted repositories are absent."""
    wanted = set(ids)
    return _offered[0].names(wanted) if _offered and wanted else {}


def within_reach(actor: Actor) -> list[str]:
    """Full names of some repositories the actor has rights on, to choose from."""
    return _offered[0].within_reach(actor) if _offered else []
