"""Issues: listed, opened, looked at, changed, pinned, locked and deleted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, text_of
from accounts.api.people import Problem
from collab import search_language
from collab.api.door import (
    PAGING,
    CollabDoor,
    day_of,
    labels_in,
    list_of,
    long_text,
    milestone_in,
    people_in,
    topic_numbered,
    topics_of,
)
from collab.api.shapes import IssueShape
from collab.models import Kind, Topic
from collab.records import issue_record
from collab.selectors.topic_search import matching
from collab.services import sorting, topic_state
from collab.services.issues import open_issue
from hub.lib.errors import Invalid
from repos.api.door import Json
from repos.models import Repository

TYPES = {"": None, "issues": Kind.ISSUE, "pulls": Kind.PULL}


class NewIssue(serializers.Serializer[Any]):
    """What an issue says. Labels, people, milestone and day need write access."""

    title = serializers.CharField()
    body = serializers.CharField(required=False, allow_blank=True, help_text="Markdown.")
    labels = serializers.ListField(required=False, help_text="Ids or names.")
    assignees = serializers.ListField(child=serializers.CharField(), required=False, help_text="User names.")
    milestone = serializers.IntegerField(required=False, allow_null=True, help_text="Its number.")
    due_date = serializers.CharField(required=False, allow_null=True, help_text="A day, or the moment it begins.")


class ChangedIssue(serializers.Serializer[Any]):
    """What shall change; the rest stays."""

    title = serializers.CharField(required=False)
    body = serializers.CharField(required=False, allow_blank=True)
    state = serializers.ChoiceField(["open", "closed"], required=False)
    state_reason = serializers.ChoiceField(["completed", "not_planned", "duplicate"], required=False)
    assignees = serializers.ListField(child=serializers.CharField(), required=False)
    milestone = serializers.IntegerField(required=False, allow_null=True, help_text="0 or null: none.")
    due_date = serializers.CharField(required=False, allow_null=True)
    unset_due_date = serializers.BooleanField(required=False)


class Issues(CollabDoor):
    """Issues of a repository."""

    @extend_schema(
        operation_id="issues", tags=["issues"], responses={200: IssueShape(many=True), 404: Problem},
        parameters=[
            OpenApiParameter("state", str, description="open (the default), closed or all."),
            OpenApiParameter("type", str, description="issues or pulls; both unless given."),
            OpenApiParameter("labels", str, description="Names with commas between; all of them."),
            OpenApiParameter("milestones", str, description="Titles with commas between; any of them."),
            OpenApiParameter("q", str, description="Words, or a search as on the page: author:alice no:label …"),
            *PAGING,
        ],
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """Issues and pull requests, the newest first; `X-Total-Count` says how many there are."""
        repository = self.open()
        rows, headers = self.paged(request, self._wanted(request, repository))
        return answer([issue_record(row, self.address) for row in rows], headers=headers)

    def _wanted(self, request: Request, repository: Repository) -> QuerySet[Topic]:
        asked = request.query_params
        type_, state = asked.get("type", ""), asked.get("state", "open") or "open"
        if type_ not in TYPES or state not in ("open", "closed", "all"):
            raise Invalid("type is issues or pulls, state is open, closed or all.")
        words = [asked.get("q", "")] + ([] if state == "all" else [f"is:{state}"])
        words += [f"label:{search_language.quoted(each)}" for each in asked.get("labels", "").split(",") if each]
        titles = [search_language.quoted(each) for each in asked.get("milestones", "").split(",") if each]
        query = search_language.parse(" ".join([*words, f"milestone:{','.join(titles)}" if titles else ""]))
        kind, today = TYPES[type_], timezone.now().date()
        every = matching(query, repository=repository, actor=self.actor, kind=kind, today=today)
        return topics_of(repository).filter(pk__in=every.order_by().values("pk")).order_by("-number")

    @extend_schema(
        operation_id="open_issue", tags=["issues"], request=NewIssue,
        responses={201: IssueShape, 400: Problem, 401: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Open an issue; whoever may read the repository may."""
        repository, fields = self.open(), self.fields(request)
        made = open_issue(
            actor=self.actor,
            repository=repository,
            title=text_of(fields, "title", most=1000),
            body=long_text(fields, "body"),
            labels=labels_in(repository, list_of(fields, "labels")),
            assignees=people_in(list_of(fields, "assignees")),
            milestone=milestone_in(repository, fields),
            due_on=day_of(fields, "due_date"),
        )
        return answer(issue_record(topic_numbered(repository, made.number), self.address), status=201)


class OneIssue(CollabDoor):
    """One issue, or the talk of a pull request."""

    @extend_schema(operation_id="issue", tags=["issues"], responses={200: IssueShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """The issue; a pull request of this number too, as an issue."""
        return answer(issue_record(self.topic(self.open(), Kind.ISSUE, Kind.PULL), self.address))

    @extend_schema(
        operation_id="change_issue", tags=["issues"], request=ChangedIssue,
        responses={200: IssueShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Change text, state, people, milestone or day: all of it or nothing. Its author may change text and state."""
        repository, fields = self.open(), self.fields(request)
        with transaction.atomic():
            change_topic(self, repository, self.topic(repository, Kind.ISSUE, Kind.PULL), fields)
        return answer(issue_record(self.topic(repository), self.address))

    @extend_schema(operation_id="delete_issue", tags=["issues"], responses={204: None, 403: Problem, 404: Problem})
    def delete(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Delete an issue with all that was said, for ever; needs admin access."""
        topic_state.delete_topic(actor=self.actor, topic=self.topic(self.open(), Kind.ISSUE))
        return self.nothing()


def change_topic(door: CollabDoor, repository: Repository, topic: Topic, fields: Json) -> None:
    """What PATCH of an issue, a pull request and a discussion change alike; call it in a transaction."""
    actor = door.actor
    if "title" in fields or "body" in fields:
        title = text_of(fields, "title", most=1000) if "title" in fields else None
        body = long_text(fields, "body") if "body" in fields else None
        topic_state.edit_topic(actor=actor, topic=topic, title=title, body=body)
    if "assignees" in fields:
        sorting.set_assignees(actor=actor, topic=topic, users=people_in(list_of(fields, "assignees")))
    if "milestone" in fields:
        sorting.set_milestone(actor=actor, topic=topic, milestone=milestone_in(repository, fields))
    if "due_date" in fields or fields.get("unset_due_date"):
        due = None if fields.get("unset_due_date") else day_of(fields, "due_date")
        sorting.set_due(actor=actor, topic=topic, due_on=due)
    if fields.get("state") is not None:
        change_state(door, topic, fields)


def change_state(door: CollabDoor, topic: Topic, fields: Json) -> None:
    """Close or open again; raises Invalid for other words."""
    state = text_of(fields, "state", most=20)
    if state == "open":
        topic_state.reopen_topic(actor=door.actor, topic=topic)
    elif state == "closed":
        reason = text_of(fields, "state_reason", most=20)
        topic_state.close_topic(actor=door.actor, topic=topic, reason=reason)
    else:
        raise Invalid("state is open or closed.", field="state")


class Pin(CollabDoor):
    """Whether an issue stands above the list."""

    @extend_schema(
        operation_id="pin_issue", tags=["issues"], request=None, responses={204: None, 403: Problem, 404: Problem}
    )
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Pin it; needs write access."""
        topic_state.pin_topic(actor=self.actor, topic=self.topic(self.open()))
        return self.nothing()

    @extend_schema(operation_id="unpin_issue", tags=["issues"], responses={204: None, 403: Problem, 404: Problem})
    def delete(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Take it down; needs write access."""
        topic_state.unpin_topic(actor=self.actor, topic=self.topic(self.open()))
        return self.nothing()


class NewLock(serializers.Serializer[Any]):
    """Why it is locked."""

    lock_reason = serializers.CharField(required=False, allow_blank=True)


class Lock(CollabDoor):
    """Whether only writers may go on."""

    @extend_schema(
        operation_id="lock_issue", tags=["issues"], request=NewLock, responses={204: None, 403: Problem, 404: Problem}
    )
    def put(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Lock it; needs write access."""
        topic, fields = self.topic(self.open()), self.fields(request)
        topic_state.lock_topic(actor=self.actor, topic=topic, reason=text_of(fields, "lock_reason", most=100))
        return self.nothing()

    @extend_schema(operation_id="unlock_issue", tags=["issues"], responses={204: None, 403: Problem, 404: Problem})
    def delete(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Let everybody go on; needs write access."""
        topic_state.unlock_topic(actor=self.actor, topic=self.topic(self.open()))
        return self.nothing()
