"""Where this hub is reached from outside, for what is written without a request at hand: mails, webhooks, commands."""

from __future__ import annotations

from django.conf import settings


def public_address() -> str:
    """Where this hub is reached, without a slash at the end: HUB_URL, or the address that `up` listens on."""
    if settings.HUB_URL:
        return str(settings.HUB_URL).rstrip("/")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.HUB_HOST, settings.HUB_HOST)  # noqa: S104
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{shown}:{settings.HUB_PORT}"
