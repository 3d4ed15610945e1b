"""Discussions: listed, opened, changed, answered. Their comments are below issues/{number}/comments."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, text_of
from accounts.api.people import Problem
from collab.api.door import PAGING, CollabDoor, comment_numbered, long_text, topic_numbered, topics_of
from collab.api.issues import change_topic
from collab.api.shapes import TopicShape
from collab.models import Kind, Topic
from collab.records import topic_record
from collab.services import topic_state
from collab.services.discussions import choose_answer, open_discussion
from hub.lib.errors import Invalid
from repos.api.door import Json


class DiscussionShape(TopicShape):
    """A discussion."""

    category = serializers.CharField(help_text="Its slug.")
    answer_id = serializers.IntegerField(allow_null=True, help_text="The comment that answers a question.")


class NewDiscussion(serializers.Serializer[Any]):
    """A discussion."""

    title = serializers.CharField()
    body = serializers.CharField()
    category = serializers.CharField(required=False, help_text="A slug such as general, which it is unless given.")


class ChangedDiscussion(serializers.Serializer[Any]):
    """What shall change; the rest stays."""

    title = serializers.CharField(required=False)
    body = serializers.CharField(required=False, allow_blank=True)
    state = serializers.ChoiceField(["open", "closed"], required=False)
    answer_id = serializers.IntegerField(required=False, allow_null=True, help_text="null: no answer any more.")


class Discussions(CollabDoor):
    """Discussions of a repository."""

    @extend_schema(
        operation_id="discussions", tags=["discussions"], responses={200: DiscussionShape(many=True), 404: Problem},
        parameters=[
            OpenApiParameter("state", str, description="open, closed or all, which it is unless given."),
            OpenApiParameter("category", str, description="Only those of this slug."),
            *PAGING,
        ],
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """The newest first; `X-Total-Count` says how many there are."""
        repository, asked = self.open(), request.query_params
        state = asked.get("state", "all") or "all"
        if state not in ("open", "closed", "all"):
            raise Invalid("state is open, closed or all.", field="state")
        rows = topics_of(repository).filter(kind=Kind.DISCUSSION).select_related("discussion__category")
        rows = rows if state == "all" else rows.filter(state=state)
        if asked.get("category"):
            rows = rows.filter(discussion__category__slug=asked["category"].replace("\0", ""))
        found, headers = self.paged(request, rows.order_by("-number"))
        return answer([_shown(row, self.address) for row in found], headers=headers)

    @extend_schema(
        operation_id="open_discussion", tags=["discussions"], request=NewDiscussion,
        responses={201: DiscussionShape, 400: Problem, 401: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Begin one; whoever may read the repository may, announcements need write access."""
        repository, fields = self.open(), self.fields(request)
        made = open_discussion(
            actor=self.actor,
            repository=repository,
            category=text_of(fields, "category", "general", most=60),
            title=text_of(fields, "title", most=1000),
            body=long_text(fields, "body"),
        )
        return answer(_shown(topic_numbered(repository, made.number), self.address), status=201)


class OneDiscussion(CollabDoor):
    """One discussion."""

    @extend_schema(operation_id="discussion", tags=["discussions"], responses={200: DiscussionShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """The discussion."""
        return answer(_shown(self.topic(self.open(), Kind.DISCUSSION), self.address))

    @extend_schema(
        operation_id="change_discussion", tags=["discussions"], request=ChangedDiscussion,
        responses={200: DiscussionShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Change its text, close it, mark the comment that answers it: all of it or nothing."""
        repository, fields = self.open(), self.fields(request)
        topic = self.topic(repository, Kind.DISCUSSION)
        with transaction.atomic():
            change_topic(self, repository, topic, fields)
            if "answer_id" in fields:
                key = fields["answer_id"]
                if key is not None and (not isinstance(key, int) or isinstance(key, bool) or key < 0):
                    raise Invalid("answer_id is the id of a comment.", field="answer_id")
                chosen = None if key is None else comment_numbered(repository, key)
                choose_answer(actor=self.actor, topic=topic, comment=chosen)
        return answer(_shown(topic_numbered(repository, number), self.address))

    @extend_schema(
        operation_id="delete_discussion", tags=["discussions"], responses={204: None, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Delete it with all that was said, for ever; needs admin access."""
        topic_state.delete_topic(actor=self.actor, topic=self.topic(self.open(), Kind.DISCUSSION))
        return self.nothing()


def _shown(topic: Topic, address: str) -> Json:
    row = topic.discussion
    return {**topic_record(topic, address), "category": row.category.slug, "answer_id": row.answer_id}
