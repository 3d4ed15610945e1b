"""Listings of a bucket: objects in both versions of the request, versions of objects, and open uploads."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from django.db.models import Q
from django.http import HttpResponse

from storage import selectors
from storage.listing import ListedVersion, Page, page_of_keys, page_of_versions
from storage.models import ObjectVersion, StoredObject
from storage.s3 import wire
from storage.s3.buckets import owner_of
from storage.s3.call import Call
from storage.s3.errors import S3Error
from storage.s3.labels import tag_of, version_of
from storage.s3.xml import element, field

MOST = 1000
_STORAGE = field("StorageClass", "STANDARD")


class _Names:
    """Writes names of keys, percent-encoded when the client asks for that."""

    def __init__(self, call: Call) -> None:
        self.encoding = call.query.get("encoding-type", "")
        if self.encoding not in ("", "url"):
            raise S3Error("InvalidArgument", "The only encoding-type is url.")

    def field(self, tag: str, name: str) -> str:
        return field(tag, quote(name, safe="/-_.~") if self.encoding else name)

    def said(self) -> list[str]:
        return [field("EncodingType", self.encoding)] if self.encoding else []


def list_objects(call: Call) -> HttpResponse:
    """ListObjects and ListObjectsV2."""
    return _version2(call) if call.query.get("list-type") == "2" else _version1(call)


def _version1(call: Call) -> HttpResponse:
    names, query = _Names(call), call.query
    marker = query.get("marker", "")
    page = _page(call, marker)
    parts = [names.field("Marker", marker)]
    if page.has_more:
        parts.append(names.field("NextMarker", page.last))
    return _answer(call, names, page, parts, with_owner=True)


def _version2(call: Call) -> HttpResponse:
    names, query = _Names(call), call.query
    token, start = query.get("continuation-token"), query.get("start-after", "")
    page = _page(call, start if token is None else _from_token(token))
    parts = [field("KeyCount", len(page.entries))]
    if token is not None:
        parts.append(field("ContinuationToken", token))
    if start:
        parts.append(names.field("StartAfter", start))
    if page.has_more:
        parts.append(field("NextContinuationToken", _to_token(page.last)))
    return _answer(call, names, page, parts, with_owner=query.get("fetch-owner") == "true")


def _page(call: Call, after: str) -> Page:
    query = call.query
    limit = call.number("max-keys", MOST, MOST)
    return page_of_keys(
        call.repository, call.space, prefix=query.get("prefix", ""), delimiter=query.get("delimiter", ""),
        after=after, limit=limit,
    )  # fmt: skip


def _answer(call: Call, names: _Names, page: Page, parts: list[str], *, with_owner: bool) -> HttpResponse:
    query, owner = call.query, [owner_of(call)] if with_owner else []
    head = [field("Name", call.bucket), names.field("Prefix", query.get("prefix", ""))]
    if query.get("delimiter"):
        head.append(names.field("Delimiter", query["delimiter"]))
    head += [field("MaxKeys", call.number("max-keys", MOST, MOST)), *names.said()]
    head.append(field("IsTruncated", page.has_more))
    rows, prefixes = [], []
    for entry in page.entries:
        if isinstance(entry, str):
            prefixes.append(element("CommonPrefixes", names.field("Prefix", entry)))
        else:
            rows.append(element("Contents", names.field("Key", entry.key), *_facts(entry), *owner))
    return wire.document("ListBucketResult", *head, *parts, *rows, *prefixes)


def _facts(stored: StoredObject | ObjectVersion) -> list[str]:
    changed = stored.created_at if isinstance(stored, ObjectVersion) else stored.updated_at
    return [
        field("LastModified", wire.moment(changed)),
        field("ETag", f'"{tag_of(stored)}"'),
        field("Size", stored.size),
        _STORAGE,
    ]


def list_versions(call: Call) -> HttpResponse:
    """ListObjectVersions, without a delimiter."""
    names, query = _Names(call), call.query
    if query.get("delimiter"):
        raise S3Error("NotImplemented", "Versions are listed without a delimiter here.")
    marker, version = query.get("key-marker", ""), query.get("version-id-marker", "")
    limit = call.number("max-keys", MOST, MOST)
    rows, has_more = page_of_versions(
        call.repository, call.space, prefix=query.get("prefix", ""), after=marker, after_version=version, limit=limit
    )
    parts = [field("Name", call.bucket), names.field("Prefix", query.get("prefix", "")), *names.said()]
    parts += [names.field("KeyMarker", marker), field("VersionIdMarker", version), field("MaxKeys", limit)]
    parts.append(field("IsTruncated", has_more))
    if has_more:
        last = rows[-1].row
        parts += [names.field("NextKeyMarker", last.key), field("NextVersionIdMarker", version_of(last))]
    return wire.document("ListVersionsResult", *parts, *(_version_row(call, names, row) for row in rows))


def _version_row(call: Call, names: _Names, listed: ListedVersion) -> str:
    row = listed.row
    head = [names.field("Key", row.key), field("VersionId", version_of(row)), field("IsLatest", listed.is_latest)]
    if isinstance(row, ObjectVersion) and row.is_mark:
        return element("DeleteMarker", *head, field("LastModified", wire.moment(row.created_at)), owner_of(call))
    return element("Version", *head, *_facts(row), owner_of(call))


def list_uploads(call: Call) -> HttpResponse:
    """ListMultipartUploads, in pages of uploads by key and id."""
    names, query = _Names(call), call.query
    prefix, key, number = (query.get(name, "") for name in ("prefix", "key-marker", "upload-id-marker"))
    limit = call.number("max-uploads", MOST, MOST)
    if any(ord(letter) < 32 for letter in prefix + key):
        raise S3Error("InvalidArgument", "Keys hold no control characters.")
    behind = Q(key__gt=key) | Q(key=key, public_id__gt=number) if number else Q(key__gt=key)
    rows = selectors.list_uploads(call.repository, call.space, prefix).filter(behind)
    found = list(rows.order_by("key", "public_id")[: limit + 1])
    found, has_more = found[:limit], len(found) > limit
    parts = [field("Bucket", call.bucket), names.field("KeyMarker", key), field("UploadIdMarker", number)]
    parts += [names.field("Prefix", prefix), field("MaxUploads", limit), field("IsTruncated", has_more), *names.said()]
    if has_more and found:
        parts += [names.field("NextKeyMarker", found[-1].key), field("NextUploadIdMarker", found[-1].public_id)]
    uploads = [
        element(
            "Upload", names.field("Key", row.key), field("UploadId", row.public_id), _STORAGE,
            field("Initiated", wire.moment(row.created_at)), owner_of(call),
        )
        for row in found
    ]  # fmt: skip
    return wire.document("ListMultipartUploadsResult", *parts, *uploads)


def _to_token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        raise S3Error("InvalidArgument", "The continuation token is not one of this listing.") from None
