"""Talk about things of a repository, outside of its topics: all of it in one list, and what is about one thing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.db.models import OuterRef, Q, QuerySet, Subquery

from collab.models import Comment, Thread
from collab.talk_places import current_lines, place_words
from hub.lib.errors import Invalid
from repos.models import Repository
from repos.subjects import Found, Subject, all_subjects, subject_of

STATES = {"open": "Open", "resolved": "Resolved", "all": "All"}
PER_PAGE = 40
MOST_ON_THING = 200


@dataclass(frozen=True, slots=True)
class TalkQuery:
    """Which threads are wanted; raises Invalid when made from words it does not know."""

    state: str = "open"
    kind: str = ""
    before: str = ""

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise Invalid("Threads are open, resolved or all.", field="state")
        if self.kind:
            subject_of(self.kind)
        _place(self.before)

    def link(self, **changes: str) -> str:
        """The query string of this list with changes; its first page."""
        words = {"state": self.state, "kind": self.kind} | changes
        return "?" + urlencode({key: value for key, value in words.items() if value})


@dataclass(frozen=True, slots=True)
class TalkRow:
    """A thread as the list shows it: `url` leads to the place, "" when the thing is gone."""

    thread: Thread
    icon: str
    label: str
    title: str
    where: str
    url: str
    opening: str


def _place(text: str) -> tuple[dt.datetime, int] | None:
    moment, _, number = text.partition("_")
    try:
        return (dt.datetime.fromtimestamp(int(moment[:18]) / 1_000_000, dt.UTC), int(number[:18])) if text else None
    except (ValueError, OverflowError, OSError):
        raise Invalid("The list has no such place.", field="before", next_step="Go back to its beginning.") from None


def _threads(repository: Repository) -> QuerySet[Thread]:
    return Thread.objects.filter(repository=repository, topic=None)


def open_talk_count(repository: Repository) -> int:
    """Threads outside of topics that are not settled."""
    return _threads(repository).filter(resolved_at=None).count()


def talk_page(repository: Repository, query: TalkQuery) -> tuple[list[TalkRow], str]:
    """A page of threads, the latest talk first, and the place where the next one begins ("" for none)."""
    rows = _threads(repository).filter(comments_count__gt=0).select_related("author", "resolved_by")
    if query.state != "all":
        rows = rows.filter(resolved_at__isnull=query.state == "open")
    if query.kind:
        rows = rows.filter(subject=query.kind)
    place = _place(query.before)
    if place is not None:
        rows = rows.filter(Q(updated_at__lt=place[0]) | Q(updated_at=place[0], pk__lt=place[1]))
    opening = Comment.objects.filter(thread=OuterRef("pk"), is_pending=False).order_by("pk").values("body")[:1]
    found = list(rows.annotate(opening=Subquery(opening)).order_by("-updated_at", "-pk")[: PER_PAGE + 1])
    last = found[PER_PAGE - 1] if len(found) > PER_PAGE else None
    following = f"{round(last.updated_at.timestamp() * 1_000_000)}_{last.pk}" if last is not None else ""
    return _rows(repository, found[:PER_PAGE]), following


def _rows(repository: Repository, threads: Sequence[Thread]) -> list[TalkRow]:
    """Threads with what they are about: one question to each kind's room."""
    keys: dict[str, list[str]] = defaultdict(list)
    for thread in threads:
        keys[thread.subject].append(thread.key)
    known = {subject.kind: subject for subject in all_subjects()}
    found = {
        kind: known[kind].named(repository, list(dict.fromkeys(some))) for kind, some in keys.items() if kind in known
    }
    return [
        _row(repository, thread, known[thread.subject], found[thread.subject].get(thread.key))
        for thread in threads
        if thread.subject in known
    ]


def _row(repository: Repository, thread: Thread, subject: Subject, thing: Found | None) -> TalkRow:
    opening = " ".join(str(getattr(thread, "opening", "") or "").split())
    return TalkRow(
        thread=thread,
        icon=subject.icon,
        label=subject.label,
        title=thing.title if thing is not None else thread.key,
        where=place_words(thread.place),
        url=f"{repository.get_absolute_url()}{_there(thread, thing)}" if thing is not None else "",
        opening=opening[:200],
    )


def _there(thread: Thread, thing: Found) -> str:
    """The place itself: lines of the text as it was when they were talked about."""
    if thread.commit and "line" in thread.place:
        start, line = thread.place.get("start") or thread.place["line"], thread.place["line"]
        lines = f"#L{start}" if start == line else f"#L{start}-L{line}"
        return f"/src/{thread.commit}/{quote(thread.key)}?view=source{lines}"
    return thing.url


def named_one(repository: Repository, subject: Subject, key: str) -> Found | None:
    """A thing as lists name it, None when it is not there."""
    return subject.named(repository, [key]).get(key)


def threads_about(repository: Repository, kind: str, key: str) -> list[Thread]:
    """What is said about one thing, the oldest first; what is settled at the end."""
    rows = _threads(repository).filter(subject=kind, key=key).select_related("author", "resolved_by")
    found = list(rows.order_by("pk")[:MOST_ON_THING])
    return sorted(found, key=lambda thread: thread.resolved_at is not None)


def lines_now(threads: Sequence[Thread], lines: Sequence[str]) -> dict[int, int]:
    """On which line of a text each thread about lines stands now, by primary key; those are left out whose are gone."""
    found = {thread.pk: current_lines(thread.place, thread.excerpt, lines) for thread in threads}
    return {pk: line for pk, line in found.items() if line is not None}
