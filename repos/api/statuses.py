"""What checks say about commits: how CI tells that it is done."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, base_url, page_of, text_of
from accounts.api.people import Problem
from accounts.levels import Level
from repos.api.door import Json, RepoDoor, whole_ref
from repos.api.refs import PAGING
from repos.api.shapes import RepositoryShape
from repos.models import CommitStatus
from repos.records import person_record, repository_record
from repos.selectors.statuses import Checks, latest_statuses
from repos.services.statuses import set_status

MOST = 1000


class StatusShape(serializers.Serializer[Any]):
    """What one check says about a commit."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(CommitStatus.State.values)
    context = serializers.CharField(help_text="The name of the check.")
    description = serializers.CharField(allow_blank=True)
    target_url = serializers.CharField(allow_blank=True)
    creator = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CombinedShape(serializers.Serializer[Any]):
    """All checks of a commit together."""

    state = serializers.CharField(allow_blank=True, help_text="The worst of all; empty when nothing was said yet.")
    sha = serializers.CharField()
    total_count = serializers.IntegerField()
    statuses = StatusShape(many=True)
    repository = RepositoryShape()


class NewStatus(serializers.Serializer[Any]):
    """A word about a commit."""

    state = serializers.ChoiceField(CommitStatus.State.values)
    context = serializers.CharField(required=False, help_text="The name of the check; `default` unless given.")
    description = serializers.CharField(required=False, allow_blank=True, help_text="A line; cut after 300 letters.")
    target_url = serializers.CharField(required=False, allow_blank=True, help_text="Where to read more.")


class Statuses(RepoDoor):
    """Words about one commit."""

    @extend_schema(
        operation_id="statuses", tags=["statuses"], parameters=PAGING,
        responses={200: StatusShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, sha: str) -> Response:
        """All that was said, the latest first, also what was replaced; the latest thousand."""
        repository = self.open()
        commit = whole_ref(repository, sha).commit
        rows = repository.commit_statuses.filter(commit=commit).select_related("creator").order_by("-pk")[:MOST]
        found, headers = page_of(request, list(rows))
        return answer([_shown(row, base_url(request._request)) for row in found], headers=headers)

    @extend_schema(
        operation_id="set_status", tags=["statuses"], request=NewStatus,
        responses={201: StatusShape, 400: Problem, 403: Problem, 404: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str, sha: str) -> Response:
        """Say how a check stands; protected branches may require that it passes. Needs write access."""
        repository, fields = self.open(Level.WRITE), self.fields(request)
        made = set_status(
            actor=self.actor,
            repository=repository,
            commit=whole_ref(repository, sha).commit,
            context=text_of(fields, "context", "default", most=1000),
            state=text_of(fields, "state", most=20),
            description=text_of(fields, "description", most=10_000),
            target_url=text_of(fields, "target_url", most=10_000),
        )
        return answer(_shown(made, base_url(request._request)), status=201)


class Combined(RepoDoor):
    """The checks of a commit taken together."""

    @extend_schema(operation_id="combined_status", tags=["statuses"], responses={200: CombinedShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, sha: str) -> Response:
        """The last word of each check about a commit, a branch or a tag, and the state of all."""
        repository, address = self.open(), base_url(request._request)
        commit = whole_ref(repository, sha).commit
        rows = latest_statuses(repository, commit)
        found: Json = {
            "state": Checks(tuple(rows)).state,
            "sha": commit,
            "total_count": len(rows),
            "statuses": [_shown(row, address) for row in rows],
            "repository": repository_record(repository, address),
        }
        return answer(found)


def _shown(row: CommitStatus, address: str) -> Json:
    return {
        "id": row.pk,
        "status": row.state,
        "context": row.context,
        "description": row.description,
        "target_url": row.target_url,
        "creator": person_record(row.creator, address),
        "created_at": row.created_at.isoformat(),
        "updated_at": row.created_at.isoformat(),
    }
