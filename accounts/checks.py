"""Tells wrong configuration of accounts at start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("hub")
def mail_has_an_address(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Mail needs the hub's public address."""
    if settings.MAIL_URL and not settings.HUB_URL:
        return [
            Warning(
                "HUB_EMAIL is set but HUB_URL is not, so no password reset mail is sent.",
                hint="Set HUB_URL to the public address of this hub; links in mails begin with it.",
                id="accounts.W001",
            )
        ]
    return []
