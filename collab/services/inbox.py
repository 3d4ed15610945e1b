"""What people do with their notices: read, unread, put away, kept, muted; and how they want to be told."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.actor import Actor
from accounts.models import User, fresh_nonce
from collab.models import Notification, NotificationSettings
from collab.selectors.inbox import notices_of
from collab.services.notifying import mail_due
from collab.services.subscribing import mute, settings_of
from hub.lib.errors import Invalid

ACTIONS: dict[str, dict[str, bool | None]] = {
    "read": {"is_unread": False},
    "unread": {"is_unread": True, "is_done": False},
    "done": {"is_done": True, "is_unread": False},
    "undone": {"is_done": False},
    "save": {"is_saved": True},
    "unsave": {"is_saved": False},
}
AT_MOST = 200


def mark(*, actor: Actor, numbers: Sequence[int], action: str) -> int:
    """Do one of ACTIONS, or `mute`, to some of the actor's own notices; how many. Raises Invalid."""
    if not numbers:
        raise Invalid("Nothing is chosen.", field="notice", next_step="Choose at least one line.")
    if len(numbers) > AT_MOST:
        raise Invalid(f"At most {AT_MOST} at once.", field="notice")
    rows = notices_of(actor).filter(pk__in=numbers)
    if action == "mute":
        return _mute(actor, rows)
    return mark_rows(rows=rows, action=action)


def mark_rows(*, rows: QuerySet[Notification], action: str) -> int:
    """Do one of ACTIONS to all of these notices at once; how many. Raises Invalid."""
    if action not in ACTIONS:
        raise Invalid(f"There is nothing called {action[:40]!r} to do.", field="action")
    changes: dict[str, bool | None] = dict(ACTIONS[action])
    if changes.get("is_unread") is False:
        # What was seen here needs no mail.
        changes["mail_due_at"] = None
    return Notification.objects.filter(pk__in=rows.values("pk")).update(**changes)


def _mute(actor: Actor, rows: QuerySet[Notification]) -> int:
    assert actor.user is not None
    with transaction.atomic():
        found = list(rows.filter(Q(topic__isnull=False) | Q(thread__isnull=False)).select_related("topic", "thread"))
        for row in found:
            mute(user=actor.user, topic=row.topic, thread=row.thread if row.topic is None else None)
    return len(found)


def change_settings(
    *, user: User, mail: str, digest_at: int, own_actions: bool, watch_new: bool
) -> NotificationSettings:
    """How somebody wants to be told from now on; mail that waits goes by the new rule. `digest_at` is an hour, UTC."""
    row = settings_of(user)
    with transaction.atomic():
        row.mail, row.digest_at, row.own_actions, row.watch_new = mail, digest_at, own_actions, watch_new
        row.full_clean()
        row.save(update_fields=["mail", "digest_at", "own_actions", "watch_new"])
        due = mail_due(mail if user.email else "", digest_at)
        Notification.objects.filter(user=user, mail_due_at__isnull=False).update(mail_due_at=due)
    return row


def renew_links(*, user: User) -> NotificationSettings:
    """Addresses of private feeds, and links in mails sent so far, end; new ones are made."""
    row = settings_of(user)
    row.nonce = fresh_nonce()
    row.save(update_fields=["nonce"])
    return row
