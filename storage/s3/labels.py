"""What an object says beside its bytes: tag, type, metadata, and the conditions that requests put on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from storage.models import ObjectVersion, StoredObject
from storage.s3 import wire
from storage.s3.errors import S3Error

META = "x-amz-meta-"
PLAIN = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
MOST_METADATA = 8 * 1024  # bytes; as much as HTTP servers take in a request's headers
DEFAULT_TYPE = "binary/octet-stream"
_OVERRIDES = {f"response-{name}": name for name in (*PLAIN, "content-type")}

Stored = StoredObject | ObjectVersion


def tag_of(stored: Stored) -> str:
    """The ETag without quotes: S3's own of an upload in parts, else the MD5."""
    if stored.blob is None:
        return ""
    return stored.etag or stored.blob.md5 or stored.blob.sha256


def version_of(stored: Stored) -> str:
    """What clients call this version."""
    return stored.version_id if isinstance(stored, ObjectVersion) else f"v{stored.pk}"


def metadata_in(headers: Mapping[str, str]) -> dict[str, str]:
    """What a request wants to be told again with the object. Raises S3Error for too much, or for controls."""
    found = {name: value for name, value in headers.items() if name.startswith(META) or (name in PLAIN and value)}
    encoding = [word.strip() for word in found.pop("content-encoding", "").split(",")]
    # aws-chunked is how the body travels, not how the object is.
    encoding = [word for word in encoding if word and word.lower() != "aws-chunked"]
    if encoding:
        found["content-encoding"] = ", ".join(encoding)
    if sum(len(name) + len(value) for name, value in found.items()) > MOST_METADATA:
        raise S3Error("InvalidRequest", f"The metadata is larger than {MOST_METADATA} bytes.")
    if not all(_is_printable(value) for value in (*found.values(), headers.get("content-type", ""))):
        raise S3Error("InvalidArgument", "Metadata cannot hold control characters.")
    return found


def headers_out(stored: Stored, query: Mapping[str, str]) -> dict[str, str]:
    """Headers that describe an object; a link may override some. Raises S3Error for control characters."""
    found = {"last-modified": wire.header_date(_changed(stored)), "content-type": stored.content_type or DEFAULT_TYPE}
    found.update(stored.metadata)
    for parameter, name in _OVERRIDES.items():
        if query.get(parameter):
            found[name] = query[parameter].encode().decode("latin-1")  # As a header's bytes are shown to WSGI.
            # SECURITY: a line end would begin a header of the link maker's own.
            if not _is_printable(found[name]):
                raise S3Error("InvalidArgument", f"{parameter} holds control characters.")
    return found


def check_read(stored: Stored, headers: Mapping[str, str], prefix: str = "") -> None:
    """If-Match, If-None-Match and the two of time, as RFC 9110 orders them. Raises S3Error 412 or 304.

    With a prefix (x-amz-copy-source-) a failed condition is always 412.
    """
    tag, changed = tag_of(stored), _changed(stored).replace(microsecond=0)
    match, none_match = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-none-match")
    since, until = (_time(headers.get(f"{prefix}if-{name}-since")) for name in ("modified", "unmodified"))
    if match is not None:
        if not _holds(match, tag):
            raise failed("The object is another than the one that If-Match names.")
    elif until is not None and changed > until:
        raise failed("The object has changed since then.")
    if none_match is not None:
        if _holds(none_match, tag):
            raise failed("The object is the one that If-None-Match names.") if prefix else _unchanged()
    elif since is not None and changed <= since:
        raise failed("The object has not changed since then.") if prefix else _unchanged()


def check_write(held: StoredObject | None, headers: Mapping[str, str]) -> None:
    """If-Match and If-None-Match of a put. Raises S3Error: PreconditionFailed, NoSuchKey."""
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if none_match is not None and held is not None and _holds(none_match, tag_of(held)):
        raise failed("There is an object at this key already.")
    if match is not None and held is None:
        raise S3Error("NoSuchKey", "There is no object at this key that If-Match could name.")
    if match is not None and held is not None and not _holds(match, tag_of(held)):
        raise failed("The object at this key is another than the one that If-Match names.")


def failed(message: str) -> S3Error:
    """A condition does not hold; nothing was done."""
    return S3Error("PreconditionFailed", message)


def _unchanged() -> S3Error:
    error = S3Error("PreconditionFailed", "Not modified.")
    error.status = 304
    return error


def _holds(condition: str, tag: str) -> bool:
    words = [word.strip().removeprefix("W/").strip('"') for word in condition.split(",")]
    return "*" in words or tag in words


def _changed(stored: Stored) -> dt.datetime:
    return stored.created_at if isinstance(stored, ObjectVersion) else stored.updated_at


def _time(word: str | None) -> dt.datetime | None:
    """A date of a header; one that cannot be read counts as not said."""
    if not word:
        return None
    try:
        found = parsedate_to_datetime(word)
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _is_printable(value: str) -> bool:
    return all(ord(letter) >= 32 and ord(letter) != 127 for letter in value)
