"""Whether this hub can send mail."""

from __future__ import annotations

from django.conf import settings


def mail_works() -> bool:
    """There is a way to send mail, and a public address to put into it."""
    # SECURITY: the address in a mail is never taken from a request's Host header, which whoever asks may forge.
    return bool(settings.MAIL_URL and settings.HUB_URL)
