"""Discussions: begun in a category, moved, answered, voted up; and issues that become one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.levels import Level
from collab.access import check_talk, check_triage, may_edit
from collab.models import Category, Comment, Discussion, Kind, Topic, Upvote
from collab.services.categories import category_named
from collab.services.happening import note, tell
from collab.services.polls import make_poll
from collab.services.talking import take_in
from collab.services.topics import new_topic
from hub.lib.errors import Forbidden, Invalid
from repos.access import level_for
from repos.models import Repository


@dataclass(frozen=True, slots=True)
class NewPoll:
    """A poll as it is asked for: at least two options; `ends_at` None is never."""

    question: str
    options: Sequence[str]
    is_multiple: bool = False
    ends_at: dt.datetime | None = None


@transaction.atomic
def open_discussion(
    *, actor: Actor, repository: Repository, category: str, title: str, body: str, poll: NewPoll | None = None
) -> Topic:
    """Begin a discussion in the category with a slug; one of the format poll needs a poll.

    Raises Invalid, Unauthenticated, Forbidden (announcements need WRITE).
    """
    check_talk(actor, repository)
    kind = category_named(repository, category)
    _check_category(actor, repository, kind)
    if (poll is not None) != (kind.format == Category.Format.POLL):
        raise Invalid("A poll belongs into a category of polls, and only there.", field="category")
    topic = new_topic(actor=actor, repository=repository, kind=Kind.DISCUSSION, title=title, body=body)
    if not topic.body.strip() and poll is None:
        raise Invalid("A text is needed.", field="body", next_step="Say what it is about.")
    discussion = Discussion.objects.create(topic=topic, category=kind)
    if poll is not None:
        make_poll(
            discussion=discussion,
            question=poll.question,
            options=poll.options,
            is_multiple=poll.is_multiple,
            ends_at=poll.ends_at,
        )
    called = take_in(actor=actor, topic=topic, text=topic.body)
    tell(actor=actor, verb="opened discussion", topic=topic, mentions=called, category=kind.name)
    return topic


@transaction.atomic
def move_discussion(*, actor: Actor, topic: Topic, category: str) -> None:
    """Put a discussion into another category of the same repository; a poll stays among polls.

    Its author and writers may. Raises Invalid, Unauthenticated, Forbidden.
    """
    _check_own(actor, topic)
    discussion = _held(topic)
    old, new = discussion.category, category_named(topic.repository, category)
    if old == new:
        return
    _check_category(actor, topic.repository, new)
    if Category.Format.POLL in (old.format, new.format) and old.format != new.format:
        raise Invalid("Polls stay among polls, and nothing else becomes one.", field="category")
    Discussion.objects.filter(pk=topic.pk).update(category=new)
    if new.format != Category.Format.QUESTION and discussion.answer_id is not None:
        Discussion.objects.filter(pk=topic.pk).update(answer=None, answered_by=None, answered_at=None)
    note(actor=actor, topic=topic, verb="moved category", old=old.name, new=new.name)
    tell(actor=actor, verb="edited discussion", topic=topic, category=new.name)


@transaction.atomic
def choose_answer(*, actor: Actor, topic: Topic, comment: Comment | None) -> None:
    """Mark the comment that answers a question, or none; who asked and writers may.

    Raises Invalid, Unauthenticated, Forbidden.
    """
    _check_own(actor, topic)
    discussion = _held(topic)
    if discussion.category.format != Category.Format.QUESTION:
        raise Invalid("Only questions have an answer.", next_step="Move the discussion into a category of questions.")
    if comment is not None and (comment.topic_id != topic.pk or comment.hidden_reason):
        raise Invalid("This comment cannot be the answer.")
    if discussion.answer_id == (comment.pk if comment else None):
        return
    now = timezone.now()
    Discussion.objects.filter(pk=topic.pk).update(
        answer=comment, answered_by=actor.user if comment else None, answered_at=now if comment else None
    )
    if comment is None:
        note(actor=actor, topic=topic, verb="unanswered")
        return
    note(actor=actor, topic=topic, verb="answered", comment=comment.pk)
    users = [comment.author] if comment.author is not None else []
    tell(actor=actor, verb="answered discussion", topic=topic, comment=comment, users=users)


@transaction.atomic
def upvote(*, actor: Actor, on: Topic | Comment) -> bool:
    """Vote a discussion or a comment of one up, or take it back; True when the vote stands afterwards.

    Raises Invalid, Unauthenticated, Forbidden.
    """
    topic = on if isinstance(on, Topic) else on.topic
    if topic is None or topic.kind != Kind.DISCUSSION:
        raise Invalid("Only discussions are voted up.")
    user = check_talk(actor, on.repository, topic)
    if isinstance(on, Comment) and on.hidden_reason:
        raise Invalid("This comment takes no votes.")
    where: dict[str, Any] = {"discussion_id": on.pk} if isinstance(on, Topic) else {"comment_id": on.pk}
    vote, made = Upvote.objects.get_or_create(user=user, **where)
    # Taken back in two windows at once it is taken off the count by one of them.
    step = 1 if made else -Upvote.objects.filter(pk=vote.pk).delete()[0]
    rows = Discussion.objects if isinstance(on, Topic) else Comment.objects
    rows.filter(pk=on.pk).update(votes_count=F("votes_count") + step)
    return made


@transaction.atomic
def make_discussion(*, actor: Actor, topic: Topic, category: str) -> None:
    """Make an issue a discussion: number, text, comments and labels stay; milestone, due date and cards go.

    Needs WRITE. Raises Invalid, Unauthenticated, Forbidden.
    """
    check_triage(actor, topic.repository)
    row = Topic.objects.select_for_update().get(pk=topic.pk)
    if row.kind != Kind.ISSUE:
        raise Invalid("Only issues become discussions.")
    kind = category_named(topic.repository, category)
    if kind.format == Category.Format.POLL:
        raise Invalid("An issue has no options to choose from.", field="category", next_step="Choose another category.")
    Discussion.objects.create(topic=row, category=kind)
    row.kind, row.milestone, row.due_on, row.pinned_at = Kind.DISCUSSION, None, None, None
    row.updated_at = timezone.now()
    row.save(update_fields=["kind", "milestone", "due_on", "pinned_at", "updated_at"])
    row.cards.all().delete()
    row.repository = topic.repository
    note(actor=actor, topic=row, verb="converted", category=kind.name)
    tell(actor=actor, verb="edited discussion", topic=row, category=kind.name, was="issue")
    topic.kind = row.kind


def _held(topic: Topic) -> Discussion:
    return Discussion.objects.select_for_update(of=("self",)).select_related("category").get(topic=topic)


def _check_category(actor: Actor, repository: Repository, category: Category) -> None:
    if category.format == Category.Format.ANNOUNCEMENT and level_for(actor, repository) < Level.WRITE:
        raise Forbidden(
            f"Only people with write access to {repository.full_name} announce things.",
            next_step="Choose another category.",
        )


def _check_own(actor: Actor, topic: Topic) -> None:
    check_talk(actor, topic.repository, topic)
    if not may_edit(actor, topic.repository, topic.author_id):
        raise Forbidden("Only its author, or somebody with write access, may do this.")
