"""Talk on anything: files, runs, versions of models, rows of data."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, text_of
from accounts.api.people import Problem
from collab.api.comments import Said
from collab.api.door import PAGING, CollabDoor, comment_numbered, long_text
from collab.api.shapes import CommentShape, ThreadShape
from collab.models import Comment, Thread
from collab.records import comment_record, thread_record
from collab.services.comments import post_reply, resolve_thread
from collab.services.talk_places import begin_talk
from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from repos.subjects import all_subjects


class NewTalk(serializers.Serializer[Any]):
    """Something said about a thing."""

    subject = serializers.CharField(help_text="The kind of thing: file, run, model_version …")
    key = serializers.CharField(help_text="The thing: a path, a run's id, name/version …")
    where = serializers.CharField(required=False, allow_blank=True, help_text="A place on it, such as line 12.")
    ref = serializers.CharField(required=False, allow_blank=True, help_text="Of a file: branch, tag or commit.")
    body = serializers.CharField(help_text="Markdown.")


class Settled(serializers.Serializer[Any]):
    """Whether a thread is settled."""

    resolved = serializers.BooleanField()


class Talk(CollabDoor):
    """Threads on things of a repository."""

    @extend_schema(
        operation_id="talk", tags=["talk"], responses={200: ThreadShape(many=True), 404: Problem},
        parameters=[
            OpenApiParameter("subject", str, description="Only this kind of thing."),
            OpenApiParameter("key", str, description="Only this thing."),
            *PAGING,
        ],
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """All of them but those of pull requests, the latest talk first."""
        asked = request.query_params
        rows = Thread.objects.filter(repository=self.open(), topic=None, comments_count__gt=0)
        for field in ("subject", "key"):
            if asked.get(field):
                rows = rows.filter(**{field: asked[field].replace("\0", "")})
        rows = rows.select_related("author", "resolved_by").order_by("-updated_at", "-pk")
        found, headers = self.paged(request, rows)
        return answer([thread_record(row, self.address) for row in found], headers=headers)

    @extend_schema(
        operation_id="begin_talk", tags=["talk"], request=NewTalk,
        responses={201: ThreadShape, 400: Problem, 401: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Begin to talk about a thing; whoever may read the repository may."""
        repository, fields = self.open(), self.fields(request)
        kind = text_of(fields, "subject", most=24)
        known = [subject.kind for subject in all_subjects()]
        if kind not in known:
            raise Invalid(f"subject is one of {', '.join(known)}.", field="subject")
        made = begin_talk(
            actor=self.actor,
            repository=repository,
            kind=kind,
            key=text_of(fields, "key", most=500),
            where=text_of(fields, "where"),
            body=long_text(fields, "body"),
            ref=text_of(fields, "ref"),
        )
        return answer(thread_record(made, self.address), status=201)


class _ThreadDoor(CollabDoor):
    def thread(self, repository: Repository) -> Thread:
        """The thread that the address names; raises NotFound. Those of pull requests are with these."""
        rows = Thread.objects.select_related("repository__owner", "author", "resolved_by")
        found = rows.filter(repository=repository, topic=None, pk=min(self.kwargs["thread"], 2**63 - 1)).first()
        if found is None:
            raise NotFound("There is no such thread here.")
        return found


class OneTalk(_ThreadDoor):
    """One thread."""

    @extend_schema(operation_id="talk_thread", tags=["talk"], responses={200: ThreadShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, thread: int) -> Response:
        """The thread."""
        return answer(thread_record(self.thread(self.open()), self.address))

    @extend_schema(
        operation_id="settle_talk", tags=["talk"], request=Settled,
        responses={200: ThreadShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, thread: int) -> Response:
        """Settle it, or open it again."""
        found, fields = self.thread(self.open()), self.fields(request)
        if not isinstance(fields.get("resolved"), bool):
            raise Invalid("resolved is true or false.", field="resolved")
        resolve_thread(actor=self.actor, thread=found, resolved=fields["resolved"])
        return answer(thread_record(self.thread(found.repository), self.address))


class TalkComments(_ThreadDoor):
    """What is said in a thread."""

    @extend_schema(
        operation_id="talk_comments", tags=["talk"], parameters=PAGING,
        responses={200: CommentShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, thread: int) -> Response:
        """The oldest first."""
        rows = Comment.objects.filter(thread=self.thread(self.open()), is_pending=False).order_by("pk")
        found, headers = self.paged(request, rows.select_related("author", "repository__owner", "thread"))
        return answer([comment_record(row, self.address) for row in found], headers=headers)

    @extend_schema(
        operation_id="answer_talk", tags=["talk"], request=Said,
        responses={201: CommentShape, 400: Problem, 401: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str, thread: int) -> Response:
        """Say something there; whoever may read the repository may."""
        found, fields = self.thread(self.open()), self.fields(request)
        made = post_reply(actor=self.actor, thread=found, body=long_text(fields, "body"))
        return answer(comment_record(comment_numbered(found.repository, made.pk), self.address), status=201)
