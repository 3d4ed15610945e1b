"""Objects: read with ranges and conditions, put, delete one or a thousand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from django.http import HttpResponse, HttpResponseBase

from hub.lib.errors import HubError, Invalid, NotFound
from hub.lib.http import SAFE_INLINE, byte_range, untrusted
from repos.services.transport import release_database
from storage import presence, selectors
from storage.dvc.line_ends import promised
from storage.dvc_keys import DvcKey, parse
from storage.keys import checked_key
from storage.models import ObjectVersion, StoredObject
from storage.s3 import wire, xml
from storage.s3.body import Body
from storage.s3.call import Call
from storage.s3.errors import S3Error, translated
from storage.s3.finding import NULL, check_version_id, find
from storage.s3.labels import (
    DEFAULT_TYPE,
    check_read,
    check_write,
    headers_out,
    metadata_in,
    tag_of,
    version_of,
)
from storage.services import delete_object, delete_version, put_object
from storage.services.contents import put_content
from storage.spaces import DVC, keeps_versions

LARGE = 1024 * 1024
MOST_DELETED = 1000
LARGEST_DELETE = 8 * 1024 * 1024  # bytes; a thousand keys of 1,024 bytes, each written as an entity
# What an upload may ask for that would be lost silently.
_UNKEPT = (
    "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-object-lock-legal-hold", "x-amz-object-lock-mode",
    "x-amz-server-side-encryption-customer-algorithm", "x-amz-tagging", "x-amz-website-redirect-location",
)  # fmt: skip
_PRIVATE = {"", "private", "bucket-owner-full-control"}


def read_object(call: Call) -> HttpResponseBase:
    """GetObject and HeadObject."""
    stored = find(call.repository, call.space, call.key, call.query.get("versionId"))
    _check_part_number(call)
    check_read(stored, call.headers)
    described = headers_out(stored, call.query)
    if "range" in call.headers and stored.size:
        try:
            byte_range(call.headers["range"], stored.size)
        except Invalid as error:
            raise S3Error("InvalidRange", error.message) from None
    if stored.size >= LARGE:
        release_database()  # A slow download must not hold on to it.
    response = untrusted(
        call.request,
        filename=stored.key.rsplit("/", 1)[-1],
        size=stored.size,
        open_range=lambda offset, length: _blocks(stored, offset, length),
        content_type=described["content-type"],
        etag=tag_of(stored),
        download=True,
    )
    # SECURITY: who put the object may name its file, not have a browser show what could run.
    shown = described.pop("content-disposition", "")
    kind = response["Content-Type"].partition(";")[0].strip().lower()
    if shown and (call.is_program or kind in SAFE_INLINE or shown.partition(";")[0].strip().lower() == "attachment"):
        response["Content-Disposition"] = shown
    elif call.is_program:
        del response["Content-Disposition"]  # Who copies the object would take it for a word of its own.
    for name, value in described.items():
        response[name] = value
    if keeps_versions(call.space):
        response["x-amz-version-id"] = version_of(stored)
    return response


def _blocks(stored: StoredObject | ObjectVersion, offset: int, length: int) -> Iterator[bytes]:
    return iter(selectors.read_object(stored, offset, length))


def _check_part_number(call: Call) -> None:
    """Parts are joined when an upload completes: each object has one, number 1."""
    if call.number("partNumber", 1, 10_001) != 1:
        raise S3Error("InvalidRange", "The object has one part.")


def put(call: Call) -> HttpResponse:
    """PutObject: whole and verified, or not at all."""
    refuse_unkept(call)
    checked_key(call.key)
    has_condition = "if-match" in call.headers or "if-none-match" in call.headers
    if has_condition:
        check_write(presence.find_object(call.repository, call.space, call.key), call.headers)
    metadata, body, key = metadata_in(call.headers), call.body(), _promise(call)
    if key is not None:
        return wire.nothing(headers=put_headers(call, _put_promised(call, body, key)))
    stored = put_object(
        repository=call.repository,
        space=call.space,
        key=call.key,
        chunks=body.chunks,
        content_type=call.headers.get("content-type", DEFAULT_TYPE),
        expected_size=body.size,
        md5=body.md5,
        sha256=body.sha256,
        want_md5=True,
        metadata=metadata,
        unless=(lambda held: check_write(held, call.headers)) if has_condition else None,
        actor=call.actor,
    )
    return wire.nothing(headers=put_headers(call, stored))


def _put_promised(call: Call, body: Body, key: DvcKey) -> StoredObject:
    """Keep what DVC names by its MD5, when it is that; such an object is never replaced, since it cannot differ."""
    wanted = body.md5 if key.is_legacy else key.md5
    if body.md5 is not None and body.md5 != wanted:
        raise S3Error("BadDigest", "Content-MD5 is not the MD5 that the key promises.")
    put_content(
        repository=call.repository,
        space=call.space,
        key=call.key,
        chunks=promised(body.chunks, key.md5) if key.is_legacy else body.chunks,
        expected_size=body.size,
        md5=wanted,
        sha256=body.sha256,
        want_md5=True,
        actor=call.actor,
    )
    stored = presence.find_object(call.repository, call.space, call.key)
    if stored is None:
        raise S3Error("OperationAborted", "The object was deleted while it was stored.")
    return stored


def put_headers(call: Call, stored: StoredObject) -> dict[str, str]:
    """The tag and version of what was stored."""
    found = {"ETag": f'"{tag_of(stored)}"'}
    if keeps_versions(call.space):
        found["x-amz-version-id"] = version_of(stored)
    return found


def promise_of(call: Call) -> str | None:
    """In the bucket of DVC, the MD5 that a key promises; None for other keys. Raises S3Error for half of one."""
    key = _promise(call)
    return key.md5 if key else None


def _promise(call: Call) -> DvcKey | None:
    if call.space != DVC:
        return None
    key = parse(call.key)
    if key is None and call.key.startswith("files/md5/"):
        raise S3Error("InvalidArgument", "Below files/md5/ keys are an MD5: two hexadecimal digits, /, thirty more.")
    return key


def refuse_unkept(call: Call) -> None:
    """Raise S3Error NotImplemented for what an upload asks to be kept and would not be."""
    asked = [name for name in _UNKEPT if call.headers.get(name)]
    if call.headers.get("x-amz-acl", "") not in _PRIVATE:
        asked.append("x-amz-acl")
    if asked:
        raise S3Error(
            "NotImplemented", f"Not offered here: {', '.join(asked)}. A repository decides who reads its buckets."
        )


def delete(call: Call) -> HttpResponse:
    """DeleteObject: also where there is none, as in S3."""
    return wire.nothing(204, _deleted(call, call.key, call.query.get("versionId")))


def _deleted(call: Call, key: str, version_id: str | None) -> dict[str, str]:
    """Delete an object, or a version for ever; what is to be told of it."""
    checked_key(key)
    if version_id is not None and (version_id != NULL or keeps_versions(call.space)):
        check_version_id(call.space, version_id)
        with suppress(NotFound):
            delete_version(repository=call.repository, space=call.space, key=key, version_id=version_id)
        mark = {"x-amz-delete-marker": "true"} if version_id.startswith("d") else {}
        return {"x-amz-version-id": version_id, **mark}
    try:
        delete_object(repository=call.repository, space=call.space, key=key, actor=call.actor)
    except NotFound:
        return {}
    return {"x-amz-delete-marker": "true"} if keeps_versions(call.space) else {}


def delete_many(call: Call) -> HttpResponse:
    """DeleteObjects: a thousand at most, each with its own result."""
    said = xml.read(call.body().read(LARGEST_DELETE), "Delete")
    objects = said.every("Object", "Key")
    if not objects or len(objects) > MOST_DELETED:
        raise S3Error("MalformedXML", f"Name 1 to {MOST_DELETED} objects to delete.")
    rows = []
    for each in objects:
        key, version = each["Key"], each.get("VersionId") or None
        named = [xml.field("Key", key)] + ([xml.field("VersionId", version)] if version else [])
        try:
            _deleted(call, key, version)
        except HubError as error:
            fault = translated(error)
            words = xml.field("Code", fault.code), xml.field("Message", fault.message)
            rows.append(xml.element("Error", *named, *words))
            continue
        if said.fields.get("Quiet", "").strip().lower() != "true":
            rows.append(xml.element("Deleted", *named))
    return wire.document("DeleteResult", *rows)
