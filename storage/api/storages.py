"""Buckets of a repository: which there are, what is in them, and bytes."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.door import answer, flag_of, number_of
from accounts.api.people import Problem
from hub.lib.errors import Invalid, NotFound
from hub.lib.http import untrusted
from repos.api.door import RepoDoor
from repos.models import Repository
from repos.services.transport import release_database
from storage.api.buckets import BucketSource, bucket_named, buckets_of
from storage.api.shapes import BucketPage, StorageEntry, api_url, shown_object

MOST = 1000


class Storages(RepoDoor):
    """Buckets in a list."""

    @extend_schema(operation_id="storages", tags=["storage"], responses={200: StorageEntry(many=True)})
    def get(self, request: Request, owner: str, name: str) -> Response:
        """The repository's own bucket and those that are connected to it."""
        repository = self.open()
        base = api_url(request._request, repository)
        return answer(
            [
                {
                    "name": each.name,
                    "protocol": each.protocol,
                    "list_path": f"{base}/storage/content/{each.protocol}/{each.name}",
                }
                for each in buckets_of(repository)
            ]
        )


class BucketContent(RepoDoor):
    """What is in a bucket."""

    @extend_schema(
        operation_id="bucket_content", tags=["storage"],
        parameters=[
            OpenApiParameter("paging", bool, description="Taken for granted: answers are always pages."),
            OpenApiParameter("include_size", bool, description="Taken for granted, too."),
            OpenApiParameter("from_token", str, description="The next_token of the page before."),
            OpenApiParameter("limit", int, description="At most 1000, which is also the default."),
        ],
        responses={200: BucketPage, 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, protocol: str, bucket: str) -> Response:
        """One level of a folder, in pages; for a file its record alone."""
        repository = self.open()
        source, key = _source(repository, protocol, bucket)
        base, limit = api_url(request._request, repository), number_of(request, "limit", MOST, low=1, high=MOST)
        flag_of(request.query_params.dict(), "paging")
        file = source.find(key) if key and not key.endswith("/") else None
        if file is not None:
            return answer(shown_object(base, source, file))
        prefix = f"{key.strip('/')}/" if key.strip("/") else ""
        after = _from_token(request.query_params.get("from_token", ""))
        entries, behind = source.page(prefix, after=after, limit=limit)
        if prefix and not entries and not after:
            raise NotFound(f"There is no {key} in this bucket.")
        shown = [shown_object(base, source, each) for each in entries]
        return answer({"entries": shown, "limit": limit, "next_token": _to_token(behind) if behind else None})


class BucketFile(RepoDoor):
    """Bytes of a file in a bucket."""

    @extend_schema(
        operation_id="bucket_file", tags=["storage"],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: Problem},
    )  # fmt: skip
    def get(self, request: Request, owner: str, name: str, protocol: str, bucket: str) -> HttpResponseBase:
        """The bytes; 206 for a `Range`."""
        source, key = _source(self.open(), protocol, bucket)
        entry = source.find(key)
        if entry is None:
            raise NotFound(f"There is no {key} in this bucket.")
        release_database()  # A slow download must not hold on to it.
        return untrusted(
            request._request, filename=key.rpartition("/")[2], size=entry.size, etag=entry.tag,
            open_range=lambda offset, length: source.read(key, offset, length),
        )  # fmt: skip


def _source(repository: Repository, protocol: str, address: str) -> tuple[BucketSource, str]:
    """The bucket at the start of an address, and the key behind it."""
    bucket, _, key = address.partition("/")
    found = bucket_named(repository, protocol, bucket)
    if found is None:
        raise NotFound(f"There is no bucket {bucket} of {protocol} here.")
    return found, key


def _to_token(behind: str) -> str:
    return base64.urlsafe_b64encode(behind.encode()).decode()


def _from_token(token: str) -> str:
    try:
        after = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        after = "\0"
    if any(ord(letter) < 32 for letter in after):
        raise Invalid("The token is not one of this listing.", field="from_token")
    return after
