"""What every endpoint of /api/v1 does the same way: who asks, what a refusal looks like, addresses of the hub.

The endpoints run in the chain of pages, since a signed-in browser may ask them too. Credentials in a header count
alone: then no cookie is looked at. A session may write only with the CSRF token of its page in `X-CSRFToken`.
"""

from __future__ import annotations

import copy
import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import authn
from accounts.actor import ANONYMOUS, Actor
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid, NotFound, TooLarge, Unauthenticated, Unavailable

log = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
MOST_BODY = 1024 * 1024  # bytes of JSON or of a form


class OwnFault(HubError):
    """The fault is ours. Clients of DagsHub send an upload again that is answered so."""

    status = 500
    code = "server error"


class Credentials(BaseAuthentication):
    """Bearer or Basic in the header as at every wire door; without a header the session of a browser."""

    def authenticate(self, request: Request) -> tuple[Any, Actor]:
        """The user and the actor; raises Unauthenticated, Forbidden for a write by cookie without its CSRF token."""
        plain: HttpRequest = request._request
        if plain.META.get("HTTP_AUTHORIZATION"):
            actor = authn.actor_of(plain)
        else:
            actor = getattr(plain, "actor", ANONYMOUS)
            if not actor.is_anonymous and plain.method not in SAFE_METHODS:
                _check_csrf(plain)
        return actor.user, actor

    def authenticate_header(self, request: Request) -> str:
        """No Basic challenge: browsers would ask for a password in a window of their own."""
        return 'Bearer realm="Cairn"'


def _check_csrf(request: HttpRequest) -> None:
    # SECURITY: else a page elsewhere could write through a signed-in reader's browser. The token is taken from the
    # header alone: looking for it in a form would read the body, which may be gigabytes.
    asked = copy.copy(request)
    asked.method = "PUT"
    check = CSRFCheck(lambda _: HttpResponse())  # type: ignore[arg-type]
    check.process_request(asked)
    if check.process_view(asked, None, (), {}):  # type: ignore[arg-type]
        raise Forbidden("This session sent no CSRF token.", next_step="Send it in X-CSRFToken, or use an access token.")


class Door(APIView):
    """The base of all endpoints. `self.actor` is who asks; errors of the hub become problems (RFC 9457)."""

    authentication_classes = (Credentials,)
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    parser_classes: Any = (JSONParser, FormParser)

    @property
    def actor(self) -> Actor:
        """Who asks."""
        actor: Actor = self.request.auth or ANONYMOUS  # type: ignore[assignment]
        return actor

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Answers are JSON, whatever is asked for."""
        return self.get_renderers()[0], "application/json"

    def handle_exception(self, exc: Exception) -> Any:
        """The error as a problem; what nobody expected is logged, and no detail of it told."""
        return problem(self.told(exc))

    def told(self, error: Exception) -> HubError:
        """Any exception as one of the hub's errors; rooms above know more kinds."""
        return told(error)

    def fields(self, request: Request) -> dict[str, Any]:
        """What was sent, as JSON or as a form, by name. Raises Invalid, TooLarge."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdigit() or len(length) > 18 or int(length) > MOST_BODY:
            raise TooLarge(f"At most {MOST_BODY} bytes are taken here, of a length told before.")
        try:
            data = request.data
        except (UnicodeError, LookupError, RecursionError, SuspiciousOperation):
            raise Invalid("The body cannot be read.") from None
        if not hasattr(data, "items"):
            raise Invalid("The body must be a JSON object or a form.")
        return {str(name): value for name, value in data.items()}


def told(error: Exception) -> HubError:
    """Any exception as one of the hub's errors."""
    if isinstance(error, HubError):
        return error
    if isinstance(error, Http404):
        return NotFound("There is nothing at this address.")
    if isinstance(error, exceptions.APIException):
        found = HubError(_words(error.detail))
        found.status, found.code = error.status_code, str(error.default_code)
        return found
    if isinstance(error, DatabaseError):
        log.error("The database failed", exc_info=error)
        return Unavailable("The database does not answer now; nothing was changed.")
    log.error("A request of the API failed", exc_info=error)
    return OwnFault("The hub failed at this request; its log says why.")


def _words(detail: Any) -> str:
    if isinstance(detail, dict):
        return " ".join(f"{name}: {_words(each)}" for name, each in detail.items())
    return " ".join(map(_words, detail)) if isinstance(detail, list) else str(detail)


def problem(error: HubError, status: int = 0) -> JsonResponse:
    """The error as application/problem+json, with the members that clients of DagsHub read beside those of RFC 9457."""
    status = status or error.status
    sentence = f"{error.message} {error.next_step}".strip().encode("utf-8", "replace").decode()
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
        "error": error.code,
        "details": sentence,
        "message": sentence,
        "field": error.field,
    }
    response = JsonResponse(body, status=status, content_type=PROBLEM)
    response["Cache-Control"] = "no-store"
    if isinstance(error, Unauthenticated):
        response["WWW-Authenticate"] = 'Bearer realm="Cairn"'
    return response


def base_url(request: HttpRequest) -> str:
    """The address people reach this hub by, without a slash at the end."""
    try:
        return settings.HUB_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        raise Invalid("This hub is not called by that name.") from None


def text_of(fields: dict[str, Any], name: str, default: str = "", *, most: int = 500) -> str:
    """A field as text; raises Invalid for another kind, control characters, or more than `most` characters."""
    value = fields.get(name, default)
    if value is None:
        return default
    if not isinstance(value, str) or len(value) > most or any(ord(letter) < 32 for letter in value):
        raise Invalid(f"{name} is one line of text of at most {most} characters.", field=name)
    if any(0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise Invalid(f"{name} holds halves of letters.", field=name)
    return value


def flag_of(fields: dict[str, Any], name: str) -> bool | None:
    """A field as true or false, None when it was not sent; forms send words."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    words = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False}
    found = value if isinstance(value, bool) else words.get(str(value).lower()[:10])
    if found is None:
        raise Invalid(f"{name} is true or false.", field=name)
    return found


def number_of(request: Request, name: str, default: int, *, low: int, high: int) -> int:
    """A number of the query, within bounds; raises Invalid."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12 or not low <= int(text) <= high:
        raise Invalid(f"{name} is a number from {low} to {high}.", field=name)
    return int(text)


class UnprocessableName(Conflict):
    """A repository cannot be called so; clients of DagsHub look for this status."""

    status = 422
    code = "unprocessable"


def refused_name(error: HubError) -> UnprocessableName:
    """An error about what is to be made, with the status that clients expect."""
    return UnprocessableName(error.message, field=error.field, next_step=error.next_step)


def page_of(request: Request, rows: list[Any], *, most: int = 100) -> tuple[list[Any], dict[str, str]]:
    """One page of rows by `page` (from 1) and `limit`, and the headers that tell how many there are."""
    page = number_of(request, "page", 1, low=1, high=10**6)
    limit = number_of(request, "limit", most, low=1, high=most)
    return rows[(page - 1) * limit : page * limit], {"X-Total-Count": str(len(rows))}


def answer(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The JSON answer."""
    return Response(content, status=status, headers={"Cache-Control": "no-store", **(headers or {})})
