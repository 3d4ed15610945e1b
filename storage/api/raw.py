"""Bytes of files at a branch, tag or commit, wherever they lie."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.people import Problem
from hub.lib.errors import NotFound
from hub.lib.http import untrusted
from repos.api.door import RepoDoor, place_at
from repos.services.transport import release_database
from storage.tree import blocks_of, item_at


class Raw(RepoDoor):
    """One file."""

    @extend_schema(
        operation_id="raw", tags=["content"],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, place: str) -> HttpResponseBase:
        """The bytes, also of files in a directory of DVC and behind LFS pointers; 206 for a `Range`."""
        repository = self.open()
        here = place_at(repository, place)
        item = item_at(repository, here.commit, here.path_text)
        if item.kind != "file":
            raise NotFound(f"{item.path or 'The root'} is no file.", next_step="Ask for content in place of raw.")
        if item.stored is None and not item.blob_id:
            raise NotFound(
                f"The content of {item.path} was not pushed to this hub.",
                next_step="Whoever has it can send it with “dvc push” or “git lfs push”.",
            )
        release_database()  # A slow download must not hold on to it.
        return untrusted(
            request._request,
            filename=item.name,
            size=item.size,
            open_range=partial(blocks_of, repository, item),
            etag=item.hash,
            download="download" in request.query_params,
        )
