"""The errors that services raise; each door translates them once into its own accent."""

from __future__ import annotations


class HubError(Exception):
    """Something the caller can understand and act upon.

    `message` is a sentence for a person, `field` the input it concerns, `next_step` what to do now.
    """

    status = 400
    code = "error"

    def __init__(self, message: str, *, field: str | None = None, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.next_step = next_step


class Invalid(HubError):
    """The input is wrong; nothing was changed."""

    status = 400
    code = "invalid"


class Unauthenticated(HubError):
    """Credentials are needed, or those given are wrong or expired."""

    status = 401
    code = "unauthenticated"


class Forbidden(HubError):
    """The actor can see the thing, but may not do this to it."""

    status = 403
    code = "forbidden"


class NotFound(HubError):
    """There is no such thing, or the actor may not know of it."""

    status = 404
    code = "not_found"


class Conflict(HubError):
    """Somebody else was first: the name is taken, or the thing has changed since it was read."""

    status = 409
    code = "conflict"


class TooLarge(HubError):
    """The input is larger than the hub takes in one piece."""

    status = 413
    code = "too_large"


class Unavailable(HubError):
    """A part of the hub that this needs does not answer now."""

    status = 503
    code = "unavailable"


class QuotaExceeded(HubError):
    """There is no room left: the owner's quota or the disk is full; nothing was kept."""

    status = 507
    code = "quota_exceeded"
