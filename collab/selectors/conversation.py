"""What a topic's page shows between its title and its box for a reply: everything said and done, in order.

Long ones are folded in the middle. Whatever the length, the number of queries is the same: first the moments and keys
of all that there is, then the rows that are shown, then their signs and texts all at once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from django.db.models import Q
from django.utils.safestring import SafeString

from accounts.actor import Actor
from accounts.levels import Level
from collab import event_lines
from collab.models import Category, Comment, Event, Kind, Reference, Review, Thread, Topic, Upvote
from collab.selectors.signs import SignCount, signs_of
from collab.selectors.suggestions import draw_suggestions
from collab.text import render_texts
from repos.access import level_for
from repos.models import Repository

FIRST, LAST, STEP = 20, 40, 60
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
What = Literal["comment", "event", "reference", "review", "thread"]


@dataclass(slots=True)
class Said:
    """A topic's own text or a comment as a page draws it."""

    on: Topic | Comment
    html: SafeString
    here: str
    signs: list[SignCount] = field(default_factory=list)
    role: str = ""
    may_edit: bool = False
    may_hide: bool = False
    may_talk: bool = False
    replies: list[Said] = field(default_factory=list)
    # Of discussions: whether it is the answer, may be made it, and whether the reader has voted it up.
    is_answer: bool = False
    may_answer: bool = False
    voted: bool = False

    @property
    def is_topic(self) -> bool:
        """The text that a topic began with, not a comment."""
        return isinstance(self.on, Topic)

    @property
    def anchor(self) -> str:
        """Its name in addresses: `#comment-12`, `#topic`."""
        return "topic" if isinstance(self.on, Topic) else f"comment-{self.on.pk}"


@dataclass(slots=True)
class TalkThread:
    """A thread with what was said in it."""

    thread: Thread
    comments: list[Said]
    here: str
    may_resolve: bool = False
    may_talk: bool = False


@dataclass(slots=True)
class Entry:
    """One thing of a conversation; which of the fields are filled depends on `what`."""

    what: What
    at: dt.datetime
    said: Said | None = None
    event: Event | None = None
    icon: str = ""
    tint: str = ""
    words: str = ""
    reference: Reference | None = None
    review: Review | None = None
    html: SafeString | None = None
    threads: list[TalkThread] = field(default_factory=list)


@dataclass(slots=True)
class Conversation:
    """A topic's page from its first text on; `folded` entries are left out between `first` and `last`."""

    topic: Topic
    here: str
    opening: Said
    first: list[Entry]
    folded: int
    last: list[Entry]
    may_talk: bool
    may_close: bool
    may_write: bool
    may_admin: bool
    is_signed_in: bool
    shown: int
    seen: int

    @property
    def vote_here(self) -> str:
        """Where the text of a discussion is voted up."""
        return f"{self.topic.repository.get_absolute_url()}/discussions/{self.topic.number}"

    @property
    def more_until(self) -> int:
        """How many entries from the front are shown after the next step."""
        return self.shown + STEP


Key = tuple[dt.datetime, int, What, int]
_ORDER: dict[What, int] = {"comment": 0, "review": 1, "thread": 2, "reference": 3, "event": 4}


@dataclass(slots=True)
class Reader:
    """Who looks and what they may do here; `level` costs a query once."""

    actor: Actor
    repository: Repository
    level: Level
    may_talk: bool

    @classmethod
    def of(cls, actor: Actor, repository: Repository, topic: Topic | None = None) -> Reader:
        """Ask the doorman's rule once for a whole page."""
        level = level_for(actor, repository)
        writes = actor.user is not None and actor.ceiling(repository.pk) >= Level.WRITE
        locked = topic is not None and topic.is_locked and level < Level.WRITE
        return cls(actor, repository, level, writes and not locked)

    def may_edit(self, author_id: int | None) -> bool:
        """Their own text, or anybody's with WRITE."""
        return self.may_talk and (self.actor.user_id == author_id or self.level >= Level.WRITE)


def conversation(topic: Topic, actor: Actor, *, shown: int = FIRST, show: int | None = None) -> Conversation:
    """A topic's page for a reader. `shown` entries are drawn from the front; the comment `show` is among those drawn.

    Expects the topic with author, repository with owner, and for a discussion its category selected.
    """
    reader = Reader.of(actor, topic.repository, topic)
    keys = _keys(topic, actor)
    shown = max(FIRST, min(shown, len(keys)))
    if show is not None:
        within = _holders(show, topic)
        at = next((n for n, key in enumerate(keys) if key[2:] in within), None)
        if at is not None and at >= shown and at < len(keys) - LAST:
            shown = at + 10
    whole = len(keys) <= shown + LAST
    front, back = (keys, []) if whole else (keys[:shown], keys[-LAST:])
    opening, entries = _entries(topic, reader, [*front, *back], with_opening=True)
    assert opening is not None
    return Conversation(
        topic=topic,
        here=f"{topic.repository.get_absolute_url()}/topics/{topic.number}",
        opening=opening,
        first=entries[: len(front)],
        folded=len(keys) - len(front) - len(back),
        last=entries[len(front) :],
        may_talk=reader.may_talk,
        may_close=reader.may_edit(topic.author_id),
        may_write=reader.level >= Level.WRITE,
        may_admin=reader.level >= Level.ADMIN,
        is_signed_in=actor.user is not None,
        shown=shown,
        seen=_micros(keys[-1][0]) if keys else 0,
    )


def _holders(pk: int, topic: Topic) -> set[tuple[What, int]]:
    """The entries in which a comment may stand: its own, the one it replies to, its thread or review. Two queries."""
    found: set[tuple[What, int]] = {("comment", pk)}
    row = Comment.objects.filter(repository=topic.repository_id, pk=pk).first() if pk < 2**63 else None
    if row is None:
        return found
    if row.parent_id is not None:
        found.add(("comment", row.parent_id))
    if row.thread_id is not None:
        first = Comment.objects.filter(thread=row.thread_id).order_by("pk").values_list("review_id", flat=True).first()
        found.add(("thread", row.thread_id))
        if first is not None:
            found.add(("review", first))
    return found


def slice_of(topic: Topic, actor: Actor, *, start: int, stop: int) -> tuple[list[Entry], int]:
    """The entries from `start` to `stop` (at most up to where the shown end begins), and how many stay folded."""
    keys = _keys(topic, actor)
    end = max(start, min(stop, start + 4 * STEP, len(keys) - LAST))
    _, entries = _entries(topic, Reader.of(actor, topic.repository, topic), keys[start:end], with_opening=False)
    return entries, max(0, len(keys) - LAST - end)


def latest_of(topic: Topic, actor: Actor, *, seen: int) -> tuple[list[Entry], int]:
    """The entries after the moment `seen` (microseconds since 1970), at most the last ones, and the latest moment."""
    keys = [key for key in _keys(topic, actor) if _micros(key[0]) > seen][-LAST:]
    _, entries = _entries(topic, Reader.of(actor, topic.repository, topic), keys, with_opening=False)
    return entries, _micros(keys[-1][0]) if keys else seen


def _micros(at: dt.datetime) -> int:
    return (at - _EPOCH) // dt.timedelta(microseconds=1)


def drawn_comments(
    comments: Sequence[Comment], actor: Actor, repository: Repository, topic: Topic | None
) -> list[Said]:
    """Comments as pages draw them, without replies, in a constant number of queries."""
    return _said(list(comments), Reader.of(actor, repository, topic), topic)


def drawn_topic(topic: Topic, reader: Reader) -> Said:
    """The text that a topic began with as pages draw it."""
    return _said([topic], reader, topic)[0]


def drawn_threads(threads: Iterable[Thread], actor: Actor, repository: Repository) -> list[TalkThread]:
    """Threads with their comments, for any page that shows them, in a constant number of queries.

    Pending comments are shown to their author alone; threads of which the reader may see nothing are left out.
    """
    rows = list(threads)
    return _threads(rows, Reader.of(actor, repository, rows[0].topic if rows else None))


def comments_of_threads(threads: Sequence[Thread], actor: Actor) -> dict[int, list[Comment]]:
    """What was said in each, oldest first, as far as the reader may see it. One query."""
    # SECURITY: what waits for a review to be sent is its author's alone.
    seen = Q(is_pending=False) | (Q(author=actor.user) if actor.user is not None else Q(pk__in=[]))
    rows = Comment.objects.filter(seen, thread__in=threads).select_related("author", "review").order_by("pk")
    found: dict[int, list[Comment]] = defaultdict(list)
    for row in rows:
        found[row.thread_id or 0].append(row)
    return found


def _keys(topic: Topic, actor: Actor) -> list[Key]:
    """When and what of all that there is, oldest first."""
    named = topic.references.filter(repository__in=Repository.objects.visible_to(actor))
    rows: list[tuple[What, Iterable[tuple[dt.datetime | None, int]]]] = [
        ("comment", topic.comments.filter(parent=None).values_list("created_at", "pk")),
        ("event", topic.events.values_list("created_at", "pk")),
        ("reference", named.values_list("created_at", "pk")),
    ]
    if topic.kind == Kind.PULL:
        sent = Review.objects.filter(pull=topic.pk).exclude(state=Review.State.PENDING)
        rows.append(("review", sent.values_list("submitted_at", "pk")))
        alone = topic.threads.filter(comments__is_pending=False, comments__review=None)
        rows.append(("thread", alone.order_by("pk").distinct().values_list("created_at", "pk")))
    return sorted((at, _ORDER[what], what, pk) for what, some in rows for at, pk in some if at is not None)


def _entries(
    topic: Topic, reader: Reader, keys: Sequence[Key], *, with_opening: bool
) -> tuple[Said | None, list[Entry]]:
    ids: dict[What, list[int]] = defaultdict(list)
    for _, _, what, pk in keys:
        ids[what].append(pk)
    comments = list(Comment.objects.filter(pk__in=ids["comment"]).select_related("author")) if ids["comment"] else []
    replies: list[Comment] = []
    if topic.kind == Kind.DISCUSSION and comments:
        replies = list(Comment.objects.filter(parent__in=comments).select_related("author").order_by("pk"))
    subjects: list[Topic | Comment] = [*([topic] if with_opening else []), *comments, *replies]
    said = _said(subjects, reader, topic)
    drawn = {(each.is_topic, each.on.pk): each for each in said}
    if topic.kind == Kind.DISCUSSION:
        _mark_votes(topic, said, reader)
    for reply in replies:
        drawn[False, reply.parent_id or 0].replies.append(drawn[False, reply.pk])
    made: dict[tuple[What, int], Entry] = {}
    for comment in comments:
        made["comment", comment.pk] = Entry("comment", comment.created_at, said=drawn[False, comment.pk])
    _add_events(made, ids["event"], topic)
    for reference in (
        Reference.objects.filter(pk__in=ids["reference"]).select_related(
            "user", "repository__owner", "source__repository__owner"
        )
        if ids["reference"]
        else ()
    ):
        made["reference", reference.pk] = Entry("reference", reference.created_at, reference=reference)
    if topic.kind == Kind.PULL:
        _add_reviews(made, ids["review"], ids["thread"], topic, reader)
    return drawn.get((True, topic.pk)), [made[what, pk] for _, _, what, pk in keys if (what, pk) in made]


def _mark_votes(topic: Topic, said: Sequence[Said], reader: Reader) -> None:
    """Which of the texts of a discussion the reader has voted up, and which answers it."""
    mine: set[tuple[int | None, int | None]] = set()
    if reader.actor.user is not None:
        comments = [each.on.pk for each in said if not each.is_topic]
        votes = Upvote.objects.filter(user=reader.actor.user).filter(Q(discussion=topic.pk) | Q(comment__in=comments))
        mine = set(votes.values_list("discussion_id", "comment_id"))
    asks = topic.discussion.category.format == Category.Format.QUESTION
    may_answer = asks and reader.may_edit(topic.author_id)
    for each in said:
        each.voted = ((each.on.pk, None) if each.is_topic else (None, each.on.pk)) in mine
        if isinstance(each.on, Comment):
            each.is_answer = topic.discussion.answer_id == each.on.pk
            each.may_answer = may_answer and not each.on.hidden_reason


def _add_events(made: dict[tuple[What, int], Entry], ids: list[int], topic: Topic) -> None:
    home = topic.repository.get_absolute_url()
    for event in Event.objects.filter(pk__in=ids).select_related("user") if ids else ():
        line = event_lines.line_for(event.verb)
        words = line.text(event.data, home)
        made["event", event.pk] = Entry(
            "event", event.created_at, event=event, icon=line.icon, tint=line.kind, words=words
        )


def _add_reviews(
    made: dict[tuple[What, int], Entry], reviews: list[int], alone: list[int], topic: Topic, reader: Reader
) -> None:
    rows = list(Review.objects.filter(pk__in=reviews).select_related("author", "dismissed_by"))
    threads = list(
        Thread.objects.filter(Q(pk__in=alone) | Q(comments__review__in=reviews), topic=topic)
        .select_related("author", "resolved_by")
        .order_by("pk")
        .distinct()
    )
    for thread in threads:
        thread.topic = topic
    talks = {talk.thread.pk: talk for talk in _threads(threads, reader)}
    htmls = render_texts([row.body for row in rows], repository=topic.repository, actor=reader.actor)
    for row, html in zip(rows, htmls, strict=True):
        mine = [
            talk for talk in talks.values() if isinstance(talk.comments[0].on, Comment)
            and talk.comments[0].on.review_id == row.pk
        ]  # fmt: skip
        made["review", row.pk] = Entry(
            "review", row.submitted_at or row.created_at, review=row, html=html, threads=mine
        )
    for pk in alone:
        # A reply outside of a review does not take a thread out of the review that began it.
        if pk in talks and cast(Comment, talks[pk].comments[0].on).review_id is None:
            thread = talks[pk].thread
            made["thread", pk] = Entry("thread", thread.created_at, threads=[talks[pk]])


def _threads(threads: Sequence[Thread], reader: Reader) -> list[TalkThread]:
    by_thread = comments_of_threads(threads, reader.actor)
    flat = [comment for thread in threads for comment in by_thread.get(thread.pk, [])]
    drawn = {each.on.pk: each for each in _said(flat, reader, threads[0].topic if threads else None)}
    home = reader.repository.get_absolute_url()
    found = []
    for thread in threads:
        comments = [drawn[comment.pk] for comment in by_thread.get(thread.pk, [])]
        if comments:
            began = {thread.author_id, thread.topic.author_id if thread.topic is not None else None}
            resolves = reader.may_talk and (reader.level >= Level.WRITE or reader.actor.user_id in began)
            found.append(TalkThread(thread, comments, f"{home}/threads/{thread.pk}", resolves, reader.may_talk))
    draw_suggestions(found, reader.actor, reader.repository, writes=reader.level >= Level.WRITE)
    return found


def _said(subjects: Sequence[Topic | Comment], reader: Reader, topic: Topic | None) -> list[Said]:
    htmls = render_texts([each.body for each in subjects], repository=reader.repository, actor=reader.actor)
    signs = signs_of(subjects, reader.actor)
    home = reader.repository.get_absolute_url()
    found = []
    for each, html in zip(subjects, htmls, strict=True):
        is_topic = isinstance(each, Topic)
        deleted = isinstance(each, Comment) and each.hidden_reason == "deleted"
        found.append(
            Said(
                on=each,
                html=html,
                here=f"{home}/topics/{each.number}" if isinstance(each, Topic) else f"{home}/comments/{each.pk}",
                signs=signs.get((is_topic, each.pk), []),
                role=_role(each.author_id, reader.repository, topic, is_topic),
                may_edit=reader.may_edit(each.author_id) and not deleted,
                may_hide=not is_topic and reader.may_talk and reader.level >= Level.WRITE and not deleted,
                may_talk=reader.may_talk,
            )
        )
    return found


def _role(author_id: int | None, repository: Repository, topic: Topic | None, is_topic: bool) -> str:
    """What the author of a text is here, where the page already knows it."""
    if author_id is None:
        return ""
    if repository.owner.user_id == author_id:
        return "Owner"
    return "Author" if topic is not None and topic.author_id == author_id and not is_topic else ""
