"""What surrounds every page: security headers, the actor, and errors told as pages."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render

from accounts.actor import ANONYMOUS, Actor
from hub.lib.errors import HubError, Unauthenticated
from hub.lib.http import wants_part

Handler = Callable[[HttpRequest], HttpResponseBase]

# SECURITY: no inline script or style, nothing from elsewhere, no framing by others.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'; manifest-src 'self'"
)


class SecurityHeaders:
    """Sets the policy of our own pages; a view that serves other people's bytes has set a stricter one already."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


class PackedPages(GZipMiddleware):
    """Packs our own pages for browsers that can unpack them; files are sent as they are, with ranges and lengths.

    SECURITY: a page that echoes what was asked beside a secret could be guessed at by its packed length (BREACH): the
    tokens of forms differ at each answer, and Django adds a random number of bytes.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, packed where it is a page of ours."""
        ours = not response.streaming and not response.has_header("Content-Security-Policy")
        if not ours or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        packed: HttpResponseBase = super().process_response(request, response)
        return packed


class ActorMiddleware:
    """Puts `request.actor` on every page request, from the session."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the actor known."""
        user = request.user
        request.actor = Actor(user=user) if user.is_authenticated else ANONYMOUS  # type: ignore[attr-defined]
        return self.get_response(request)


class ErrorPages:
    """Turns errors that services and the doorman raise into pages, or into a toast for HTMX."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; errors arrive in process_exception."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for a HubError; others are left to Django."""
        if not isinstance(error, HubError):
            return None
        if isinstance(error, Unauthenticated) and request.path.startswith("/-/") and request.method == "GET":
            return redirect_to_login(request.get_full_path())
        return error_page(request, error)


def error_page(request: HttpRequest, error: HubError) -> HttpResponse:
    """The error in the accent of whoever asks: page, part or JSON.

    Somebody who has not signed in gets the same 404 for what is not there and what they may not see, with a way
    to sign in.
    """
    status = 404 if isinstance(error, Unauthenticated) else error.status
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": error.code, "message": error.message, "field": error.field}, status=status)
    context = {"error": error, "status": status, "sign_in_may_help": isinstance(error, Unauthenticated)}
    name = "errors/_error.html" if wants_part(request) else "errors/error.html"
    return render(request, name, context, status=status)
