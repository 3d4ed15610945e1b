"""Answers as dvc reads them: it looks at the status and its phrase, and throws bodies away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import HubError, Invalid, NotFound, Unauthenticated

UNPROCESSABLE = 422


def done() -> HttpResponse:
    """The object is kept."""
    return HttpResponse(headers={"Content-Length": "0"})


def refusal(request: HttpRequest, error: HubError) -> HttpResponse:
    """The error: as text where somebody may read it, without a body where an object is missing.

    dvc takes any status from 400 on for "missing" when it looks, and shows status, phrase and address when an upload
    fails. A body that it does not read would cost the connection, so the frequent answer has none.
    """
    status = UNPROCESSABLE if isinstance(error, Invalid) else error.status
    bare = isinstance(error, NotFound) or request.method == "HEAD"
    text = "" if bare else f"{error.message} {error.next_step}".strip() + "\n"
    body = text.encode("utf-8", "replace")
    response = HttpResponse(body, status=status, content_type="text/plain; charset=utf-8")
    response["Content-Length"] = str(len(body))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if isinstance(error, Unauthenticated):
        response["WWW-Authenticate"] = 'Basic realm="Cairn"'
    return response
