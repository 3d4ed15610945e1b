"""JSON as Git LFS speaks it: bodies into structs, structs into answers, errors into messages.

The only module of this door that knows how requests and answers are framed.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse

from hub.lib.errors import HubError, Invalid, Unauthenticated
from hub.lib.http import read_body

T = TypeVar("T", bound=msgspec.Struct)

MEDIA_TYPE = "application/vnd.git-lfs+json"
MOST_BODY = 4 * 1024 * 1024  # bytes
UNPROCESSABLE = 422
_oid = re.compile(r"[0-9a-f]{64}")
_encode = msgspec.json.Encoder().encode


class WrongMediaType(HubError):
    """The body is not the JSON of Git LFS."""

    status = 415
    code = "unsupported_media_type"


class Ref(msgspec.Struct):
    """The branch that a client is about to push or has checked out. Objects and locks belong to the repository."""

    name: str = ""


class Item(msgspec.Struct):
    """One object that is asked for; `size` is in bytes. Neither is trusted before `is_possible` was asked."""

    oid: str
    size: int


class BatchRequest(msgspec.Struct):
    """Which objects a client wants to send or fetch."""

    operation: str
    objects: list[Item]
    transfers: list[str] | None = None
    ref: Ref | None = None
    hash_algo: str = "sha256"


class LockRequest(msgspec.Struct):
    """Which path to lock."""

    path: str
    ref: Ref | None = None


class UnlockRequest(msgspec.Struct):
    """Whether to take away another person's lock."""

    force: bool = False
    ref: Ref | None = None


class VerifyLocksRequest(msgspec.Struct):
    """Which page of the locks to compare with."""

    cursor: str = ""
    limit: int = 0
    ref: Ref | None = None


class Action(msgspec.Struct, omit_defaults=True):
    """Where to send or fetch one object; `expires_in` is in seconds."""

    href: str
    header: dict[str, str] = {}
    expires_in: int = 0


class ObjectError(msgspec.Struct):
    """Why one object of a batch is not served; `code` is an HTTP status."""

    code: int
    message: str


class Answered(msgspec.Struct, omit_defaults=True):
    """What to do about one object; neither actions nor an error: nothing, the hub has it."""

    oid: str
    size: int
    authenticated: bool = False
    actions: dict[str, Action] | None = None
    error: ObjectError | None = None


def is_oid(text: str) -> bool:
    """Whether the text is a SHA-256 as Git LFS writes it."""
    return bool(_oid.fullmatch(text))


def read(request: HttpRequest, kind: type[T]) -> T:
    """The body as the struct; raises WrongMediaType, Invalid with what is missing or wrong, TooLarge."""
    # SECURITY: a form on another site cannot send these types, so no browser can be made to lock or unlock.
    if (request.content_type or "").lower() not in (MEDIA_TYPE, "application/json"):
        raise WrongMediaType(f"The body must be {MEDIA_TYPE}.")
    try:
        return msgspec.json.decode(read_body(request, limit=MOST_BODY), type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(f"The body is not what this address takes: {error}") from None


def answer(content: Any, status: int = 200) -> HttpResponse:
    """Structs, lists and dictionaries as the protocol's JSON."""
    body = _encode(content)
    response = HttpResponse(body, status=status, content_type=MEDIA_TYPE)
    response["Content-Length"] = str(len(body))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def refusal(error: HubError) -> HttpResponse:
    """The error as a message, which git-lfs prints; 401 asks for credentials in the way that it looks for."""
    message = f"{error.message} {error.next_step}".strip().encode("utf-8", "replace").decode()
    response = answer({"message": message}, UNPROCESSABLE if isinstance(error, Invalid) else error.status)
    if isinstance(error, Unauthenticated):
        response["LFS-Authenticate"] = response["WWW-Authenticate"] = 'Basic realm="Cairn"'
    return response
