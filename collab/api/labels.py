"""Labels of a repository, and those of a topic."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, flag_of, text_of
from accounts.api.people import Problem
from collab.api.door import PAGING, CollabDoor, labels_in, list_of
from collab.api.shapes import LabelShape
from collab.models import Label, Topic
from collab.records import label_record
from collab.selectors.labels import find_label, labels_of
from collab.services import labels as services
from collab.services import sorting
from repos.models import Repository


class NewLabel(serializers.Serializer[Any]):
    """A label."""

    name = serializers.CharField()
    color = serializers.CharField(help_text="Like #d1453b, the sign may be left out.")
    description = serializers.CharField(required=False, allow_blank=True)
    exclusive = serializers.BooleanField(required=False)


class ChangedLabel(serializers.Serializer[Any]):
    """What shall change; the rest stays."""

    name = serializers.CharField(required=False)
    color = serializers.CharField(required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    exclusive = serializers.BooleanField(required=False)


class Chosen(serializers.Serializer[Any]):
    """Labels of the repository."""

    labels = serializers.ListField(help_text="Ids or names.")


_made = {201: LabelShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem}
_all = {200: LabelShape(many=True), 400: Problem, 403: Problem, 404: Problem}


class Labels(CollabDoor):
    """Labels of a repository."""

    @extend_schema(operation_id="labels", tags=["labels"], parameters=PAGING, responses=_all)
    def get(self, request: Request, owner: str, name: str) -> Response:
        """All of them, by name."""
        repository = self.open()
        found, headers = self.paged(request, labels_of(repository))
        return answer([label_record(row, repository, self.address) for row in found], headers=headers)

    @extend_schema(operation_id="create_label", tags=["labels"], request=NewLabel, responses=_made)
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Make one; needs write access."""
        repository, fields = self.open(), self.fields(request)
        made = services.create_label(
            actor=self.actor,
            repository=repository,
            name=text_of(fields, "name", most=200),
            colour=text_of(fields, "color", most=20),
            description=text_of(fields, "description", most=1000),
            is_exclusive=flag_of(fields, "exclusive") or False,
        )
        return answer(label_record(made, repository, self.address), status=201)


class OneLabel(CollabDoor):
    """One label."""

    def label(self, repository: Repository) -> Label:
        """The label that the address names; raises NotFound."""
        return find_label(repository, self.kwargs["label"])

    @extend_schema(operation_id="label", tags=["labels"], responses={200: LabelShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, label: int) -> Response:
        """The label."""
        repository = self.open()
        return answer(label_record(self.label(repository), repository, self.address))

    @extend_schema(
        operation_id="change_label", tags=["labels"], request=ChangedLabel,
        responses={200: LabelShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, label: int) -> Response:
        """Change it everywhere; needs write access."""
        repository, fields = self.open(), self.fields(request)
        row = self.label(repository)
        exclusive = flag_of(fields, "exclusive")
        changed = services.edit_label(
            actor=self.actor,
            label=row,
            name=text_of(fields, "name", row.name, most=200),
            colour=text_of(fields, "color", row.colour, most=20),
            description=text_of(fields, "description", row.description, most=1000),
            is_exclusive=row.is_exclusive if exclusive is None else exclusive,
        )
        return answer(label_record(changed, repository, self.address))

    @extend_schema(operation_id="delete_label", tags=["labels"], responses={204: None, 403: Problem, 404: Problem})
    def delete(self, request: Request, owner: str, name: str, label: int) -> Response:
        """Delete it; what has it loses it. Needs write access."""
        services.delete_label(actor=self.actor, label=self.label(self.open()))
        return self.nothing()


class TopicLabels(CollabDoor):
    """Labels of an issue, a pull request or a discussion."""

    def shown(self, topic: Topic) -> Response:
        """All labels that it has now."""
        rows = topic.labels.order_by("name")
        return answer([label_record(row, topic.repository, self.address) for row in rows])

    def chosen(self, request: Request, repository: Repository) -> list[Label]:
        """The labels that the body names; raises Invalid."""
        return labels_in(repository, list_of(self.fields(request), "labels"))

    @extend_schema(operation_id="issue_labels", tags=["labels"], responses=_all)
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Those it has."""
        return self.shown(self.topic(self.open()))

    @extend_schema(operation_id="add_issue_labels", tags=["labels"], request=Chosen, responses=_all)
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Add labels; needs write access."""
        topic = self.topic(self.open())
        sorting.add_labels(actor=self.actor, topic=topic, labels=self.chosen(request, topic.repository))
        return self.shown(topic)

    @extend_schema(operation_id="set_issue_labels", tags=["labels"], request=Chosen, responses=_all)
    def put(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Have just these labels; needs write access."""
        topic = self.topic(self.open())
        sorting.set_labels(actor=self.actor, topic=topic, labels=self.chosen(request, topic.repository))
        return self.shown(topic)

    @extend_schema(
        operation_id="clear_issue_labels", tags=["labels"], responses={204: None, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Take all off; needs write access."""
        sorting.set_labels(actor=self.actor, topic=self.topic(self.open()), labels=[])
        return self.nothing()


class TopicLabel(CollabDoor):
    """One label of a topic."""

    @extend_schema(
        operation_id="remove_issue_label", tags=["labels"], responses={204: None, 403: Problem, 404: Problem}
    )
    def delete(self, request: Request, owner: str, name: str, number: int, label: int) -> Response:
        """Take it off; needs write access."""
        topic = self.topic(self.open())
        sorting.remove_label(actor=self.actor, topic=topic, label=find_label(topic.repository, label))
        return self.nothing()
