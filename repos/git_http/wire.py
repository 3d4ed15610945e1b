"""Requests and answers as git's HTTP protocol wants them: bodies, headers, and errors a terminal shows."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from hub.lib.errors import HubError, Invalid, TooLarge, Unauthenticated
from hub.lib.http import stream_body

STEP = 256 * 1024
# Wants and haves of a fetch; a hundred thousand refs make about 10 MB.
LARGEST_FETCH = 256 * 1024 * 1024
REALM = 'Basic realm="Cairn"'


class UnsupportedMedia(HubError):
    """The body is of a kind that this address does not take."""

    status = 415
    code = "unsupported_media_type"


def protocol_of(request: HttpRequest) -> str:
    """What the client says in Git-Protocol; the engine passes on only what it knows."""
    return str(request.headers.get("Git-Protocol", ""))


def body_of(request: HttpRequest, service: str) -> Iterator[bytes]:
    """The request's body in blocks, unpacked when it is gzip. Raises UnsupportedMedia for any other kind."""
    # SECURITY: a form on another site cannot send this type, so no browser can be made to push.
    expected = f"application/x-{service}-request"
    if request.content_type != expected:
        raise UnsupportedMedia(f"This address takes {expected}.")
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding in {"identity", ""}:
        return stream_body(request)
    if encoding in {"gzip", "x-gzip"}:
        return unpacked(stream_body(request))
    raise UnsupportedMedia(f"Bodies may be plain or gzip, not {encoding[:20]}.")


def unpacked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Undo gzip in steps of at most 256 KiB, however well the body was packed; raises Invalid for damage."""
    # SECURITY: `max_length` bounds each step, so a small body that unpacks to gigabytes never lies in memory.
    inflater = zlib.decompressobj(wbits=31)
    try:
        for block in blocks:
            yield from _steps(inflater, block)
    except zlib.error:
        raise Invalid("The gzip body is damaged.") from None
    if not inflater.eof:
        raise Invalid("The gzip body ends in the middle.")


def _steps(inflater: zlib._Decompress, block: bytes) -> Iterator[bytes]:
    while block:
        piece = inflater.decompress(block, STEP)
        if piece:
            yield piece
        block = inflater.unconsumed_tail


def limited(blocks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The same blocks; raises TooLarge after `most` bytes."""
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen > most:
            raise TooLarge(f"The request is larger than {most} bytes.")
        yield block


def answer(blocks: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """Stream git's answer; nobody may keep it."""
    response = StreamingHttpResponse(blocks, content_type=content_type)
    response["Cache-Control"] = "no-cache, max-age=0, must-revalidate"
    response["Expires"] = "Fri, 01 Jan 1980 00:00:00 GMT"
    response["Pragma"] = "no-cache"
    # SECURITY: the answer holds other people's bytes; a browser must not guess a type for them.
    response["X-Content-Type-Options"] = "nosniff"
    return response


def refusal(error: HubError) -> HttpResponse:
    """The error as plain text, which git prints as `remote: …`; 401 asks for credentials."""
    text = f"{error.message}\n{error.next_step}".strip() + "\n"
    response = HttpResponse(text, status=error.status, content_type="text/plain; charset=utf-8")
    if isinstance(error, Unauthenticated):
        response["WWW-Authenticate"] = REALM
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
