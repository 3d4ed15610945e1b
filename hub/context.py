"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from accounts.actor import ANONYMOUS
from hub import VERSION


def hub(request: HttpRequest) -> dict[str, Any]:
    """The release, the actor, the public address and the theme that the reader chose."""
    actor = getattr(request, "actor", ANONYMOUS)
    theme = actor.user.theme if actor.user is not None else request.COOKIES.get("theme", "")
    return {
        "hub_version": VERSION,
        "actor": actor,
        "hub_url": public_url(request),
        "theme": theme if theme in {"light", "dark"} else "",
        "signup_open": settings.SIGNUP_OPEN,
    }


def public_url(request: HttpRequest) -> str:
    """The address people reach this hub by, without a slash at the end."""
    try:
        return settings.HUB_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:  # Already refused for it; the page that says so is drawn with this, too.
        return ""
