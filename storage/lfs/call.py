"""What a handler of this door is told: who calls, on which repository, and where the door stands outside."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.actor import Actor
from repos.models import Repository


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in. `base` is the door's public address, `words` what stands in the path."""

    request: HttpRequest
    actor: Actor
    repository: Repository
    base: str
    words: dict[str, str]

    @property
    def owner(self) -> str:
        """The repository's owner, as the doorman takes it."""
        return self.repository.owner.slug

    @property
    def name(self) -> str:
        """The repository's name."""
        return self.repository.name
