"""Comments on topics, and signs on both."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, text_of
from accounts.api.people import Problem
from collab.api.door import PAGING, CollabDoor, comment_numbered, long_text
from collab.api.shapes import CommentShape, ReactionShape
from collab.models import Comment, Reaction, Topic
from collab.records import comment_record, moment
from collab.services import comments as services
from collab.services.reactions import react
from hub.lib.errors import Invalid
from repos.records import person_record


class Said(serializers.Serializer[Any]):
    """What is said."""

    body = serializers.CharField(help_text="Markdown.")


class Sign(serializers.Serializer[Any]):
    """A sign."""

    content = serializers.ChoiceField(Reaction.Sign.values)


_said = {201: CommentShape, 400: Problem, 401: Problem, 403: Problem, 404: Problem}
_signed = {200: ReactionShape, 201: ReactionShape, 400: Problem, 403: Problem, 404: Problem}


class Comments(CollabDoor):
    """Comments of an issue, a pull request or a discussion."""

    @extend_schema(
        operation_id="comments", tags=["comments"], parameters=PAGING,
        responses={200: CommentShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """What was said, the oldest first; comments about places of a change are with its reviews."""
        repository = self.open()
        rows = Comment.objects.filter(topic=self.topic(repository), is_pending=False).order_by("pk")
        rows = rows.select_related("author", "repository__owner", "topic__repository__owner", "thread")
        found, headers = self.paged(request, rows)
        return answer([comment_record(row, self.address) for row in found], headers=headers)

    @extend_schema(operation_id="post_comment", tags=["comments"], request=Said, responses=_said)
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Say something; whoever may read the repository may, unless the topic is locked."""
        topic, fields = self.topic(self.open()), self.fields(request)
        made = services.post_comment(actor=self.actor, topic=topic, body=long_text(fields, "body"))
        return answer(comment_record(comment_numbered(topic.repository, made.pk), self.address), status=201)


class OneComment(CollabDoor):
    """One comment."""

    def comment(self) -> Comment:
        """The comment that the address names; raises NotFound."""
        return comment_numbered(self.open(), self.kwargs["comment"])

    @extend_schema(operation_id="comment", tags=["comments"], responses={200: CommentShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, comment: int) -> Response:
        """What was said."""
        return answer(comment_record(self.comment(), self.address))

    @extend_schema(
        operation_id="change_comment", tags=["comments"], request=Said,
        responses={200: CommentShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, comment: int) -> Response:
        """Say it otherwise; its author may, and who has write access."""
        row, fields = self.comment(), self.fields(request)
        services.edit_comment(actor=self.actor, comment=row, body=long_text(fields, "body"), edits=row.edits)
        return answer(comment_record(comment_numbered(row.repository, row.pk), self.address))

    @extend_schema(operation_id="delete_comment", tags=["comments"], responses={204: None, 403: Problem, 404: Problem})
    def delete(self, request: Request, owner: str, name: str, comment: int) -> Response:
        """Take it back; its author may, and who has write access."""
        services.delete_comment(actor=self.actor, comment=self.comment())
        return self.nothing()


class _Signs(CollabDoor):
    def listed(self, on: Topic | Comment) -> Response:
        """All signs on it."""
        rows = on.reactions.select_related("user").order_by("pk")
        return answer([_shown(row, self.address) for row in rows[:500]])

    def set(self, request: Request, on: Topic | Comment, wanted: bool) -> Response:
        """Make it so that the caller's sign stands, or does not."""
        sign = text_of(self.fields(request), "content", most=20)
        if sign not in Reaction.Sign.values:
            raise Invalid(f"content is one of {', '.join(Reaction.Sign.values)}.", field="content")
        stands = on.reactions.filter(user=self.actor.user, sign=sign).exists() if self.actor.user else False
        if stands != wanted:
            react(actor=self.actor, on=on, sign=sign)
        if not wanted:
            return self.nothing()
        row = on.reactions.select_related("user").get(user=self.actor.user, sign=sign)
        return answer(_shown(row, self.address), status=200 if stands else 201)


def _shown(row: Reaction, address: str) -> dict[str, Any]:
    return {"user": person_record(row.user, address), "content": row.sign, "created_at": moment(row.created_at)}


class TopicSigns(_Signs):
    """Signs on the text of a topic."""

    def on(self) -> Topic:
        """The topic that the address numbers."""
        return self.topic(self.open())

    @extend_schema(
        operation_id="issue_reactions", tags=["comments"], responses={200: ReactionShape(many=True), 404: Problem}
    )
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Who gave which sign; the first 500."""
        return self.listed(self.on())

    @extend_schema(operation_id="react_to_issue", tags=["comments"], request=Sign, responses=_signed)
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Give a sign; 200 when it stood already."""
        return self.set(request, self.on(), True)

    @extend_schema(
        operation_id="unreact_to_issue", tags=["comments"], request=Sign, responses={204: None, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Take a sign back."""
        return self.set(request, self.on(), False)


class CommentSigns(_Signs):
    """Signs on a comment."""

    def on(self) -> Comment:
        """The comment that the address names."""
        return comment_numbered(self.open(), self.kwargs["comment"])

    @extend_schema(
        operation_id="comment_reactions", tags=["comments"], responses={200: ReactionShape(many=True), 404: Problem}
    )
    def get(self, request: Request, owner: str, name: str, comment: int) -> Response:
        """Who gave which sign; the first 500."""
        return self.listed(self.on())

    @extend_schema(operation_id="react_to_comment", tags=["comments"], request=Sign, responses=_signed)
    def post(self, request: Request, owner: str, name: str, comment: int) -> Response:
        """Give a sign; 200 when it stood already."""
        return self.set(request, self.on(), True)

    @extend_schema(
        operation_id="unreact_to_comment", tags=["comments"], request=Sign, responses={204: None, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, comment: int) -> Response:
        """Take a sign back."""
        return self.set(request, self.on(), False)
