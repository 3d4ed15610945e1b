"""Signed words in links that work without signing in: to stop mail, and to read feeds of one's own.

They are recomputed from the person's nonce and never stored; changing it ends them all. The first can only stop mail,
the second can only read feeds.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from collab.models import NotificationSettings

WHATS = ("topic", "thread", "repository", "mail")


@dataclass(frozen=True, slots=True)
class Stop:
    """What a link of a mail stops: talk about a topic or a thread, watching a repository, or all `mail`."""

    user: User
    what: str
    number: int


def stop_token(row: NotificationSettings, what: str, number: int = 0) -> str:
    """The word of a link that stops `what` (one of WHATS, with its primary key) for one person."""
    assert what in WHATS, what
    return f"{row.user_id}-{what}-{number}-{_sign('stop', row, what, number)}"


def read_stop_token(text: str) -> Stop | None:
    """What a link stops; None when it is wrong or has ended."""
    parts = text.split("-")
    if len(parts) != 4 or parts[1] not in WHATS or not _is_number(parts[0]) or not _is_number(parts[2]):
        return None
    row = _row(int(parts[0]))
    if row is None or not constant_time_compare(parts[3], _sign("stop", row, parts[1], int(parts[2]))):
        return None
    return Stop(row.user, parts[1], int(parts[2]))


def feed_token(row: NotificationSettings) -> str:
    """The word with which a feed reader reads what one person may see."""
    return f"{row.user_id}-{_sign('feed', row)}"


def read_feed_token(text: str) -> User | None:
    """Whose feeds a word opens; None when it is wrong, has ended, or they may not sign in any more."""
    number, _, sign = text.partition("-")
    row = _row(int(number)) if _is_number(number) else None
    if row is None or not constant_time_compare(sign, _sign("feed", row)):
        return None
    return row.user if row.user.is_active else None


def _row(user_id: int) -> NotificationSettings | None:
    return NotificationSettings.objects.select_related("user").filter(user=user_id).first()


def _sign(use: str, row: NotificationSettings, *words: object) -> str:
    # SECURITY: the use is in the salt, so that a link to stop mail opens no feed.
    value = "-".join(str(word) for word in (row.user_id, row.nonce, *words))
    return salted_hmac(f"collab.{use}", value, algorithm="sha256").hexdigest()[:40]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
