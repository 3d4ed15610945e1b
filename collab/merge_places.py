"""What has to be done before a pull request is merged: parts of the room register it, the merge calls it.

It runs when nothing stands in the way any more and the merged commit is made, right before the branch moves to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.actor import Actor
from collab.models import PullRequest


@dataclass(frozen=True, slots=True)
class Merging:
    """A merge about to happen: the base branch moves from `before` to `after` (whole commit ids)."""

    actor: Actor
    pull: PullRequest
    before: str
    after: str


Place = Callable[[Merging], None]

_places: list[Place] = []


def register(place: Place) -> None:
    """Have something done before merges. It may run again for the same merge; a HubError that it raises refuses it."""
    if place not in _places:
        _places.append(place)


def prepare(merging: Merging) -> None:
    """Do all of it. Raises what a place raises."""
    for place in _places:
        place(merging)
