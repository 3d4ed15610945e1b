"""Pages for errors that Django itself raises."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import Forbidden, HubError, Invalid, NotFound
from hub.middleware import error_page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request that cannot be understood."""
    return error_page(request, Invalid("The request cannot be understood."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: what Django itself refuses."""
    return error_page(request, Forbidden("This is not allowed."))


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without this session's CSRF token, whether it is an old one or was made elsewhere."""
    return error_page(
        request,
        Forbidden("The form has expired; nothing was changed.", next_step="Reload the page it is on, then try again."),
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page."""
    return error_page(request, NotFound("There is no page at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; says so without any detail."""
    error = HubError("Something went wrong on our side.", next_step="Try again; if it stays, tell your administrator.")
    error.status = 500
    return error_page(request, error)
