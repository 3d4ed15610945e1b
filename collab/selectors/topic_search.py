"""Makes a question to the database of a query of the list language; the words of it are in collab.search_language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from accounts.actor import Actor
from accounts.models import User
from collab import search_spans
from collab.models import Comment, Kind, Label, Mention, Milestone, Review, ReviewRequest, Topic
from collab.search_language import KINDS, Query
from repos.models import Repository

NOTHING = Q(pk__in=[])
LISTED = (Kind.ISSUE, Kind.PULL)
_ORDERS: dict[str, tuple[Any, ...]] = {
    "created-desc": ("-number",),
    "created-asc": ("number",),
    "updated-desc": ("-updated_at", "-number"),
    "updated-asc": ("updated_at", "number"),
    "comments-desc": ("-comments_count", "-number"),
    "comments-asc": ("comments_count", "-number"),
    "reactions-desc": ("-reactions_count", "-number"),
    "due-asc": (F("due_on").asc(nulls_last=True), "-number"),
}
_HAS = {
    "label": Q(pk__in=Topic.labels.through.objects.values("topic_id")),
    "assignee": Q(pk__in=Topic.assignees.through.objects.values("topic_id")),
    "milestone": Q(milestone__isnull=False),
    "due": Q(due_on__isnull=False),
}
_DECISIVE = (Review.State.APPROVED, Review.State.CHANGES)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where and for whom a query is read, and on which day."""

    repository: Repository
    actor: Actor
    today: dt.date
    places: frozenset[str]


def matching(
    query: Query, *, repository: Repository, actor: Actor, kind: Kind | None, today: dt.date
) -> QuerySet[Topic]:
    """The topics of a repository that a query means, without an order.

    `kind` counts unless the query names one itself; discussions are never among them. Raises Invalid for days and
    numbers that are none.
    """
    place = _Place(repository, actor, today, query.places)
    kinds = [kind] if kind and not names_kind(query) else list(LISTED)
    rows = Topic.objects.filter(repository=repository, kind__in=kinds)
    for term in query.terms:
        if term.key in ("sort", "in"):
            continue
        condition = reduce(or_, (_CONDITIONS[term.key](value, place) for value in term.values))
        rows = rows.exclude(condition) if term.negated else rows.filter(condition)
    return rows


def ordered(rows: QuerySet[Topic], query: Query) -> QuerySet[Topic]:
    """In the order that the query asks for; the newest first without one."""
    return rows.order_by(*_ORDERS[query.sort])


def names_kind(query: Query) -> bool:
    """Whether the query itself says issues or pull requests."""
    return any(term.key == "is" and not term.negated and set(term.values) <= set(KINDS) for term in query.terms)


def official_state(pull: str) -> tuple[Exists, Exists]:
    """Whether a pull request is approved, and whether changes are wanted, by the last word of each official reviewer.

    `pull` is the name of the outer query's column with its key.
    """
    decisive = Review.objects.filter(pull=OuterRef(pull), is_official=True, state__in=_DECISIVE)
    later = Review.objects.filter(
        pull=OuterRef("pull"), author=OuterRef("author"), is_official=True, state__in=_DECISIVE, pk__gt=OuterRef("pk")
    )
    last = decisive.exclude(Exists(later))
    return Exists(last.filter(state=Review.State.APPROVED)), Exists(last.filter(state=Review.State.CHANGES))


def _text(value: str, place: _Place) -> Q:
    if value.startswith("#") and value[1:].isascii() and value[1:].isdecimal() and len(value) < 11:
        return Q(number=min(int(value[1:]), 2**31 - 1))
    found = NOTHING
    for field in ("title", "body"):
        if field in place.places:
            found |= _holds(field, value)
    if "comments" in place.places:
        said = Comment.objects.filter(_holds("body", value), topic__repository=place.repository, is_pending=False)
        found |= Q(pk__in=said.values("topic"))
    return found


def _holds(field: str, value: str) -> Q:
    # SQLite knows only ASCII's letters in both cases, so others are tried as one would write them.
    forms = {value} if value.isascii() else {value, value.lower(), value.upper(), value.capitalize()}
    return reduce(or_, (Q(**{f"{field}__icontains": form}) for form in sorted(forms)))


def _is(value: str, place: _Place) -> Q:
    if value in KINDS:
        return Q(kind=KINDS[value])
    merged = Q(kind=Kind.PULL, pull__merged_at__isnull=False)
    return {
        "open": Q(state=Topic.State.OPEN),
        "closed": Q(state=Topic.State.CLOSED),
        "merged": merged,
        "unmerged": Q(kind=Kind.PULL, state=Topic.State.CLOSED, pull__merged_at__isnull=True),
        "draft": Q(pull__is_draft=True),
        "locked": Q(is_locked=True),
        "unlocked": Q(is_locked=False),
        "pinned": Q(pinned_at__isnull=False),
        "overdue": Q(state=Topic.State.OPEN, due_on__lt=place.today),
    }[value]


def _label(value: str, place: _Place) -> Q:
    # Compared here, as databases differ in what they hold for the same letter.
    labels = [pk for pk, name in _names(Label, "name", place) if name.casefold() == value.casefold()]
    return Q(pk__in=Topic.labels.through.objects.filter(label_id__in=labels).values("topic_id"))


def _milestone(value: str, place: _Place) -> Q:
    return Q(
        milestone__in=[pk for pk, title in _names(Milestone, "title", place) if title.casefold() == value.casefold()]
    )


def _names(model: type[Model], field: str, place: _Place) -> Iterable[tuple[int, str]]:
    return model._default_manager.filter(repository=place.repository).values_list("pk", field)


def _person(value: str, place: _Place) -> int:
    """The key of somebody, or one that nobody has."""
    if value.lower() == "@me":
        return place.actor.user_id or 0
    return User.objects.filter(username__iexact=value.removeprefix("@")).values_list("pk", flat=True).first() or 0


def _author(value: str, place: _Place) -> Q:
    return Q(author=_person(value, place))


def _assignee(value: str, place: _Place) -> Q:
    return Q(pk__in=Topic.assignees.through.objects.filter(user_id=_person(value, place)).values("topic_id"))


def _mentions(value: str, place: _Place) -> Q:
    return Q(pk__in=Mention.objects.filter(user=_person(value, place)).values("topic"))


def _commenter(value: str, place: _Place) -> Q:
    said = Comment.objects.filter(author=_person(value, place), repository=place.repository, is_pending=False)
    return Q(pk__in=said.filter(topic__isnull=False).values("topic"))


def _involves(value: str, place: _Place) -> Q:
    return reduce(or_, (condition(value, place) for condition in (_author, _assignee, _mentions, _commenter)))


def _asked(value: str, place: _Place) -> Q:
    return Q(pk__in=ReviewRequest.objects.filter(user=_person(value, place)).values("pull"))


def _reviewer(value: str, place: _Place) -> Q:
    sent = Review.objects.exclude(state=Review.State.PENDING).filter(author=_person(value, place))
    return Q(pk__in=sent.values("pull"))


def _review(value: str, _: _Place) -> Q:
    approved, changes = (Q(state) for state in official_state("pk"))
    if value == "none":
        return Q(kind=Kind.PULL) & ~Q(pk__in=Review.objects.exclude(state=Review.State.PENDING).values("pull"))
    return {
        "approved": Q(kind=Kind.PULL) & approved & ~changes,
        "changes": Q(kind=Kind.PULL) & changes,
        "required": Q(kind=Kind.PULL) & ~approved & ~changes,
    }[value]


def _days(field: str, *, exact: bool = False) -> Callable[[str, _Place], Q]:
    def condition(value: str, place: _Place) -> Q:
        span = search_spans.days(field.partition("_")[0], value, place.today)
        start, end = (span.start, span.end) if exact else span.moments()
        found = Q(**{f"{field}__isnull": False})
        found &= Q(**{f"{field}__gte": start}) if start else Q()
        return found & (Q(**{f"{field}__lt": end}) if end else Q())

    return condition


def _count(field: str) -> Callable[[str, _Place], Q]:
    def condition(value: str, _: _Place) -> Q:
        span = search_spans.numbers(field.partition("_")[0], value)
        return Q(**{f"{field}__gte": span.low, f"{field}__lte": span.high})

    return condition


_CONDITIONS: dict[str, Callable[[str, _Place], Q]] = {
    "text": _text,
    "is": _is,
    "state": _is,
    "reason": lambda value, _: Q(reason=value.replace("-", "_")),
    "label": _label,
    "milestone": _milestone,
    "author": _author,
    "assignee": _assignee,
    "mentions": _mentions,
    "commenter": _commenter,
    "involves": _involves,
    "review-requested": _asked,
    "reviewed-by": _reviewer,
    "base": lambda value, _: Q(pull__base_branch=value),
    "head": lambda value, _: Q(pull__head_branch=value),
    "no": lambda value, _: ~_HAS[value],
    "has": lambda value, _: _HAS[value],
    "draft": lambda value, _: Q(kind=Kind.PULL, pull__is_draft=value == "true"),
    "review": _review,
    "comments": _count("comments_count"),
    "reactions": _count("reactions_count"),
    "created": _days("created_at"),
    "updated": _days("updated_at"),
    "closed": _days("closed_at"),
    "due": _days("due_on", exact=True),
}
