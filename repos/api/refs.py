"""Branches, tags and commits."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, number_of, page_of
from accounts.api.people import Problem
from hub.lib.errors import Invalid, NotFound
from repos.api.door import RepoDoor, whole_ref
from repos.api.shapes import BranchShape, CommitShape, OneCommit, RefShape, shown_commit, shown_ref
from repos.git import history, listing, names
from repos.paths import git_dir

PAGING = [
    OpenApiParameter("page", int, description="From 1."),
    OpenApiParameter("limit", int, description="At most 100, which is also the default."),
]


class Branches(RepoDoor):
    """Branches in a list."""

    @extend_schema(operation_id="branches", tags=["refs"], parameters=PAGING, responses={200: RefShape(many=True)})
    def get(self, request: Request, owner: str, name: str) -> Response:
        """All branches, the one changed last first, in pages; `X-Total-Count` says how many there are."""
        rows, headers = page_of(request, listing.branches(git_dir(self.open())))
        return answer([shown_ref(row) for row in rows], headers=headers)


class Tags(RepoDoor):
    """Tags in a list."""

    @extend_schema(operation_id="tags", tags=["refs"], parameters=PAGING, responses={200: RefShape(many=True)})
    def get(self, request: Request, owner: str, name: str) -> Response:
        """All tags, the newest first, in pages."""
        rows, headers = page_of(request, listing.tags(git_dir(self.open())))
        return answer([shown_ref(row) for row in rows], headers=headers)


class Branch(RepoDoor):
    """One branch."""

    @extend_schema(operation_id="branch", tags=["refs"], responses={200: BranchShape, 404: Problem})
    def get(self, request: Request, owner: str, name: str, branch: str) -> Response:
        """The branch and its last commit. Slashes in its name may be written as they are."""
        repository = self.open()
        place = whole_ref(repository, branch)
        if place.kind != "branch":
            raise NotFound(f"There is no branch {branch[:200]}.")
        commit = history.commit(git_dir(repository), place.commit)
        return answer({"name": place.ref, "commit": shown_commit(request._request, repository, commit)})


class Commit(RepoDoor):
    """One commit."""

    @extend_schema(operation_id="commit", tags=["refs"], responses={200: OneCommit, 404: Problem})
    def get(self, request: Request, owner: str, name: str, sha: str) -> Response:
        """A commit by its id, whole or shortened, or the one that a branch or tag of this name stands for."""
        repository = self.open()
        commit = history.commit(git_dir(repository), whole_ref(repository, sha).commit)
        return answer({"commit": shown_commit(request._request, repository, commit)})


class Commits(RepoDoor):
    """History."""

    @extend_schema(
        operation_id="commits", tags=["refs"],
        parameters=[
            OpenApiParameter("ref", str, description="Branch, tag or commit; the default branch unless given."),
            OpenApiParameter("path", str, description="Only commits that touched this file or folder."),
            *PAGING,
        ],
        responses={200: CommitShape(many=True), 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str) -> Response:
        """Commits, newest first, in pages."""
        repository, query = self.open(), request.query_params
        ref, path = query.get("ref", ""), query.get("path", "").strip("/")
        page = number_of(request, "page", 1, low=1, high=10**6)
        limit = number_of(request, "limit", 30, low=1, high=100)
        if repository.is_empty and not ref:
            return answer([])
        place = whole_ref(repository, ref or repository.default_branch)
        readings = names.readings(path)
        if not readings or not names.may_be_in_tree(readings[0]):
            raise Invalid("That cannot be a path in a repository.", field="path")
        rows = history.log(git_dir(repository), place.commit, path=readings[0], skip=(page - 1) * limit, limit=limit)
        return answer([shown_commit(request._request, repository, row) for row in rows])
