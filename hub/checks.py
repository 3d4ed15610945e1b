"""System checks: wrong configuration is told at start, with the way out."""

from __future__ import annotations

import shutil
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register("hub")
def git_is_there(**kwargs: Any) -> list[CheckMessage]:
    """Without git nothing can be hosted."""
    if shutil.which("git"):
        return []
    return [Error("git is not installed.", hint="Install it: apt-get install git, or brew install git.", id="hub.E001")]


@register("hub")
def address_is_whole(**kwargs: Any) -> list[CheckMessage]:
    """HUB_URL has a scheme and a host, and no path: the hub lives at the root of its address."""
    if not settings.HUB_URL:
        return []
    parts = urlsplit(settings.HUB_URL)
    if parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"}:
        return []
    return [
        Error(f"HUB_URL={settings.HUB_URL!r} is not an address.", hint="Like https://hub.example.org", id="hub.E002")
    ]


@register("hub")
def strangers_on_plain_http(**kwargs: Any) -> list[CheckMessage]:
    """Tokens and passwords should not cross a network unencrypted."""
    local = settings.HUB_HOST in {"127.0.0.1", "::1", "localhost"}
    if local or settings.HUB_URL.startswith("https://"):
        return []
    return [
        Warning(
            "The hub listens to other machines without HTTPS.",
            hint="Put a proxy with TLS in front and set HUB_URL=https://… and HUB_TRUST_PROXY=1.",
            id="hub.W001",
        )
    ]
