"""The tree of a repository: listed, uploaded to, renamed and deleted in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import OwnFault, answer, base_url, flag_of, number_of, text_of
from accounts.api.people import Problem
from accounts.levels import Level
from hub.lib.errors import HubError, Invalid, Unavailable
from hub.lib.http import stream_body
from repos.api.door import RepoDoor, place_at
from repos.git import listing, names
from repos.git.objects import Place
from repos.models import Repository
from repos.paths import git_dir
from repos.services import protection
from storage.api.multipart import is_form_data, parts_of
from storage.api.shapes import Committed, ContentEntry, api_url, shown_item
from storage.services.arrivals import VERSIONING, Arrivals, Wish
from storage.services.tree_edits import Draft, commit_draft
from storage.tree import item_at, listing_of

LONGEST_SUMMARY = 200
MOST_FIELDS = 50
DIRECT, NEW_BRANCH = "direct", "commit-to-new-branch"


class Upload(serializers.Serializer[Any]):
    """Fields first, then files; the name of a file is its path below the folder of the address."""

    commit_summary = serializers.CharField(required=False)
    commit_choice = serializers.ChoiceField([DIRECT, NEW_BRANCH], required=False)
    new_branch_name = serializers.CharField(required=False)
    versioning = serializers.ChoiceField(["auto", "git", "dvc"], required=False)
    last_commit = serializers.CharField(required=False, help_text="Needed to replace files: the tip that was seen.")
    is_dvc_dir = serializers.BooleanField(required=False, help_text="DVC keeps the folder as one thing.")
    files = serializers.ListField(child=serializers.FileField())


class Renaming(serializers.Serializer[Any]):
    """Where to."""

    to = serializers.CharField(help_text="The new path, from the root of the repository.")
    commit_summary = serializers.CharField(required=False)


_changed = {200: Committed, 403: Problem, 404: Problem, 409: Problem}
_sent = {**_changed, 400: Problem, 413: Problem, 415: Problem, 507: Problem}
_upload: dict[Any, Any] = {"multipart/form-data": Upload}


class Content(RepoDoor):
    """A file or folder at a branch, tag or commit."""

    @extend_schema(
        operation_id="content", tags=["content"],
        parameters=[
            OpenApiParameter("include_size", bool, description="Sizes of files of Git, too."),
            OpenApiParameter("limit", int, description="Entries of a page, at most 1000; without it all at once."),
            OpenApiParameter("after", str, description="Taken from the link `next` of the page before."),
        ],
        responses={200: ContentEntry(many=True), 404: Problem, 413: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, place: str) -> Response:
        """What a folder holds, data of DVC and LFS as what it stands for; for a file its record alone."""
        repository = self.open()
        here, base = place_at(repository, place), api_url(request._request, repository)
        item = item_at(repository, here.commit, here.path_text)
        if item.kind == "file":
            return answer(shown_item(base, here.commit, item))
        query = request.query_params
        limit, after = number_of(request, "limit", 0, low=1, high=1000), query.get("after", "")
        if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in after):
            raise Invalid("after is not one of this listing.", field="after")
        items, more = listing_of(
            repository, here.commit, item.path, after=after, limit=limit,
            with_sizes=bool(flag_of(query.dict(), "include_size")),
        )  # fmt: skip
        # The same commit, so that pages fit together whatever moves meanwhile.
        link = f"{base}/content/{here.commit}/{quote(item.path)}?limit={limit}&after={quote(more, safe='')}"
        headers = {"Link": f'<{link}>; rel="next"'} if more else {}
        return answer([shown_item(base, here.commit, each) for each in items], headers=headers)

    @extend_schema(operation_id="upload", tags=["content"], request=_upload, responses=_sent)
    def put(self, request: Request, owner: str, name: str, place: str) -> Response:
        """Send files to a folder of a branch, to Git or DVC; all become one commit, whose id is in ETag."""
        return self._take(request, place)

    @extend_schema(operation_id="upload_by_post", tags=["content"], request=_upload, responses=_sent)
    def post(self, request: Request, owner: str, name: str, place: str) -> Response:
        """The same as PUT."""
        return self._take(request, place)

    @extend_schema(
        operation_id="delete_content", tags=["content"], request=None, responses=_changed,
        parameters=[OpenApiParameter("commit_summary", str)],
    )  # fmt: skip
    def delete(self, request: Request, owner: str, name: str, place: str) -> Response:
        """Delete a file or a folder, kept by Git or DVC, in one commit."""
        repository = self.open(Level.WRITE)
        here = _on_branch(repository, place)
        path = _some_path(here)
        summary = text_of(request.query_params.dict(), "commit_summary", f"Delete {path}", most=LONGEST_SUMMARY)

        def draw(draft: Draft) -> None:
            item_at(repository, draft.commit, path)
            draft.remove(path)

        return self._commit(repository, here.ref, summary, draw)

    def told(self, error: Exception) -> HubError:
        """Clients of DagsHub send again what is answered with «server error»."""
        found = super().told(error)
        if isinstance(found, Unavailable):
            found.code = OwnFault.code
        return found

    def _take(self, request: Request, place: str) -> Response:
        repository = self.open(Level.WRITE)
        content_type = request._request.META.get("CONTENT_TYPE", "")
        if not is_form_data(content_type):
            raise UnsupportedMediaType(content_type[:100], "Files are sent as multipart/form-data.")
        here = _on_branch(repository, place)
        fields: dict[str, Any] = {}
        arrivals: Arrivals | None = None
        for part in parts_of(content_type, stream_body(request._request)):
            if part.filename is None:
                if arrivals is not None:
                    raise Invalid("Fields come before files.", field=part.name[:100])
                fields[part.name[:100]] = part.text()
                if len(fields) > MOST_FIELDS:
                    raise Invalid(f"One request takes at most {MOST_FIELDS} fields.")
            elif part.filename:
                arrivals = arrivals or _arrivals(self, repository, here, fields)
                arrivals.take(part.filename, part.blocks)
        arrivals = arrivals or _arrivals(self, repository, here, fields)
        branch = _target(fields, here.ref)
        tip = arrivals.commit(
            message=text_of(fields, "commit_summary", most=LONGEST_SUMMARY),
            new_branch=branch if here.commit and branch != here.ref else "",
            remote=f"{base_url(request._request)}/{repository.full_name}.dvc",
        )
        return _committed(branch, tip)

    def _commit(self, repository: Repository, branch: str, message: str, draw: Any) -> Response:
        tip = commit_draft(actor=self.actor, repository=repository, branch=branch, message=message, draw=draw)
        return _committed(branch, tip)


@extend_schema_view(
    get=extend_schema(exclude=True), put=extend_schema(exclude=True), delete=extend_schema(exclude=True)
)
class Rename(Content):
    """The address `…/rename`. Files may be called so, too: all but POST is about such a file."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Give the word back to the path, except for POST."""
        if request.method != "POST":
            kwargs["place"] += "/rename"
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(operation_id="rename_content", tags=["content"], request=Renaming, responses=_changed)
    def post(self, request: Request, owner: str, name: str, place: str) -> Response:
        """Give a file or folder another path, in one commit; between Git and DVC nothing can be moved."""
        repository = self.open(Level.WRITE)
        fields = self.fields(request)
        here = _on_branch(repository, place)
        path, target = _some_path(here), text_of(fields, "to", most=1024).strip("/")
        if not names.is_plain_path(target.encode("utf-8", "replace")):
            raise Invalid(f"“{target[:200]}” cannot be a path in a repository.", field="to")
        summary = text_of(fields, "commit_summary", most=LONGEST_SUMMARY) or f"Rename {path} to {target}"

        def draw(draft: Draft) -> None:
            item_at(repository, draft.commit, path)
            draft.move(path, target)

        return self._commit(repository, here.ref, summary, draw)


def _on_branch(repository: Repository, text: str) -> Place:
    """The branch at the start of an address, and the path behind it; in an empty repository one that is to be born."""
    text = text.removesuffix("/.").strip("/")
    if repository.is_empty and not listing.branches(git_dir(repository)):
        default = repository.default_branch
        branch = default if f"{text}/".startswith(f"{default}/") else text.partition("/")[0]
        return Place("branch", branch, "", text[len(branch) :].strip("/").encode("utf-8", "replace"))
    here = place_at(repository, text)
    if here.kind != "branch":
        raise Invalid("Commits go to branches; that is a tag or a commit.", next_step="Name a branch.")
    return here


def _some_path(place: Place) -> str:
    if not place.path:
        raise Invalid("Name a file or folder behind the branch.", field="path")
    return place.path_text


def _arrivals(door: RepoDoor, repository: Repository, here: Place, fields: dict[str, Any]) -> Arrivals:
    """What the fields ask for; refused here before a byte of a file is read, where it cannot be."""
    protection.check_branch(actor=door.actor, repository=repository, branch=_target(fields, here.ref))
    versioning = text_of(fields, "versioning", "auto", most=20)
    if versioning not in VERSIONING:
        raise Invalid("versioning is auto, git or dvc.", field="versioning")
    wish = Wish(
        folder=here.path_text,
        versioning=versioning,
        as_directory=bool(flag_of(fields, "is_dvc_dir")),
        last_commit=text_of(fields, "last_commit", most=64),
    )
    # In a repository without commits the branch of the address is not there to start from.
    branch = here.ref if here.commit else _target(fields, here.ref)
    return Arrivals(door.actor, repository, branch, wish)


def _target(fields: dict[str, Any], branch: str) -> str:
    """The branch that the commit goes to."""
    choice = text_of(fields, "commit_choice", DIRECT, most=40) or DIRECT
    if choice not in (DIRECT, NEW_BRANCH):
        raise Invalid(f"commit_choice is {DIRECT} or {NEW_BRANCH}.", field="commit_choice")
    if choice == DIRECT:
        return branch
    name = text_of(fields, "new_branch_name", most=200)
    if not names.is_branch_name(name):
        raise Invalid("new_branch_name cannot be the name of a branch.", field="new_branch_name")
    return name


def _committed(branch: str, tip: str) -> Response:
    return answer({"branch": branch, "commit": tip}, headers={"ETag": tip})
