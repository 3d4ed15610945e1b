"""Pull requests: listed, opened, changed, merged; their commits and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, flag_of, page_of, text_of
from accounts.api.people import Problem
from collab.access import check_triage
from collab.api.door import PAGING, CollabDoor, labels_in, list_of, long_text, milestone_in, people_in
from collab.api.issues import change_topic
from collab.api.shapes import PullShape
from collab.models import Kind, PullRequest, Topic
from collab.records import pull_record
from collab.selectors.pulls import find_pull, pulls
from collab.services import pulls as services
from collab.services import sorting
from collab.services.head_branch import update_branch
from collab.services.merging import merge_pull
from hub.lib.errors import Invalid, NotFound
from repos.access import open_repo
from repos.api.door import Json
from repos.api.shapes import CommitShape, shown_commit
from repos.git import diffs, history
from repos.models import Repository
from repos.paths import git_dir

METHODS = {
    "merge": "merge",
    "squash": "squash",
    "rebase": "rebase",
    "fast-forward-only": "ff",
    "ff": "ff",
}
MOST_COMMITS = 1000


class NewPull(serializers.Serializer[Any]):
    """A branch that wants into another."""

    title = serializers.CharField()
    head = serializers.CharField(help_text="The branch, with `owner:` or `owner/name:` before it when it is in a fork.")
    base = serializers.CharField(required=False, help_text="The default branch unless given.")
    body = serializers.CharField(required=False, allow_blank=True)
    draft = serializers.BooleanField(required=False)
    labels = serializers.ListField(required=False, help_text="Ids or names; needs write access, like the next two.")
    assignees = serializers.ListField(child=serializers.CharField(), required=False)
    milestone = serializers.IntegerField(required=False, allow_null=True)


class ChangedPull(serializers.Serializer[Any]):
    """What shall change; the rest stays."""

    title = serializers.CharField(required=False)
    body = serializers.CharField(required=False, allow_blank=True)
    base = serializers.CharField(required=False, help_text="Another branch to merge into.")
    draft = serializers.BooleanField(required=False)
    allow_maintainer_edit = serializers.BooleanField(required=False)
    state = serializers.ChoiceField(["open", "closed"], required=False)
    labels = serializers.ListField(required=False)
    assignees = serializers.ListField(child=serializers.CharField(), required=False)
    milestone = serializers.IntegerField(required=False, allow_null=True)
    due_date = serializers.CharField(required=False, allow_null=True)


class Merge(serializers.Serializer[Any]):
    """How to merge."""

    Do = serializers.ChoiceField(list(METHODS), help_text="The method.")
    MergeTitleField = serializers.CharField(required=False, allow_blank=True)
    MergeMessageField = serializers.CharField(required=False, allow_blank=True)
    head_commit_id = serializers.CharField(required=False, help_text="Merge only if the head is this commit.")
    delete_branch_after_merge = serializers.BooleanField(required=False)


class FileShape(serializers.Serializer[Any]):
    """A file that a pull request changes."""

    filename = serializers.CharField()
    previous_filename = serializers.CharField(allow_blank=True)
    status = serializers.CharField(help_text="added, modified, deleted, renamed, copied or retyped.")
    additions = serializers.IntegerField()
    deletions = serializers.IntegerField()
    changes = serializers.IntegerField()
    binary = serializers.BooleanField()


class PullDoor(CollabDoor):
    """An endpoint about one pull request."""

    def pull(self, repository: Repository) -> PullRequest:
        """The pull request that the address numbers; raises NotFound."""
        found = find_pull(repository, min(self.kwargs["number"], 2**31 - 1))
        if found is None:
            raise NotFound(f"There is no pull request {self.kwargs['number']} here.")
        return found

    def shown(self, repository: Repository, *, status: int = 200) -> Response:
        """The pull request as it is now."""
        return answer(pull_record(self.pull(repository), self.address), status=status)


class Pulls(CollabDoor):
    """Pull requests of a repository."""

    @extend_schema(
        operation_id="pulls", tags=["pull requests"], responses={200: PullShape(many=True), 404: Problem},
        parameters=[
            OpenApiParameter("state", str, description="open (the default), closed or all."),
            OpenApiParameter("base", str, description="Only those into this branch."),
            OpenApiParameter("head", str, description="Only those of this branch."),
            *PAGING,
        ],
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """The newest first; `X-Total-Count` says how many there are."""
        repository, asked = self.open(), request.query_params
        state = asked.get("state", "open") or "open"
        if state not in ("open", "closed", "all"):
            raise Invalid("state is open, closed or all.", field="state")
        rows = pulls().filter(repository=repository).prefetch_related("topic__labels", "topic__assignees")
        if state != "all":
            rows = rows.filter(topic__state=state)
        for side in ("base", "head"):
            if asked.get(side):
                rows = rows.filter(**{f"{side}_branch": asked[side].replace("\0", "")})
        found, headers = self.paged(request, rows.order_by("-topic__number"))
        for row in found:
            row.repository = row.topic.repository = repository
        return answer([pull_record(row, self.address) for row in found], headers=headers)

    @extend_schema(
        operation_id="open_pull", tags=["pull requests"], request=NewPull,
        responses={201: PullShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Open one, from a branch here or in a fork; whoever may read the repository may."""
        repository, fields = self.open(), self.fields(request)
        head_repository, branch = self._head(repository, text_of(fields, "head", most=400))
        sort = self._sorter(repository, fields)
        made = services.open_pull(
            actor=self.actor,
            repository=repository,
            head_repository=head_repository,
            head_branch=branch,
            base_branch=text_of(fields, "base", most=300) or repository.default_branch,
            title=text_of(fields, "title", most=1000),
            body=long_text(fields, "body"),
            draft=flag_of(fields, "draft") or False,
        )
        sort(made.topic)
        found = find_pull(repository, made.topic.number)
        assert found is not None
        return answer(pull_record(found, self.address), status=201)

    def _head(self, repository: Repository, text: str) -> tuple[Repository, str]:
        """The repository and branch that `branch`, `owner:branch` or `owner/name:branch` mean."""
        place, colon, branch = text.rpartition(":")
        if not colon:
            return repository, text
        owner, _, name = place.partition("/")
        return open_repo(self.actor, owner, name or repository.name), branch

    def _sorter(self, repository: Repository, fields: Json) -> Callable[[Topic], None]:
        """What sorts the new topic. All that can be refused is refused here, before anything is made."""
        labels = labels_in(repository, list_of(fields, "labels"))
        people = people_in(list_of(fields, "assignees"))
        milestone = milestone_in(repository, fields)
        if labels or people or milestone:
            check_triage(self.actor, repository)
        sorting.check_assignable(self.actor, repository, people)

        def sort(topic: Topic) -> None:
            with transaction.atomic():
                if labels:
                    sorting.set_labels(actor=self.actor, topic=topic, labels=labels)
                if people:
                    sorting.set_assignees(actor=self.actor, topic=topic, users=people)
                if milestone:
                    sorting.set_milestone(actor=self.actor, topic=topic, milestone=milestone)

        return sort


class OnePull(PullDoor):
    """One pull request."""

    @extend_schema(operation_id="pull", tags=["pull requests"], responses={200: PullShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """The pull request."""
        return self.shown(self.open())

    @extend_schema(
        operation_id="change_pull", tags=["pull requests"], request=ChangedPull,
        responses={200: PullShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def patch(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Change text, branch, draft, state, labels, people or milestone: all of it or nothing."""
        repository, fields = self.open(), self.fields(request)
        pull = self.pull(repository)
        with transaction.atomic():
            if fields.get("base"):
                services.change_base(actor=self.actor, pull=pull, branch=text_of(fields, "base", most=300))
            draft, edits = flag_of(fields, "draft"), flag_of(fields, "allow_maintainer_edit")
            if draft is not None:
                services.set_draft(actor=self.actor, pull=pull, draft=draft)
            if edits is not None:
                services.set_allow_edits(actor=self.actor, pull=pull, allow=edits)
            if "labels" in fields:
                labels = labels_in(repository, list_of(fields, "labels"))
                sorting.set_labels(actor=self.actor, topic=pull.topic, labels=labels)
            change_topic(self, repository, self.topic(repository, Kind.PULL), fields)
        return self.shown(repository)


class Merged(PullDoor):
    """Whether it is merged, and merging it."""

    @extend_schema(operation_id="is_merged", tags=["pull requests"], responses={204: None, 404: Problem})
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """204 when it is merged, 404 when it is not."""
        if not self.pull(self.open()).is_merged:
            raise NotFound("This pull request is not merged.")
        return self.nothing()

    @extend_schema(
        operation_id="merge_pull", tags=["pull requests"], request=Merge,
        responses={200: PullShape, 400: Problem, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Merge it; 409 says what stands in the way, and nothing has changed then."""
        repository, fields = self.open(), self.fields(request)
        pull, wanted = self.pull(repository), text_of(fields, "Do", most=30)
        if wanted not in METHODS:
            raise Invalid(f"Do is one of {', '.join(METHODS)}.", field="Do")
        merge_pull(
            actor=self.actor,
            pull=pull,
            method=METHODS[wanted],
            title=text_of(fields, "MergeTitleField", most=500),
            message=long_text(fields, "MergeMessageField"),
            expected_head=text_of(fields, "head_commit_id", most=60),
            delete_branch=flag_of(fields, "delete_branch_after_merge"),
        )
        return self.shown(repository)


class Update(PullDoor):
    """Bringing the branch up to date."""

    @extend_schema(
        operation_id="update_pull", tags=["pull requests"], request=None,
        responses={200: PullShape, 403: Problem, 404: Problem, 409: Problem},
    )  # fmt: skip
    def post(self, request: Request, owner: str, name: str, number: int) -> Response:
        """Merge the base branch into the head's."""
        repository = self.open()
        update_branch(actor=self.actor, pull=self.pull(repository))
        return self.shown(repository)


class PullCommits(PullDoor):
    """Commits of a pull request."""

    @extend_schema(
        operation_id="pull_commits", tags=["pull requests"], parameters=PAGING,
        responses={200: CommitShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """What it brings, the newest first; the first thousand."""
        repository = self.open()
        pull = self.pull(repository)
        span = f"{pull.merge_base}..{pull.head_commit}" if pull.merge_base else pull.head_commit
        rows, headers = page_of(request, history.log(git_dir(repository), span, limit=MOST_COMMITS), most=50)
        return answer([shown_commit(request._request, repository, row) for row in rows], headers=headers)


class PullFiles(PullDoor):
    """Files of a pull request."""

    @extend_schema(
        operation_id="pull_files", tags=["pull requests"], parameters=PAGING,
        responses={200: FileShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, number: int) -> Response:
        """What differs between the head and the place where it left the base."""
        repository = self.open()
        pull = self.pull(repository)
        found = diffs.changed_files(git_dir(repository), pull.merge_base or diffs.EMPTY_TREE, pull.head_commit)
        rows, headers = page_of(request, found, most=50)
        return answer([_file(row) for row in rows], headers=headers)


def _file(change: diffs.FileChange) -> Json:
    return {
        "filename": change.path_text,
        "previous_filename": change.old_path_text if change.old_path_text != change.path_text else "",
        "status": change.status,
        "additions": change.additions or 0,
        "deletions": change.deletions or 0,
        "changes": change.changed_lines,
        "binary": change.is_binary,
    }


class PullDiff(PullDoor):
    """The change as text."""

    @extend_schema(
        operation_id="pull_diff",
        tags=["pull requests"],
        responses={(200, "text/plain"): OpenApiTypes.STR, 404: Problem},
    )
    def get(self, request: Request, owner: str, name: str, number: int) -> Any:
        """The difference as `git apply` takes it; 413 when it is too large for one answer."""
        repository = self.open()
        pull = self.pull(repository)
        text = diffs.patch(git_dir(repository), pull.merge_base or diffs.EMPTY_TREE, pull.head_commit)
        # SECURITY: other people's text, never to be read as a page.
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Cache-Control": "no-store",
        }
        return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
