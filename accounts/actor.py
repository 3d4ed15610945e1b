"""Who acts: a person, perhaps through a token that may do less than the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest

from accounts.levels import Level

if TYPE_CHECKING:
    from accounts.models import AccessToken, User


@dataclass(frozen=True, slots=True)
class Actor:
    """A user (None: anonymous) and the token they came with (None: password or session)."""

    user: User | None = None
    token: AccessToken | None = None

    @property
    def is_anonymous(self) -> bool:
        """Nobody has signed in."""
        return self.user is None

    @property
    def user_id(self) -> int | None:
        """Primary key of the user, or None."""
        return None if self.user is None else self.user.pk

    @property
    def name(self) -> str:
        """User name, or an empty string for anonymous."""
        return "" if self.user is None else self.user.username

    @property
    def is_site_admin(self) -> bool:
        """An administrator of the whole hub, acting with full rights (not through a narrower token)."""
        return self.user is not None and self.user.is_superuser and self.ceiling(None) >= Level.ADMIN

    def ceiling(self, repository_id: int | None) -> Level:
        """The most that the token allows on a repository; ADMIN without a token."""
        token = self.token
        if token is None:
            return Level.ADMIN
        if token.repository_id is not None and token.repository_id != repository_id:
            return Level.NONE
        return Level(token.scope)


ANONYMOUS = Actor()


class PageRequest(HttpRequest):
    """A request at the browser door, on which the middleware has written who acts."""

    actor: Actor
