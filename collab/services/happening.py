"""Writes down what happens to a topic: an event for its page, a row of Activity for feeds, inboxes and webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.models import Comment, Event, Thread, Topic
from collab.verbs import VERBS
from repos.models import Activity
from repos.services import activity


def note(*, actor: Actor, topic: Topic, verb: str, **data: Any) -> Event:
    """One line between the comments of a topic's page; `data` must be JSON. Call it in the transaction that acts."""
    Topic.objects.filter(pk=topic.pk).update(updated_at=timezone.now())
    return Event.objects.create(topic=topic, user=actor.user, verb=verb, data=data)


def tell(
    *,
    actor: Actor,
    verb: str,
    topic: Topic,
    comment: Comment | None = None,
    thread: Thread | None = None,
    users: Iterable[User] = (),
    mentions: Iterable[User] = (),
    **data: Any,
) -> Activity:
    """A row of Activity about a topic; `verb` is one of collab.verbs. Call it in the transaction that acts."""
    assert verb in VERBS, verb
    facts: dict[str, Any] = {
        "topic": topic.pk,
        "number": topic.number,
        "kind": topic.kind,
        "title": topic.title,
        "users": [user.pk for user in users],
        "mentions": [user.pk for user in mentions],
        **({"comment": comment.pk} if comment is not None else {}),
        **({"thread": thread.pk} if thread is not None else {}),
        **data,
    }
    subject = f"#{topic.number} {topic.title}"
    return activity.record(actor=actor, verb=verb, repository=topic.repository, subject=subject, data=facts)
