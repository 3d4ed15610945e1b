"""What topics can be sorted by: the labels, open milestones and people that forms and menus offer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, Q
from django.utils import timezone

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import Label, Milestone, Topic
from collab.selectors.labels import labels_of
from collab.selectors.milestones import open_milestones
from collab.selectors.people import members
from repos.access import level_for
from repos.models import Repository

T = TypeVar("T", Label, Milestone, User)
MOST = 300
"""Entries of one menu; who has more types names into the search."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a topic of a repository can be given."""

    labels: list[Label]
    milestones: list[Milestone]
    people: list[User]


@dataclass(frozen=True, slots=True)
class Side:
    """The panel beside a topic: what it has, and what somebody who may sort (`choices` is not None) can choose."""

    labels: list[Label]
    assignees: list[User]
    milestone: Milestone | None
    done: int
    total: int
    choices: Choices | None
    may_sort: bool
    is_overdue: bool

    @property
    def label_keys(self) -> set[int]:
        """Of the labels that are on."""
        return {label.pk for label in self.labels}

    @property
    def assignee_keys(self) -> set[int]:
        """Of the people assigned."""
        return {user.pk for user in self.assignees}


def choices(repository: Repository) -> Choices:
    """What there is to choose: three queries."""
    return Choices(
        labels=list(labels_of(repository)[:MOST]),
        milestones=list(open_milestones(repository)[:MOST]),
        people=list(members(repository).select_related("owner")[:MOST]),
    )


def side_of(topic: Topic, actor: Actor) -> Side:
    """The panel of a topic for somebody; what can be chosen only for those who may choose."""
    may = actor.user is not None and level_for(actor, topic.repository) >= Level.WRITE
    labels, assignees = list(topic.labels.order_by("name")), list(topic.assignees.order_by("username"))
    offered = choices(topic.repository) if may else None
    if offered is not None:
        # What is on must be among what can be chosen, or saving the form would take it off unseen.
        goal = topic.milestone
        offered = Choices(
            labels=_with(offered.labels, labels),
            milestones=_with(offered.milestones, [goal] if goal else []),
            people=_with(offered.people, assignees),
        )
    done, total = _progress(topic.milestone)
    late = topic.is_open and topic.due_on is not None and topic.due_on < timezone.now().date()
    return Side(labels, assignees, topic.milestone, done, total, offered, may, late)


def _with(offered: Iterable[T], has: Iterable[T]) -> list[T]:
    found = {each.pk: each for each in offered}
    return list((found | {each.pk: each for each in has if each.pk not in found}).values())


def _progress(milestone: Milestone | None) -> tuple[int, int]:
    if milestone is None:
        return 0, 0
    is_closed = Q(state=Topic.State.CLOSED)
    found = Topic.objects.filter(milestone=milestone).aggregate(done=Count("pk", filter=is_closed), every=Count("pk"))
    return found["done"], found["every"]
