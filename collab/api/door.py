"""What endpoints of this room share: topics by number, people and labels by name, texts, days and pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, base_url, number_of, text_of
from accounts.models import User
from collab.models import Comment, Kind, Label, Milestone, Topic
from hub.lib.errors import Invalid, NotFound
from repos.api.door import Json, RepoDoor
from repos.models import Repository

MOST_NUMBER = 2**31 - 1
MOST_NAMES = 100
PAGING = [
    OpenApiParameter("page", int, description="From 1."),
    OpenApiParameter("limit", int, description="At most 50, which is also the default."),
]


class CollabDoor(RepoDoor):
    """An endpoint about what a team does in a repository."""

    @property
    def address(self) -> str:
        """The hub's address, without a slash at the end."""
        return base_url(self.request._request)

    def topic(self, repository: Repository, *kinds: Kind) -> Topic:
        """The topic that the address numbers, of one of these kinds. Raises NotFound."""
        return topic_numbered(repository, self.kwargs["number"], *kinds)

    def paged(self, request: Request, rows: QuerySet[Any]) -> tuple[list[Any], dict[str, str]]:
        """One page of rows and the header that tells how many there are. Raises Invalid."""
        page = number_of(request, "page", 1, low=1, high=10**5)
        limit = number_of(request, "limit", 50, low=1, high=50)
        found = list(rows[(page - 1) * limit : page * limit])
        return found, {"X-Total-Count": str(rows.count())}

    def nothing(self) -> Response:
        """204: it is done, and there is nothing to tell."""
        return Response(status=204)

    def told_of(self, record: Json, *, status: int = 200) -> Response:
        """A record as the answer."""
        return answer(record, status=status)


def topics_of(repository: Repository) -> QuerySet[Topic]:
    """The topics of a repository with what their records need."""
    rows = Topic.objects.filter(repository=repository).select_related(
        "repository__owner__user", "repository__owner__organization", "author", "milestone", "pull"
    )
    return rows.prefetch_related("labels", "assignees")


def topic_numbered(repository: Repository, number: int, *kinds: Kind) -> Topic:
    """A topic by its number, with what its record needs. Raises NotFound."""
    rows = topics_of(repository).filter(number=min(number, MOST_NUMBER))
    found = (rows.filter(kind__in=kinds) if kinds else rows).first()
    if found is None:
        word = " or ".join(Kind(kind).label.lower() for kind in kinds) or "topic"
        raise NotFound(f"There is no {word} {number} here.")
    return found


def comment_numbered(repository: Repository, key: int) -> Comment:
    """A comment of a repository that was said, by its id. Raises NotFound."""
    rows = Comment.objects.select_related(
        "author", "repository__owner", "topic__repository__owner", "thread__topic__repository__owner"
    )
    # SECURITY: comments of a review that nobody has sent are its author's alone; the API does not show them.
    found = rows.filter(repository=repository, is_pending=False, pk=min(key, 2**63 - 1)).first()
    if found is None:
        raise NotFound("There is no such comment here.")
    return found


def long_text(fields: Json, name: str, default: str = "") -> str:
    """A field as text of many lines; raises Invalid for another kind."""
    value = fields.get(name, default)
    if value is None:
        return default
    if not isinstance(value, str) or any(0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise Invalid(f"{name} is text.", field=name)
    return value


def day_of(fields: Json, name: str) -> dt.date | None:
    """A day, also as the moment in which it begins; None for null and "". Raises Invalid."""
    value = fields.get(name)
    if value in (None, ""):
        return None
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Invalid(f"{name} is a day such as 2026-12-31.", field=name) from None


def list_of(fields: Json, name: str) -> list[Any]:
    """A list of names or numbers; raises Invalid."""
    value = fields.get(name) or []
    if not isinstance(value, list) or len(value) > MOST_NAMES or any(not isinstance(each, str | int) for each in value):
        raise Invalid(f"{name} is a list of at most {MOST_NAMES} names or numbers.", field=name)
    # No database takes NUL or halves of letters, not even to say that nobody is called so.
    for each in value:
        text_of({name: str(each)}, name)
    return value


def labels_in(repository: Repository, wanted: Iterable[Any], field: str = "labels") -> list[Label]:
    """Labels by id or by name. Raises Invalid when one is not there."""
    rows = {key: label for label in repository.labels.all() for key in (label.pk, label.name.casefold())}
    found = {each: rows.get(each.casefold() if isinstance(each, str) else each) for each in wanted}
    missing = next((each for each, label in found.items() if label is None), None)
    if missing is not None:
        raise Invalid(f"There is no label {str(missing)[:60]!r} here.", field=field)
    return [label for label in found.values() if label is not None]


def people_in(names: Iterable[Any], field: str = "assignees") -> list[User]:
    """Active people by user name. Raises Invalid when one is not there."""
    wanted = {str(name).casefold(): str(name) for name in names}
    rows = {user.username.casefold(): user for user in User.objects.filter(username__in=wanted.values())}
    found = {key: rows.get(key) or User.objects.filter(username__iexact=name).first() for key, name in wanted.items()}
    missing = next((wanted[key] for key, user in found.items() if user is None or not user.is_active), None)
    if missing is not None:
        raise Invalid(f"There is no user {missing[:60]!r}.", field=field)
    return [user for user in found.values() if user is not None]


def milestone_in(repository: Repository, fields: Json, name: str = "milestone") -> Milestone | None:
    """The milestone with this number; None for null and 0. Raises Invalid."""
    value = fields.get(name)
    if value in (None, 0, ""):
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"{name} is the number of a milestone.", field=name)
    found = Milestone.objects.filter(repository=repository, number=max(0, min(value, MOST_NUMBER))).first()
    if found is None:
        raise Invalid(f"There is no milestone {value} here.", field=name)
    return found
