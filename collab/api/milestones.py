"""Milestones of a repository."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, text_of
from accounts.api.people import Problem
from collab.api.door import PAGING, CollabDoor, day_of, long_text
from collab.api.shapes import MilestoneShape
from collab.models import Milestone
from collab.records import milestone_record
from collab.selectors.milestones import MilestoneLine, find_milestone, milestone_line, milestone_lines
from collab.services import milestones as services
from hub.lib.errors import Invalid
from repos.api.door import Json
from repos.models import Repository


class NewMilestone(serializers.Serializer[Any]):
    """A milestone."""

    title = serializers.CharField()
    description = serializers.CharField(required=False, allow_blank=True, help_text="Markdown.")
    due_on = serializers.CharField(required=False, allow_null=True, help_text="A day, or the moment it begins.")


class ChangedMilestone(serializers.Serializer[Any]):
    """What shall change; the rest stays."""

    title = serializers.CharField(required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    due_on = serializers.CharField(required=False, allow_null=True)
    state = serializers.ChoiceField(["open", "closed"], required=False)


class Milestones(CollabDoor):
    """Milestones of a repository."""

    @extend_schema(
        operation_id="milestones", tags=["milestones"], responses={200: MilestoneShape(many=True), 404: Problem},
        parameters=[OpenApiParameter("state", str, description="open (the default), closed or all."), *PAGING],
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """Those open, the one due soonest first."""
        repository, state = self.open(), request.query_params.get("state", "open") or "open"
        if state not in ("open", "closed", "all"):
            raise Invalid("state is open, closed or all.", field="state")
        wanted = {"open": [False], "closed": [True], "all": [False, True]}[state]
        today = timezone.now().date()
        rows = [line for closed in wanted for line in milestone_lines(repository, today, closed=closed)]
        return answer([_shown(line) for line in rows], headers={"X-Total-Count": str(len(rows))})

    @extend_schema(
        operation_id="create_milestone", tags=["milestones"], request=NewMilestone,
        responses={201: MilestoneShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Make one; needs write access."""
        repository, fields = self.open(), self.fields(request)
        made = services.create_milestone(
            actor=self.actor,
            repository=repository,
            title=text_of(fields, "title", most=1000),
            description=long_text(fields, "description"),
            due_on=day_of(fields, "due_on"),
        )
        return answer(milestone_record(made), status=201)


class OneMilestone(CollabDoor):
    """One milestone."""

    @extend_schema(operation_id="milestone", tags=["milestones"], responses={200: MilestoneShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, milestone: int) -> Response:
        """The milestone of this number, with how far it has come."""
        return answer(self._told(self.open(), milestone))

    @extend_schema(
        operation_id="change_milestone", tags=["milestones"], request=ChangedMilestone,
        responses={200: MilestoneShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, milestone: int) -> Response:
        """Change it, close it, open it again; needs write access."""
        repository, fields = self.open(), self.fields(request)
        with transaction.atomic():
            self._change(find_milestone(repository, milestone), fields)
        return answer(self._told(repository, milestone))

    @extend_schema(
        operation_id="delete_milestone", tags=["milestones"], responses={204: None, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, milestone: int) -> Response:
        """Delete it; what led to it stays. Needs write access."""
        services.delete_milestone(actor=self.actor, milestone=find_milestone(self.open(), milestone))
        return self.nothing()

    def _change(self, row: Milestone, fields: Json) -> None:
        state = text_of(fields, "state", most=20)
        services.edit_milestone(
            actor=self.actor,
            milestone=row,
            title=text_of(fields, "title", row.title, most=1000),
            description=long_text(fields, "description", row.description),
            due_on=day_of(fields, "due_on") if "due_on" in fields else row.due_on,
        )
        if state and state not in ("open", "closed"):
            raise Invalid("state is open or closed.", field="state")
        if state and (state == "closed") != (row.closed_at is not None):
            act = services.close_milestone if state == "closed" else services.reopen_milestone
            act(actor=self.actor, milestone=row)

    def _told(self, repository: Repository, number: int) -> Json:
        return _shown(milestone_line(repository, number, timezone.now().date()))


def _shown(line: MilestoneLine) -> Json:
    return milestone_record(line.milestone, open_topics=line.open, closed_topics=line.closed)
