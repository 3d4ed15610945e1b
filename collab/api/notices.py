"""The caller's inbox, and what they watch."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, base_url, flag_of
from accounts.api.people import Problem
from accounts.levels import Level
from collab.api.door import PAGING, CollabDoor
from collab.api.shapes import NoticeShape
from collab.models import Notification, Watch
from collab.records import moment, notice_record
from collab.selectors.inbox import notices_of, watch_of
from collab.services import subscribing
from collab.services.inbox import mark_rows
from hub.lib.errors import Forbidden, Invalid, NotFound, Unauthenticated
from repos.api.door import Json

TO_STATUS = {"read": "read", "unread": "unread", "pinned": "save", "done": "done"}


class WatchShape(serializers.Serializer[Any]):
    """How much of a repository the caller hears."""

    subscribed = serializers.BooleanField()
    ignored = serializers.BooleanField()
    reason = serializers.CharField(help_text="all, participating, custom or ignore.")
    created_at = serializers.DateTimeField()
    url = serializers.CharField()


class ChangedWatch(serializers.Serializer[Any]):
    """How much to hear; everything unless said otherwise."""

    ignored = serializers.BooleanField(required=False)


class _InboxDoor(CollabDoor):
    def signed_in(self) -> None:
        """Raises Unauthenticated for nobody."""
        if self.actor.user is None:
            raise Unauthenticated("Send an access token.")

    def check_may_mark(self) -> None:
        """Raises Unauthenticated, Forbidden for a token that may only read."""
        self.signed_in()
        token = self.actor.token
        # SECURITY: what is marked is hidden from its reader, and mail about it stays away.
        if token is not None and token.scope < Level.WRITE:
            raise Forbidden("This token may only read.", next_step="Use a token with write access.")


class Inbox(_InboxDoor):
    """Everything that the caller is told."""

    @extend_schema(
        operation_id="notifications", tags=["notifications"], responses={200: NoticeShape(many=True), 401: Problem},
        parameters=[OpenApiParameter("all", bool, description="Those read already, too."), *PAGING],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """What is unread, the latest first."""
        self.signed_in()
        rows = notices_of(self.actor).filter(is_done=False)
        if not flag_of(dict(request.query_params.items()), "all"):
            rows = rows.filter(is_unread=True)
        found, headers = self.paged(request, rows.select_related("repository__owner").order_by("-updated_at", "-pk"))
        return answer([notice_record(row, self.address) for row in found], headers=headers)

    @extend_schema(
        operation_id="read_notifications", tags=["notifications"], request=None,
        responses={204: None, 401: Problem, 403: Problem},
    )  # fmt: skip
    def put(self, request: Request) -> Response:
        """Everything counts as read."""
        self.check_may_mark()
        mark_rows(rows=notices_of(self.actor).filter(is_unread=True), action="read")
        return self.nothing()


class OneNotice(_InboxDoor):
    """One line of the inbox."""

    def notice(self) -> Notification:
        """The line that the address names; raises NotFound."""
        self.signed_in()
        rows = notices_of(self.actor).select_related("repository__owner")
        found = rows.filter(pk=min(self.kwargs["notice"], 2**63 - 1)).first()
        if found is None:
            raise NotFound("There is no such notification.")
        return found

    @extend_schema(
        operation_id="notification", tags=["notifications"], responses={200: NoticeShape, 401: Problem, 404: Problem}
    )
    def get(self, request: Request, notice: int) -> Response:
        """The line."""
        return answer(notice_record(self.notice(), self.address))

    @extend_schema(
        operation_id="mark_notification", tags=["notifications"], request=None,
        parameters=[OpenApiParameter("to-status", str, description="read (unless given), unread, pinned or done.")],
        responses={200: NoticeShape, 400: Problem, 401: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def patch(self, request: Request, notice: int) -> Response:
        """Mark it."""
        self.check_may_mark()
        row, wanted = self.notice(), request.query_params.get("to-status", "read")
        if wanted not in TO_STATUS:
            raise Invalid(f"to-status is one of {', '.join(TO_STATUS)}.", field="to-status")
        mark_rows(rows=Notification.objects.filter(pk=row.pk), action=TO_STATUS[wanted])
        return answer(notice_record(self.notice(), self.address))


class Count(_InboxDoor):
    """How many are unread."""

    @extend_schema(
        operation_id="new_notifications", tags=["notifications"],
        responses={200: serializers.DictField(help_text="`new`: how many."), 401: Problem},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """The number of unread lines."""
        self.signed_in()
        return answer({"new": notices_of(self.actor).filter(is_unread=True, is_done=False).count()})


class Subscribed(_InboxDoor):
    """How much of a repository the caller hears."""

    def shown(self, row: Watch) -> Json:
        """The record of a watch."""
        return {
            "subscribed": row.level != Watch.Level.IGNORE,
            "ignored": row.level == Watch.Level.IGNORE,
            "reason": row.level,
            "created_at": moment(row.created_at),
            "url": f"{base_url(self.request._request)}/api/v1/repos/{row.repository.full_name}/subscription",
        }

    @extend_schema(
        operation_id="subscription", tags=["notifications"], responses={200: WatchShape, 401: Problem, 404: Problem}
    )
    def get(self, request: Request, owner: str, name: str) -> Response:
        """Whether the caller watches it; 404 when they chose nothing."""
        repository = self.open()
        self.signed_in()
        row = watch_of(self.actor, repository)
        if row is None:
            raise NotFound("You do not watch this repository.")
        row.repository = repository
        return answer(self.shown(row))

    @extend_schema(
        operation_id="watch", tags=["notifications"], request=ChangedWatch,
        responses={200: WatchShape, 401: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def put(self, request: Request, owner: str, name: str) -> Response:
        """Watch it, or ignore it."""
        repository = self.open()
        ignored = flag_of(self.fields(request), "ignored")
        level = Watch.Level.IGNORE if ignored else Watch.Level.ALL
        row = subscribing.watch(actor=self.actor, repository=repository, level=level)
        assert row is not None
        row.repository = repository
        return answer(self.shown(row))

    @extend_schema(
        operation_id="unwatch", tags=["notifications"], responses={204: None, 401: Problem, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str) -> Response:
        """Hear only what concerns oneself."""
        subscribing.watch(actor=self.actor, repository=self.open(), level=Watch.Level.PARTICIPATING)
        return self.nothing()
