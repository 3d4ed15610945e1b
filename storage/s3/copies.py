"""Copies within a bucket and between buckets that the caller may read: no bytes move."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from django.http import HttpResponse

from accounts.levels import Level
from hub.lib.errors import Invalid
from hub.lib.http import byte_range
from storage.models import ObjectVersion, StoredObject
from storage.s3 import wire
from storage.s3.call import Call, open_bucket
from storage.s3.errors import S3Error
from storage.s3.finding import find
from storage.s3.labels import DEFAULT_TYPE, check_read, check_write, metadata_in, tag_of, version_of
from storage.s3.objects import promise_of, put_headers, refuse_unkept
from storage.s3.signable import text_of
from storage.s3.xml import field
from storage.services import copy_object
from storage.services.objects import Label
from storage.spaces import keeps_versions

_SOURCE = "x-amz-copy-source"


def copy(call: Call) -> HttpResponse:
    """CopyObject, with the source's metadata or new ones."""
    refuse_unkept(call)
    source = source_of(call)
    directive = call.headers.get("x-amz-metadata-directive", "COPY").upper()
    if directive not in ("COPY", "REPLACE"):
        raise S3Error("InvalidArgument", "x-amz-metadata-directive is COPY or REPLACE.")
    label = None
    if directive == "REPLACE":
        kind = call.headers.get("content-type", DEFAULT_TYPE)
        label = Label(kind, metadata_in(call.headers), source.etag, call.actor)
    elif _is_itself(call, source):
        raise S3Error("InvalidRequest", "This would copy an object to itself without changing anything.")
    _check_promise(call, source)
    stored = copy_object(
        source=source, repository=call.repository, space=call.space, key=call.key, label=label, actor=call.actor,
        unless=lambda held: check_write(held, call.headers),
    )  # fmt: skip
    headers = put_headers(call, stored)
    del headers["ETag"]
    if isinstance(source, ObjectVersion) or keeps_versions(source.bucket.name):
        headers["x-amz-copy-source-version-id"] = version_of(source)
    changed = field("LastModified", wire.moment(stored.updated_at))
    return wire.document("CopyObjectResult", changed, field("ETag", f'"{tag_of(stored)}"'), headers=headers)


def source_of(call: Call) -> StoredObject | ObjectVersion:
    """The object that x-amz-copy-source names, if the caller may read it and its conditions hold. Raises S3Error."""
    path, _, query = call.headers[_SOURCE].partition("?")
    version = query.removeprefix("versionId=") or None
    bucket, _, key = text_of(unquote_to_bytes(path.encode("latin-1"))).removeprefix("/").partition("/")
    if not key or (query and not query.startswith("versionId=")):
        raise S3Error("InvalidArgument", "x-amz-copy-source is bucket/key, with ?versionId= if wanted.")
    # SECURITY: the right to write here says nothing about the right to read there.
    repository, space = open_bucket(call.actor, call.endpoint, bucket, Level.READ)
    source = find(repository, space, key, version)
    check_read(source, call.headers, f"{_SOURCE}-")
    return source


def range_of(call: Call, source: StoredObject | ObjectVersion) -> tuple[int, int]:
    """Offset and length of the part of the source to copy. Raises S3Error InvalidRange."""
    said = call.headers.get(f"{_SOURCE}-range")
    if said is None:
        return 0, source.size
    try:
        span = byte_range(said, source.size)
    except Invalid as error:
        raise S3Error("InvalidRange", error.message) from None
    if span is None:
        raise S3Error("InvalidArgument", "x-amz-copy-source-range is bytes=first-last.")
    return span[0], span[1] - span[0] + 1


def _is_itself(call: Call, source: StoredObject | ObjectVersion) -> bool:
    if isinstance(source, ObjectVersion):
        return False
    return (source.bucket.repository_id, source.bucket.name, source.key) == (call.repository.pk, call.space, call.key)


def _check_promise(call: Call, source: StoredObject | ObjectVersion) -> None:
    """SECURITY: what lies at a key of DVC must be what the key says, by whatever way it comes there."""
    promise = promise_of(call)
    if promise is not None and (source.blob is None or source.blob.md5 != promise):
        raise S3Error("BadDigest", "The source has not the MD5 that the key promises.")
