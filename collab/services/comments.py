"""What is said: comments on topics, threads on places and the replies in them, changed, hidden and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.access import check_talk, check_triage, may_edit
from collab.models import Comment, Kind, Review, Thread, Topic
from collab.services.happening import note, tell
from collab.services.talking import take_in
from collab.services.topics import clean_body
from hub.lib.errors import Conflict, Forbidden, Invalid
from repos.models import Activity, Repository
from repos.services import activity
from repos.subjects import subject_of

# Why writers fold a comment, with its words.
HIDING = {
    "spam": "spam",
    "abuse": "abuse",
    "off-topic": "off-topic",
    "outdated": "outdated",
    "duplicate": "duplicate",
    "resolved": "resolved",
}
# What stands in place of a comment that was removed and has replies of others.
DELETED = "deleted"


@transaction.atomic
def post_comment(*, actor: Actor, topic: Topic, body: str, parent: Comment | None = None) -> Comment:
    """Say something on a topic; in a discussion also as a reply to a comment.

    Raises Invalid, Unauthenticated, Forbidden.
    """
    author = check_talk(actor, topic.repository, topic)
    if parent is not None and (topic.kind != Kind.DISCUSSION or parent.topic_id != topic.pk):
        raise Invalid("This comment takes no replies.", next_step="Say it as a comment of its own.")
    comment = Comment.objects.create(
        repository=topic.repository,
        topic=topic,
        # Replies are one level deep: who replies to a reply goes on below the same comment.
        parent_id=None if parent is None else parent.parent_id or parent.pk,
        author=author,
        body=_said(body),
    )
    now = timezone.now()
    Topic.objects.filter(pk=topic.pk).update(comments_count=F("comments_count") + 1, updated_at=now)
    called = take_in(actor=actor, topic=topic, text=comment.body, comment=comment)
    tell(actor=actor, verb=f"commented on {topic.word}", topic=topic, comment=comment, mentions=called)
    return comment


@transaction.atomic
def begin_thread(
    *,
    actor: Actor,
    repository: Repository,
    subject: str,
    key: str,
    place: dict[str, Any],
    body: str,
    topic: Topic | None = None,
    commit: str = "",
    excerpt: Sequence[Sequence[Any]] = (),
    review: Review | None = None,
) -> Thread:
    """Begin to talk about a place with a first comment; see Thread for what the words mean.

    With a pending `review` the comment waits until that is sent. Raises Invalid, Unauthenticated, Forbidden.
    """
    author = check_talk(actor, repository, topic)
    said = _said(body)
    if len(key) > 500:
        raise Invalid("This name is too long to be talked about.", field="key")
    thread = Thread.objects.create(
        repository=repository,
        topic=topic,
        subject=subject,
        key=key,
        place=place,
        commit=commit,
        excerpt=[[_kept(each) for each in row] for row in excerpt],
        author=author,
    )
    _say(actor, author, thread, said, review, begins=True)
    return thread


@transaction.atomic
def post_reply(*, actor: Actor, thread: Thread, body: str, review: Review | None = None) -> Comment:
    """Go on in a thread. Raises Invalid, Unauthenticated, Forbidden."""
    author = check_talk(actor, thread.repository, thread.topic)
    return _say(actor, author, thread, _said(body), review, begins=False)


def _say(actor: Actor, author: User, thread: Thread, body: str, review: Review | None, *, begins: bool) -> Comment:
    waits = review is not None and review.state == Review.State.PENDING
    comment = Comment.objects.create(
        repository=thread.repository, thread=thread, review=review, author=author, body=body, is_pending=waits
    )
    now = timezone.now()
    Thread.objects.filter(pk=thread.pk).update(comments_count=F("comments_count") + 1, updated_at=now)
    if waits:
        return comment
    called = take_in(actor=actor, topic=thread.topic, thread=thread, text=body, comment=comment)
    if thread.topic is not None:
        # A review's comments are listed with the topic's, so they count there too.
        Topic.objects.filter(pk=thread.topic.pk).update(comments_count=F("comments_count") + 1, updated_at=now)
        verb = f"commented on {thread.topic.word}"
        tell(actor=actor, verb=verb, topic=thread.topic, comment=comment, thread=thread, mentions=called)
    else:
        tell_talk(actor=actor, verb="began talk" if begins else "talked", comment=comment, mentions=called)
    return comment


def tell_talk(*, actor: Actor, verb: str, comment: Comment, mentions: Sequence[User] = ()) -> Activity:
    """A row of Activity about a thread that is on no topic; call it in the transaction that acts."""
    thread = comment.thread
    assert thread is not None
    found = subject_of(thread.subject).named(thread.repository, [thread.key]).get(thread.key)
    title = found.title if found else thread.key
    facts = {
        "kind": "talk",
        "thread": thread.pk,
        "comment": comment.pk,
        "subject": thread.subject,
        "key": thread.key,
        "title": title,
        "users": [],
        "mentions": [user.pk for user in mentions],
    }
    return activity.record(actor=actor, verb=verb, repository=thread.repository, subject=title, data=facts)


@transaction.atomic
def edit_comment(*, actor: Actor, comment: Comment, body: str, edits: int) -> Comment:
    """Put another text in place of a comment's; `edits` is the count that the editor saw.

    Raises Conflict when somebody else changed it meanwhile, Invalid, Unauthenticated, Forbidden.
    """
    _check_own(actor, comment)
    said = _said(body)
    row = Comment.objects.select_for_update().get(pk=comment.pk)
    if row.edits != edits:
        raise Conflict("Somebody else has changed this comment meanwhile.", next_step="Compare the two and save again.")
    if said == row.body:
        return comment
    Comment.objects.filter(pk=row.pk).update(body=said, edits=F("edits") + 1, edited_at=timezone.now())
    comment.refresh_from_db(fields=["body", "edits", "edited_at"])
    if not comment.is_pending:
        topic = topic_of(comment)
        called = take_in(actor=actor, topic=topic, thread=comment.thread, text=said, comment=comment)
        if topic is not None:
            _touch(topic)
            tell(actor=actor, verb="changed comment", topic=topic, comment=comment, mentions=called)
    return comment


@transaction.atomic
def delete_comment(*, actor: Actor, comment: Comment) -> None:
    """Remove a comment for ever; a thread goes with its last one. Replies of others to it stay below an empty place.

    Raises Unauthenticated, Forbidden.
    """
    _check_own(actor, comment)
    topic, thread = topic_of(comment), comment.thread
    if topic is not None and not comment.is_pending:
        Topic.objects.filter(pk=topic.pk, comments_count__gt=0).update(comments_count=F("comments_count") - 1)
        by = comment.author.username if comment.author else ""
        note(actor=actor, topic=topic, verb="deleted comment", author=by)
        tell(actor=actor, verb="deleted comment", topic=topic, comment=comment)
    if thread is not None:
        Thread.objects.filter(pk=thread.pk).update(comments_count=F("comments_count") - 1)
    if comment.replies.exists():
        Comment.objects.filter(pk=comment.pk).update(body="", author=None, hidden_reason=DELETED, votes_count=0)
        comment.reactions.all().delete()
        return
    comment.delete()
    if thread is not None and not thread.comments.exists():
        thread.delete()


def hide_comment(*, actor: Actor, comment: Comment, reason: str) -> None:
    """Fold a comment, with a reason of HIDING; "" shows it again. Needs WRITE; raises Invalid, Forbidden."""
    check_triage(actor, comment.repository)
    if reason and reason not in HIDING:
        raise Invalid("There is no such reason.", field="reason", next_step="Choose one of the list.")
    if comment.hidden_reason == DELETED:
        raise Invalid("This comment is deleted.")
    Comment.objects.filter(pk=comment.pk).update(hidden_reason=reason)
    comment.hidden_reason = reason
    topic = topic_of(comment)
    if topic is not None:
        _touch(topic)


def resolve_thread(*, actor: Actor, thread: Thread, resolved: bool) -> None:
    """Say that a thread is settled, or that it is not; writers, and who began the thread or the topic, may.

    Raises Unauthenticated, Forbidden.
    """
    user = check_talk(actor, thread.repository, thread.topic)
    began = {thread.author_id, thread.topic.author_id if thread.topic is not None else None}
    if user.pk not in began and not may_edit(actor, thread.repository, None):
        raise Forbidden("Only writers and those who began it may resolve a conversation.")
    Thread.objects.filter(pk=thread.pk).update(
        resolved_at=timezone.now() if resolved else None, resolved_by=user if resolved else None
    )
    thread.refresh_from_db(fields=["resolved_at", "resolved_by"])


def topic_of(comment: Comment) -> Topic | None:
    """The topic that a comment is on, also by its thread; None for talk that is on none."""
    return comment.thread.topic if comment.thread is not None else comment.topic


def _kept(part: Any) -> Any:
    # git takes a file for text whose first NUL comes late; PostgreSQL keeps none.
    return part.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(part, str) else part


def _touch(topic: Topic) -> None:
    # The index of search reads topics that have changed: what was taken back must not be found any longer.
    Topic.objects.filter(pk=topic.pk).update(updated_at=timezone.now())


def _check_own(actor: Actor, comment: Comment) -> None:
    check_talk(actor, comment.repository, topic_of(comment))
    # SECURITY: a pending comment is its author's alone; not even an administrator reads or changes it.
    theirs = comment.is_pending and actor.user_id != comment.author_id
    if theirs or not may_edit(actor, comment.repository, comment.author_id):
        raise Forbidden("Only its author, or somebody with write access, may change this comment.")


def _said(body: str) -> str:
    text = clean_body(body)
    if not text.strip():
        raise Invalid("There is nothing in it to post.", field="body", next_step="Write something first.")
    return text
