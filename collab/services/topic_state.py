"""What becomes of a topic: closed and opened again, locked, pinned, its text changed, deleted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.levels import Level
from collab.access import check_talk, check_triage, may_edit
from collab.models import Kind, Topic
from collab.services.happening import note, tell
from collab.services.talking import take_in
from collab.services.topics import clean_body, clean_title
from hub.lib.errors import Conflict, Forbidden, Invalid
from repos.access import level_for

LOCK_REASONS = {
    "": "No reason",
    "resolved": "Resolved",
    "off-topic": "Off-topic",
    "heated": "Too heated",
    "spam": "Spam",
}
MOST_PINNED = {Kind.ISSUE: 6, Kind.DISCUSSION: 4}


@transaction.atomic
def close_topic(*, actor: Actor, topic: Topic, reason: str = "", **cause: Any) -> Topic:
    """Close it, for a reason of Topic.Reason; what is closed may get another reason. `cause` is kept with the event.

    Its author and writers may. Raises Invalid, Unauthenticated, Forbidden.
    """
    _check_own(actor, topic)
    reason = reason or (Topic.Reason.COMPLETED if topic.kind == Kind.ISSUE else "")
    if reason and (reason not in Topic.Reason.values or reason == Topic.Reason.MERGED):
        raise Invalid("There is no such reason to close.", field="reason", next_step="Choose one of the list.")
    row = Topic.objects.select_for_update().get(pk=topic.pk)
    if row.state == Topic.State.CLOSED and row.reason in (reason, Topic.Reason.MERGED):
        return _same(topic, row)
    was_open = row.is_open
    now = timezone.now()
    row.state, row.reason, row.updated_at = Topic.State.CLOSED, reason, now
    row.closed_at, row.closed_by = (now if was_open else row.closed_at), actor.user
    row.save(update_fields=["state", "reason", "closed_at", "closed_by", "updated_at"])
    note(actor=actor, topic=topic, verb="closed", reason=reason, **cause)
    if was_open:
        tell(actor=actor, verb=f"closed {topic.word}", topic=topic, reason=reason, **cause)
    return _same(topic, row)


@transaction.atomic
def reopen_topic(*, actor: Actor, topic: Topic) -> Topic:
    """Open it again; what is open stays so. Its author and writers may. Raises Invalid, Unauthenticated, Forbidden."""
    _check_own(actor, topic)
    row = Topic.objects.select_for_update().get(pk=topic.pk)
    if row.reason == Topic.Reason.MERGED:
        raise Invalid("It is merged, and cannot be opened again.", next_step="Open a new pull request.")
    if row.is_open:
        return _same(topic, row)
    row.state, row.reason, row.closed_at, row.closed_by = Topic.State.OPEN, "", None, None
    row.updated_at = timezone.now()
    row.save(update_fields=["state", "reason", "closed_at", "closed_by", "updated_at"])
    note(actor=actor, topic=topic, verb="reopened")
    tell(actor=actor, verb=f"reopened {topic.word}", topic=topic)
    return _same(topic, row)


@transaction.atomic
def lock_topic(*, actor: Actor, topic: Topic, reason: str = "") -> None:
    """Only writers may go on from now. Needs WRITE; raises Invalid, Unauthenticated, Forbidden."""
    check_triage(actor, topic.repository)
    if reason not in LOCK_REASONS:
        raise Invalid("There is no such reason to lock.", field="reason", next_step="Choose one of the list.")
    if not topic.is_locked:
        _set(topic, is_locked=True, lock_reason=reason)
        note(actor=actor, topic=topic, verb="locked", reason=reason)


@transaction.atomic
def unlock_topic(*, actor: Actor, topic: Topic) -> None:
    """Everybody who may read may go on again. Needs WRITE; raises Unauthenticated, Forbidden."""
    check_triage(actor, topic.repository)
    if topic.is_locked:
        _set(topic, is_locked=False, lock_reason="")
        note(actor=actor, topic=topic, verb="unlocked")


@transaction.atomic
def pin_topic(*, actor: Actor, topic: Topic) -> None:
    """Show it above the list. Needs WRITE; raises Invalid when enough are pinned, Unauthenticated, Forbidden."""
    check_triage(actor, topic.repository)
    most = MOST_PINNED.get(Kind(topic.kind))
    if most is None:
        raise Invalid("Pull requests cannot be pinned.")
    if topic.pinned_at is not None:
        return
    pinned = Topic.objects.filter(repository=topic.repository, kind=topic.kind, pinned_at__isnull=False).count()
    if pinned >= most:
        raise Invalid(f"{most} are pinned already, the most there can be.", next_step="Unpin one of them first.")
    _set(topic, pinned_at=timezone.now())
    note(actor=actor, topic=topic, verb="pinned")


@transaction.atomic
def unpin_topic(*, actor: Actor, topic: Topic) -> None:
    """Show it in the list alone. Needs WRITE; raises Unauthenticated, Forbidden."""
    check_triage(actor, topic.repository)
    if topic.pinned_at is not None:
        _set(topic, pinned_at=None)
        note(actor=actor, topic=topic, verb="unpinned")


@transaction.atomic
def edit_topic(
    *, actor: Actor, topic: Topic, title: str | None = None, body: str | None = None, edits: int | None = None
) -> Topic:
    """Change title or body or both; `edits` is the count that the editor saw (None: whatever is there).

    Its author and writers may. Raises Conflict when somebody else changed it meanwhile, Invalid, Forbidden.
    """
    _check_own(actor, topic)
    row = Topic.objects.select_for_update().get(pk=topic.pk)
    if edits is not None and row.edits != edits:
        raise Conflict(
            f"Somebody else has changed this {topic.word} meanwhile.", next_step="Compare the two and save again."
        )
    new_title = row.title if title is None else clean_title(title)
    new_body = row.body if body is None else clean_body(body)
    if (new_title, new_body) == (row.title, row.body):
        return _same(topic, row)
    old_title, body_changed = row.title, new_body != row.body
    row.title, row.body, row.edits = new_title, new_body, F("edits") + 1
    row.updated_at = timezone.now()
    if body_changed:
        row.edited_at = row.updated_at
    row.save(update_fields=["title", "body", "edits", "edited_at", "updated_at"])
    row.refresh_from_db(fields=["edits"])
    _same(topic, row)
    if new_title != old_title:
        note(actor=actor, topic=topic, verb="renamed", old=old_title, new=new_title)
    called = take_in(actor=actor, topic=topic, text=new_body) if body_changed else []
    tell(actor=actor, verb=f"edited {topic.word}", topic=topic, mentions=called)
    return topic


@transaction.atomic
def delete_topic(*, actor: Actor, topic: Topic) -> None:
    """Remove an issue or a discussion with all that was said, for ever; its number is not given again.

    Needs ADMIN. Raises Invalid, Unauthenticated, Forbidden.
    """
    check_talk(actor, topic.repository)
    if level_for(actor, topic.repository) < Level.ADMIN:
        raise Forbidden(f"Only administrators of {topic.repository.full_name} may delete this.")
    if topic.kind == Kind.PULL:
        raise Invalid("Pull requests cannot be deleted.", next_step="Close it.")
    tell(actor=actor, verb=f"deleted {topic.word}", topic=topic)
    topic.delete()


def _check_own(actor: Actor, topic: Topic) -> None:
    check_talk(actor, topic.repository, topic)
    if not may_edit(actor, topic.repository, topic.author_id):
        raise Forbidden(f"Only its author, or somebody with write access, may change this {topic.word}.")


def _set(topic: Topic, **values: Any) -> None:
    Topic.objects.filter(pk=topic.pk).update(**values)
    for name, value in values.items():
        setattr(topic, name, value)


_SHARED = ("state", "reason", "closed_at", "closed_by_id", "updated_at", "title", "body", "edits", "edited_at")


def _same(topic: Topic, row: Topic) -> Topic:
    """Bring the caller's object up to the row that was written."""
    for name in _SHARED:
        setattr(topic, name, getattr(row, name))
    return topic
