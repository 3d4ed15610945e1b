"""Forks and stars."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as people
from accounts.api.door import Door, answer, page_of, refused_name, text_of
from accounts.api.people import Person, Problem, owner_of, shown_owner
from hub.lib.errors import Invalid, NotFound, Unauthenticated
from repos.api.door import RepoDoor
from repos.api.refs import PAGING
from repos.api.shapes import RepositoryShape, shown_repository
from repos.models import Repository, Star
from repos.services.forks import fork_repository
from repos.services.stars import star, unstar

MOST = 1000


class NewFork(serializers.Serializer[Any]):
    """Where the fork shall be."""

    organization = serializers.CharField(required=False, help_text="The caller's own account unless given.")
    name = serializers.CharField(required=False, help_text="The same name unless given.")


class Forks(RepoDoor):
    """Forks of a repository."""

    @extend_schema(
        operation_id="forks", tags=["forks and stars"], parameters=PAGING,
        responses={200: RepositoryShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """Those that the caller may see, the newest first."""
        rows = Repository.objects.visible_to(self.actor).filter(parent=self.open())
        found = list(rows.select_related("owner__user", "owner__organization").order_by("-pk")[:MOST])
        some, headers = page_of(request, found, most=50)
        return answer([shown_repository(request._request, self.actor, row) for row in some], headers=headers)

    @extend_schema(
        operation_id="fork", tags=["forks and stars"], request=NewFork,
        responses={201: RepositoryShape, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Copy the code under the caller's account or an organisation of theirs; 409 when there is a fork already."""
        parent, fields = self.open(), self.fields(request)
        if self.actor.user is None:
            raise Unauthenticated("Send an access token.")
        group = text_of(fields, "organization", most=100)
        target = people.owner_named(group) if group else owner_of(self.actor.user)
        try:
            made = fork_repository(
                actor=self.actor, parent=parent, owner=target, name=text_of(fields, "name", most=200)
            )
        except Invalid as error:
            raise refused_name(error) from None
        return answer(shown_repository(request._request, self.actor, made), status=201)


class Stargazers(RepoDoor):
    """Who stars a repository."""

    @extend_schema(
        operation_id="stargazers", tags=["forks and stars"], parameters=PAGING,
        responses={200: Person(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """The latest first; the latest thousand."""
        rows = Star.objects.filter(repository=self.open(), user__is_active=True).order_by("-pk")
        rows = rows.select_related("user__owner")
        some, headers = page_of(request, list(rows[:MOST]), most=50)
        return answer([shown_owner(row.user.owner) for row in some], headers=headers)


class Starred(Door):
    """What the caller stars."""

    @extend_schema(
        operation_id="starred", tags=["forks and stars"], parameters=PAGING,
        responses={200: RepositoryShape(many=True), 401: Problem},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """The repositories, by name; the first thousand."""
        if self.actor.user is None:
            raise Unauthenticated("Send an access token.")
        mine = Star.objects.filter(user=self.actor.user, repository=OuterRef("pk"))
        rows = Repository.objects.visible_to(self.actor).filter(Exists(mine)).order_by("owner__slug", "name")
        found = list(rows.select_related("owner__user", "owner__organization")[:MOST])
        some, headers = page_of(request, found, most=50)
        return answer([shown_repository(request._request, self.actor, row) for row in some], headers=headers)


class OneStar(RepoDoor):
    """Whether the caller stars a repository."""

    @extend_schema(
        operation_id="is_starred", tags=["forks and stars"], responses={204: None, 401: Problem, 404: Problem}
    )
    def get(self, request: Request, owner: str, name: str) -> Response:
        """204 when they do, 404 when they do not."""
        repository = self.open()
        if not Star.objects.filter(repository=repository, user=self.actor.user_id or 0).exists():
            raise NotFound("You do not star this repository.")
        return Response(status=204)

    @extend_schema(
        operation_id="star", tags=["forks and stars"], request=None,
        responses={204: None, 401: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def put(self, request: Request, owner: str, name: str) -> Response:
        """Star it; again is fine."""
        star(actor=self.actor, repository=self.open())
        return Response(status=204)

    @extend_schema(
        operation_id="unstar", tags=["forks and stars"], responses={204: None, 401: Problem, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str) -> Response:
        """Star it no more; again is fine."""
        unstar(actor=self.actor, repository=self.open())
        return Response(status=204)
