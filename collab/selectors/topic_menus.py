"""The menus that narrow a list of issues or pull requests: each entry is the query it leads to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from collab.models import Kind, Label, Milestone
from collab.search_language import DEFAULT_SORT, SORTS, Query, quoted
from collab.selectors.sorting import Choices

REVIEWS = {
    "none": "Not reviewed",
    "required": "Review required",
    "approved": "Approved",
    "changes": "Changes requested",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry: its words, the query when it is chosen, whether it is now; a label's colour, a person's name."""

    words: str
    query: str
    is_chosen: bool
    colour: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu above the list."""

    key: str
    words: str
    choices: list[Choice]

    @property
    def is_long(self) -> bool:
        """More than one takes in at a glance."""
        return len(self.choices) > 10


def menus(query: Query, choices: Choices, kind: Kind) -> list[Menu]:
    """Author, label, milestone, assignee, for pull requests reviews, and the order; no queries."""
    people = choices.people
    shown = [
        Menu("author", "Author", list(_people(query, "author", people))),
        Menu("label", "Label", [_without(query, "label"), *_labels(query, choices.labels)]),
        Menu("milestone", "Milestone", [_without(query, "milestone"), *_goals(query, choices.milestones)]),
        Menu("assignee", "Assignee", [_without(query, "assignee"), *_people(query, "assignee", people)]),
    ]
    if kind == Kind.PULL:
        shown.append(Menu("review", "Review", [_one(query, "review", key, words) for key, words in REVIEWS.items()]))
    return [*shown, Menu("sort", "Sort", list(_orders(query)))]


def _people(query: Query, key: str, people: Iterable[User]) -> Iterable[Choice]:
    for user in people:
        choice = _one(query, key, user.username, user.username)
        yield Choice(choice.words, choice.query, choice.is_chosen, person=user.username)


def _labels(query: Query, labels: Iterable[Label]) -> Iterable[Choice]:
    # Several labels may be chosen together, so each is added to those that are there.
    for label in labels:
        chosen = query.has("label", label.name)
        yield Choice(label.name, query.toggled("label", label.name), chosen, colour=label.colour)


def _goals(query: Query, goals: Iterable[Milestone]) -> Iterable[Choice]:
    for goal in goals:
        yield _one(query, "milestone", goal.title, goal.title)


def _one(query: Query, key: str, value: str, words: str) -> Choice:
    """An entry of a menu in which one at most is chosen."""
    chosen = query.has(key, value)
    return Choice(words, query.swapped(key, by="" if chosen else f"{key}:{quoted(value)}"), chosen)


def _without(query: Query, key: str) -> Choice:
    chosen = query.has("no", key)
    return Choice(f"No {key}", query.toggled("no", key) if chosen else query.swapped(key, by=f"no:{key}"), chosen)


def _orders(query: Query) -> Iterable[Choice]:
    for key, words in SORTS.items():
        yield Choice(words, query.swapped("sort", by="" if key == DEFAULT_SORT else f"sort:{key}"), query.sort == key)
