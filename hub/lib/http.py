"""HTTP as the hub speaks it: pages and parts, raw bodies, ranges, and other people's files kept apart."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render

from hub.lib.errors import Invalid, TooLarge

BLOCK = 256 * 1024

# SECURITY: only these types may be shown in place; a browser runs nothing in them. Everything else is a download.
SAFE_INLINE = {
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "image/x-icon",
    "video/mp4",
    "video/webm",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/x-wav",
    "audio/flac",
    "audio/mp4",
    "application/pdf",
    "text/plain",
}
# SECURITY: `sandbox` gives the file an opaque origin: no cookies, no scripts, no forms, whatever it holds.
UNTRUSTED_POLICY = "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'"


def wants_part(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page, not for the page itself."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def render_page(
    request: HttpRequest, page: str, part: str | None, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The whole page, or only its part for HTMX; both are drawn from the same context."""
    name = part if part and wants_part(request) else page
    response = render(request, name, dict(context), status=status)
    if part:
        response["Vary"] = "HX-Request, Cookie"
    return response


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when it is empty; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def announced_length(request: HttpRequest) -> int | None:
    """Bytes of the body as the client announced them; None when it did not say, or nothing that is a length."""
    word = request.META.get("CONTENT_LENGTH") or ""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 20 else None


def stream_body(request: HttpRequest, *, limit: int | None = None) -> Iterator[bytes]:
    """The request's raw body in blocks, sized or chunked, in flat memory.

    Reads `wsgi.input` itself: Django's own stream is empty for chunked bodies. Raises Invalid when the client
    sent fewer bytes than it announced, TooLarge past `limit` bytes.
    """
    length = announced_length(request)
    source: _Readable = request.environ["wsgi.input"] if hasattr(request, "environ") else request
    if limit is not None and length is not None and length > limit:
        raise TooLarge(f"The body has {length} bytes; at most {limit} are taken here.")
    return _blocks(source, length, limit)


def _blocks(source: _Readable, length: int | None, limit: int | None) -> Iterator[bytes]:
    seen = 0
    while length is None or seen < length:
        block = source.read(BLOCK if length is None else min(BLOCK, length - seen))
        if not block:
            break
        seen += len(block)
        if limit is not None and seen > limit:
            raise TooLarge(f"The body is larger than {limit} bytes, the most that is taken here.")
        yield block
    if length is not None and seen != length:
        raise Invalid(f"The body ended after {seen} of {length} bytes; nothing was kept.", next_step="Send it again.")


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """The whole body, sized or chunked, at most `limit` bytes; raises like stream_body."""
    return b"".join(stream_body(request, limit=limit))


_range = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")  # No file is larger; longer numbers are no range of one.


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a single `Range`, or None for the whole; raises Invalid when it lies outside (416)."""
    match = _range.fullmatch((header or "").strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size or start > end:
        raise Invalid(f"The range lies outside of the file's {size} bytes.")
    return start, end


def attachment(filename: str, *, inline: bool = False) -> str:
    """A Content-Disposition value that survives any file name (RFC 6266)."""
    kind = "inline" if inline else "attachment"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", filename) or "file"
    extended = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'{kind}; filename="{plain}"{extended}'


def guess_type(filename: str) -> str:
    """The media type a file name stands for, without parameters; `application/octet-stream` when unknown."""
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def untrusted(
    request: HttpRequest,
    *,
    filename: str,
    size: int,
    open_range: Callable[[int, int], Iterator[bytes]],
    content_type: str | None = None,
    etag: str = "",
    download: bool = False,
) -> HttpResponseBase:
    """Other people's bytes, with ranges, in a way that can run nothing in our origin.

    `open_range(offset, length)` yields the bytes. Shown in place only when the type is known safe; text of any
    kind is served as plain text.
    """
    # SECURITY: the only exit for files that users brought. Without the sandbox and nosniff an uploaded HTML or SVG
    # file would run scripts with the reader's session.
    kind = content_type or guess_type(filename)
    if kind not in SAFE_INLINE and kind.startswith("text/") and not download:
        kind = "text/plain"
    inline = kind in SAFE_INLINE and not download
    if etag and request.headers.get("If-None-Match") == f'"{etag}"':
        # The policy again: a browser may take the headers of this answer for those of the bytes that it has kept.
        return HttpResponse(status=304, headers={"ETag": f'"{etag}"', "Content-Security-Policy": UNTRUSTED_POLICY})
    try:
        span = byte_range(request.headers.get("Range"), size) if size else None
    except Invalid:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, end = span or (0, size - 1)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(open_range(start, end - start + 1))
    response.status_code = 206 if span else 200
    response["Content-Length"] = str(end - start + 1)
    response["Content-Type"] = "text/plain; charset=utf-8" if kind == "text/plain" else kind
    response["Content-Disposition"] = attachment(filename, inline=inline)
    response["Content-Security-Policy"] = UNTRUSTED_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Accept-Ranges"] = "bytes"
    if span:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    if etag:
        response["ETag"] = f'"{etag}"'
    return response
