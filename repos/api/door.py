"""What endpoints about one repository share: the doorman, and git's failures in the words of the API."""

from __future__ import annotations

from typing import Any

from accounts.api.door import Door, told
from accounts.levels import Level
from hub.lib.errors import HubError, NotFound, TooLarge, Unavailable
from repos.access import open_repo
from repos.git import objects
from repos.git.objects import Missing, Place
from repos.git.process import GitNotFound, GitOutputTooLarge, GitTimeout
from repos.models import Repository
from repos.paths import git_dir


class RepoDoor(Door):
    """An endpoint below `repos/<owner>/<name>`."""

    def open(self, needs: Level = Level.READ) -> Repository:
        """Let the caller in; raises like open_repo."""
        return open_repo(self.actor, self.kwargs["owner"], self.kwargs["name"], needs=needs)

    def told(self, error: Exception) -> HubError:
        """What git says, too."""
        if isinstance(error, Missing | GitNotFound):
            return NotFound("There is no such branch, tag, commit or path.")
        if isinstance(error, GitTimeout):
            return Unavailable("git took too long to answer this.", next_step="Try again later, or ask for less.")
        if isinstance(error, GitOutputTooLarge):
            return TooLarge("The answer is too large.", next_step="Clone the repository to see it.")
        return told(error)


def place_at(repository: Repository, text: str) -> Place:
    """What `ref/path` means, the longest ref that matches; raises NotFound, also for an empty repository."""
    try:
        return objects.resolve(git_dir(repository), text)
    except objects.Missing:
        raise NotFound(f"There is no branch, tag or commit at the start of “{text[:200]}”.") from None


def whole_ref(repository: Repository, text: str) -> Place:
    """A ref or commit without a path behind it; raises NotFound."""
    place = place_at(repository, text)
    if place.path:
        raise NotFound(f"There is no branch, tag or commit “{text[:200]}”.")
    return place


Json = dict[str, Any]
