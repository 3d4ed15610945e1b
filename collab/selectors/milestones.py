"""Milestones and how far they have come."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from collab.models import Milestone, Topic
from hub.lib.errors import NotFound
from repos.models import Repository

SORTS = {
    "due": "Due soonest",
    "title": "Title",
    "newest": "Newest",
    "complete": "Most complete",
}


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """A milestone, how many of its topics are open and closed, and whether its day has passed."""

    milestone: Milestone
    open: int
    closed: int
    is_overdue: bool

    @property
    def total(self) -> int:
        """All topics of it."""
        return self.open + self.closed

    @property
    def percent(self) -> int:
        """The closed share, in whole percent, never 100 while something is open; 0 for an empty one."""
        return self.closed * 100 // self.total if self.total else 0


def open_milestones(repository: Repository) -> QuerySet[Milestone]:
    """Those not closed, the one due soonest first."""
    rows = Milestone.objects.filter(repository=repository, closed_at__isnull=True)
    return rows.order_by(F("due_on").asc(nulls_last=True), "title")


def milestone_lines(repository: Repository, today: dt.date, *, closed: bool, sort: str = "due") -> list[MilestoneLine]:
    """The open or the closed ones with their progress; `sort` is one of SORTS. One query."""
    rows = _counted(repository).filter(closed_at__isnull=not closed)
    lines = [_line(row, today) for row in rows.order_by(F("due_on").asc(nulls_last=True), "title")]
    if sort == "title":
        lines.sort(key=lambda line: line.milestone.title.casefold())
    elif sort == "newest":
        lines.sort(key=lambda line: line.milestone.number, reverse=True)
    elif sort == "complete":
        lines.sort(key=lambda line: line.percent, reverse=True)
    return lines


def milestone_counts(repository: Repository) -> tuple[int, int]:
    """How many are open and closed."""
    rows = Milestone.objects.filter(repository=repository)
    found = rows.aggregate(closed=Count("closed_at"), every=Count("pk"))
    return found["every"] - found["closed"], found["closed"]


def find_milestone(repository: Repository, number: int) -> Milestone:
    """A milestone by its number; raises NotFound."""
    found = Milestone.objects.filter(repository=repository, number=min(number, 2**31 - 1)).first()
    if found is None:
        raise NotFound(f"There is no milestone {number} here.", next_step="Look for it in the list of milestones.")
    return found


def milestone_line(repository: Repository, number: int, today: dt.date) -> MilestoneLine:
    """A milestone with its progress; raises NotFound."""
    milestone = find_milestone(repository, number)
    return _line(_counted(repository).get(pk=milestone.pk), today)


def _counted(repository: Repository) -> QuerySet[Milestone]:
    state = Topic.State
    return Milestone.objects.filter(repository=repository).annotate(
        open_topics=Count("topics", filter=Q(topics__state=state.OPEN)),
        closed_topics=Count("topics", filter=Q(topics__state=state.CLOSED)),
    )


def _line(row: Milestone, today: dt.date) -> MilestoneLine:
    return MilestoneLine(
        milestone=row,
        open=row.open_topics,  # type: ignore[attr-defined]
        closed=row.closed_topics,  # type: ignore[attr-defined]
        is_overdue=row.closed_at is None and row.due_on is not None and row.due_on < today,
    )
