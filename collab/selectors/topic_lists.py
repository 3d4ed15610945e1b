"""What lists of issues and pull requests show: rows, counts, and what is pinned above them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from accounts.actor import Actor
from collab.models import Kind, Topic
from collab.search_language import Query
from collab.selectors.topic_search import matching, official_state, ordered
from repos.models import Repository
from repos.selectors.statuses import Checks, checks_of

PER_PAGE = 25
MOST_PAGES = 2_000
_TASK = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\][ \t]+\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One line of a list. `review` is approved, changes or empty; `done` and `tasks` count ticked boxes of its text."""

    topic: Topic
    review: str
    checks: Checks | None
    done: int
    tasks: int
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class TopicList:
    """A page of topics; how many match in all, and how many would, open and closed."""

    rows: list[TopicRow]
    open: int
    closed: int
    matching: int
    number: int

    @property
    def previous(self) -> int | None:
        """The number of the page before, None on the first."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The number of the page after, None on the last."""
        return self.number + 1 if self.number * PER_PAGE < min(self.matching, MOST_PAGES * PER_PAGE) else None


def open_issues(repository: Repository) -> int:
    """How many issues are open."""
    return _open(repository).get(Kind.ISSUE, 0)


def open_pulls(repository: Repository) -> int:
    """How many pull requests are open."""
    return _open(repository).get(Kind.PULL, 0)


def open_discussions(repository: Repository) -> int:
    """How many discussions are open."""
    return _open(repository).get(Kind.DISCUSSION, 0)


def _open(repository: Repository) -> dict[str, int]:
    """How many topics of each kind are open, kept with the row: the tabs of a page cost one query together."""
    counts: dict[str, int] | None = getattr(repository, "_open_topics", None)
    if counts is None:
        rows = Topic.objects.filter(repository=repository, state=Topic.State.OPEN).order_by()
        counts = dict(rows.values_list("kind").annotate(Count("pk")))
        repository._open_topics = counts  # type: ignore[attr-defined]
    return counts


def has_any(repository: Repository, kind: Kind) -> bool:
    """Whether there ever was one."""
    return Topic.objects.filter(repository=repository, kind=kind).exists()


def topic_list(query: Query, *, repository: Repository, actor: Actor, kind: Kind, number: int = 1) -> TopicList:
    """The page of a list that a query asks for. Raises Invalid for days and numbers that are none."""
    today = timezone.now().date()
    number = min(max(number, 1), MOST_PAGES)
    every = matching(query.without_state(), repository=repository, actor=actor, kind=kind, today=today)
    counts = dict(every.order_by().values_list("state").annotate(Count("pk")))
    wanted = matching(query, repository=repository, actor=actor, kind=kind, today=today)
    keys = ordered(wanted, query).values_list("pk", flat=True)[(number - 1) * PER_PAGE : number * PER_PAGE]
    return TopicList(
        rows=rows_of(list(keys), repository, today),
        open=counts.get(Topic.State.OPEN, 0),
        closed=counts.get(Topic.State.CLOSED, 0),
        matching=counts.get(query.state, 0) if query.state else wanted.count(),
        number=number,
    )


def pinned(repository: Repository, kind: Kind) -> list[Topic]:
    """The topics that stand above the list, the one pinned first first."""
    rows = Topic.objects.filter(repository=repository, kind=kind, pinned_at__isnull=False)
    return _here(rows.select_related("author", "pull").order_by("pinned_at"), repository)


def rows_of(keys: Sequence[int], repository: Repository, today: dt.date) -> list[TopicRow]:
    """Lines for topics by key, in this order: a constant number of queries."""
    approved, changes = official_state("pk")
    rows = Topic.objects.filter(pk__in=keys).select_related("author", "milestone", "pull")
    rows = rows.prefetch_related("labels", "assignees").annotate(is_approved=approved, has_changes=changes)
    topics = {topic.pk: topic for topic in _here(rows, repository)}
    heads = {topic.pk: topic.pull.head_commit for topic in topics.values() if topic.kind == Kind.PULL}
    checks = checks_of(repository, heads.values()) if heads else {}
    return [_row(topics[key], checks.get(heads.get(key, "")), today) for key in keys if key in topics]


def _here(rows: Iterable[Topic], repository: Repository) -> list[Topic]:
    found = list(rows)
    for topic in found:
        topic.repository = repository  # Its address needs the names, which are known here.
    return found


def _row(topic: Topic, checks: Checks | None, today: dt.date) -> TopicRow:
    ticks = _TASK.findall(topic.body)
    verdict = (topic.has_changes, topic.is_approved) if topic.kind == Kind.PULL else (False, False)  # type: ignore[attr-defined]
    return TopicRow(
        topic=topic,
        review="changes" if verdict[0] else "approved" if verdict[1] else "",
        checks=checks,
        done=sum(tick in "xX" for tick in ticks),
        tasks=len(ticks),
        is_overdue=topic.is_open and topic.due_on is not None and topic.due_on < today,
    )
