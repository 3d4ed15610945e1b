"""HTTP ↔ the structs of asks.py and answers.py: bodies and queries in, JSON and bytes out, errors, page tokens.

The only module of this door that knows HttpRequest. Nothing here depends on middleware: the door runs without.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts.actor import Actor
from hub.lib.errors import Conflict, HubError, Invalid, NotFound, QuotaExceeded, TooLarge, Unauthenticated, Unavailable
from hub.lib.http import announced_length, read_body, stream_body, untrusted
from repos.models import Repository
from tracking.mlflow import answers, lenient
from tracking.mlflow.asks import Ask
from tracking.mlflow.tickets import signed_path
from tracking.rules import InvalidState, missing

log = logging.getLogger(__name__)
A = TypeVar("A", bound=Ask)

# A dataset's profile alone may have 16 million characters; JSON may need six bytes for one.
MAX_BODY = 128 * 1024 * 1024
JSON = "application/json"
_encode = msgspec.json.Encoder().encode
_camel = re.compile(rb'"[a-z]+[A-Z]\w*"\s*:')


class NotServed(HubError):
    """No such endpoint here; the client falls back to another way."""

    status = 404
    code = "ENDPOINT_NOT_FOUND"


class WrongMethod(NotServed):
    """The address takes other methods, listed in `allowed`."""

    status = 405

    def __init__(self, message: str, allowed: list[str]) -> None:
        super().__init__(message)
        self.allowed = allowed


class LengthRequired(Invalid):
    """A body of unknown length: one that is cut on its way would look whole."""

    status = 411


class BadRequest(Invalid):
    """The request lacks what it cannot do without."""

    code = "BAD_REQUEST"


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, on which repository, with the variable parts of the path. `upload` reads a raw body.

    `base` tells the hub's public address.
    """

    actor: Actor
    repository: Repository
    path: Mapping[str, str]
    upload: Upload
    base: Callable[[], str]

    def signed(self, method: str, path: str, seconds: int) -> str:
        """A whole address below mlflow-artifacts/ at which the caller may do this without a login, for a while."""
        below = f"/{self.repository.full_name}.mlflow/api/2.0/mlflow-artifacts/{path}"
        return self.base() + signed_path(self.actor, self.repository, method, below, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Upload:
    """The raw body of a request, not read yet. `size` is None when the client did not say; `header` finds a header."""

    chunks: Callable[[], Iterator[bytes]]
    size: int | None
    header: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class File:
    """Bytes to send: `open_range(offset, length)` yields them."""

    name: str
    size: int
    content_type: str
    open_range: Callable[[int, int], Iterator[bytes]]
    etag: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Tagged:
    """An empty answer whose ETag names what was sent."""

    etag: str


@dataclass(frozen=True, slots=True)
class Text:
    """A plain word."""

    text: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """An answer in a form of its own."""

    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A page of the hub; browsers keep the part after `#`."""

    url: str


def upload_of(request: HttpRequest) -> Upload:
    """The raw body, for whoever streams it."""
    return Upload(lambda: stream_body(request), announced_length(request), lambda name: request.headers.get(name, ""))


def read(request: HttpRequest, kind: type[A]) -> A:
    """The request's fields as the struct; raises Invalid naming what is missing or of the wrong kind."""
    query = request.META.get("QUERY_STRING", "")
    if kind.IN_QUERY or (request.method in ("GET", "HEAD") and query):
        found = lenient.build(kind, _fields(kind, query))
    else:
        found = _from_body(request, kind)
    _twin(found)
    for name in kind.REQUIRED:
        if getattr(found, name) in (None, ""):
            raise missing(name)
    return found


def _from_body(request: HttpRequest, kind: type[A]) -> A:
    if request.method in ("POST", "PUT") and request.META.get("CONTENT_TYPE", "").partition(";")[0].strip() != JSON:
        raise Invalid(f"Bad Request. Content-Type must be one of ['{JSON}'].")
    # HTTP/2 announces no body, so only GET goes by what is announced: reading what never comes would wait.
    plain = request.method in ("GET", "HEAD") and not request.META.get("CONTENT_LENGTH")
    body = b"" if plain else read_body(request, limit=MAX_BODY)
    if not body:
        return kind()
    if b"\\u0000" not in body and (len(body) > 4096 or not _camel.search(body)):
        try:
            return _decoder(kind).decode(body)
        except (msgspec.MsgspecError, RecursionError):
            pass  # Not the strict form; the slow way knows the loose ones and the words for what is wrong.
    return lenient.build(kind, lenient.load_object(body))


@lru_cache(maxsize=200)
def _decoder(kind: type[A]) -> msgspec.json.Decoder[A]:
    return msgspec.json.Decoder(kind)


def _fields(kind: type[Ask], query: str) -> dict[str, Any]:
    """Query parameters by name; a field that is a list keeps all its values, others their first."""
    try:
        given = parse_qs(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise Invalid("The query string is no valid UTF-8.") from None
    lists = _list_fields(kind)
    return {name: values if name in lists else values[0] for name, values in given.items()}


@lru_cache(maxsize=200)
def _list_fields(kind: type[Ask]) -> frozenset[str]:
    return frozenset(field.name for field in msgspec.structs.fields(kind) if "list[" in str(field.type))


def _twin(found: Any) -> None:
    """`run_uuid` is the older name of `run_id`."""
    if not getattr(found, "run_id", "x"):
        found.run_id = getattr(found, "run_uuid", None)


# --- answers


def respond(request: HttpRequest, answer: Any) -> HttpResponseBase:
    """The HTTP answer for what a handler returned."""
    if isinstance(answer, File):
        response = untrusted(
            request,
            filename=answer.name,
            size=answer.size,
            open_range=answer.open_range,
            content_type=answer.content_type,
            etag=answer.etag,
            download=True,
        )
        if answer.sha256:
            # RFC 9530: of the whole file, also when a range of it is sent.
            response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(answer.sha256)).decode()}:"
        return response
    if isinstance(answer, Tagged):
        return HttpResponse(headers={"ETag": f'"{answer.etag}"'})
    if isinstance(answer, Text):
        return HttpResponse(answer.text, content_type="text/plain; charset=utf-8")
    if isinstance(answer, Bytes):
        return HttpResponse(answer.data, content_type=answer.content_type)
    if isinstance(answer, Elsewhere):
        return HttpResponse(status=302, headers={"Location": answer.url})
    return HttpResponse(_encode(answer), content_type=JSON)


_CODES: list[tuple[type[HubError], str, int]] = [
    (NotServed, "ENDPOINT_NOT_FOUND", 0),
    (BadRequest, "BAD_REQUEST", 0),
    (InvalidState, "INVALID_STATE", 0),
    (Conflict, "RESOURCE_ALREADY_EXISTS", 400),
    (NotFound, "RESOURCE_DOES_NOT_EXIST", 0),
    (Unauthenticated, "UNAUTHENTICATED", 0),
    (TooLarge, "INVALID_PARAMETER_VALUE", 0),
    (QuotaExceeded, "RESOURCE_EXHAUSTED", 0),
    (Unavailable, "TEMPORARILY_UNAVAILABLE", 0),
    (Invalid, "INVALID_PARAMETER_VALUE", 0),
]


def refuse(error: HubError) -> HttpResponse:
    """The protocol's form of an error."""
    code, status = "PERMISSION_DENIED", error.status
    for kind, name, other in _CODES:
        if isinstance(error, kind):
            code, status = name, other or error.status
            break
    # A message may quote what was sent, even half a letter, which no answer can hold.
    message = f"{error.message} {error.next_step}".strip().encode("utf-8", "replace").decode()
    response = HttpResponse(_encode(answers.Error(code, message)), content_type=JSON, status=status)
    if isinstance(error, Unauthenticated):
        response["WWW-Authenticate"] = 'Basic realm="Cairn", charset="UTF-8"'
    if isinstance(error, WrongMethod):
        response["Allow"] = ", ".join(error.allowed)
    return response


def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer when the fault is ours, or shows itself only in the database: logged, and no detail told."""
    if isinstance(error, DataError):
        log.warning("%s %s: %s", request.method, request.path, error)
        return refuse(Invalid("The database cannot take a value of this request, such as a pattern in a filter."))
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    if isinstance(error, DatabaseError):
        fault = answers.Error("TEMPORARILY_UNAVAILABLE", "The database does not answer now; nothing was changed.")
        return HttpResponse(_encode(fault), content_type=JSON, status=503, headers={"Retry-After": "2"})
    fault = answers.Error("INTERNAL_ERROR", "The hub failed at this request; its log says why.")
    return HttpResponse(_encode(fault), content_type=JSON, status=500)


# --- page tokens


def offset_of(token: str | None, **bound: Any) -> int:
    """Where a page starts. `bound` must be what the token was made with. Raises Invalid for anything else."""
    if not token:
        return 0
    try:
        found = json.loads(base64.urlsafe_b64decode(token.encode()))
        offset = found["offset"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Invalid("Invalid page token, could not be read.", field="page_token") from None
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 < offset < 2**62:
        raise Invalid("Invalid page token, the offset is out of range.", field="page_token")
    for name, value in bound.items():
        if found.get(name) != value:
            raise Invalid(f"The {name} in the page token do not match the requested {name}.", field="page_token")
    return offset


def token_for(offset: int, more: bool, **bound: Any) -> str:
    """The token of the page that starts at `offset`, or "" when there is none."""
    if not more:
        return ""
    return base64.urlsafe_b64encode(json.dumps({"offset": offset, **bound}).encode()).decode()
