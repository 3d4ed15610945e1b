"""The one view of this door: finds the route, asks who calls, lets them in, reads, calls, answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts.authn import actor_of
from accounts.levels import Level
from hub.context import public_url
from hub.lib.errors import HubError, Invalid, NotFound
from hub.lib.lookup import trusting
from repos.access import expecting_repo, open_repo
from tracking.mlflow import wire
from tracking.mlflow.routes import TABLE
from tracking.mlflow.table import Entry
from tracking.mlflow.tickets import ticket_of
from tracking.mlflow.wire import Call


@csrf_exempt  # Programs with credentials of their own in every request; cookies are not looked at.
def door(request: HttpRequest, owner: str, name: str, rest: str) -> HttpResponseBase:
    """Answer a call of the MLflow protocol on the repository `owner/name`."""
    path = rest[1:]
    if not path and request.method in ("GET", "HEAD"):
        return wire.respond(request, wire.Elsewhere(f"/{owner}/{name}/experiments"))
    try:
        if request.method == "OPTIONS":
            return _options(path)
        return _answer(request, owner, name, path)
    except HubError as error:
        return wire.refuse(error)
    except Exception as error:
        return wire.failed(request, error)


def _answer(request: HttpRequest, owner: str, name: str, path: str) -> HttpResponseBase:
    if "\0" in path:
        raise Invalid("Invalid path", field="path")
    entry, variables = TABLE.find(request.method or "", path)
    if entry.route.quick:
        with trusting():
            return _serve(request, owner, name, entry, variables)
    return _serve(request, owner, name, entry, variables)


def _serve(request: HttpRequest, owner: str, name: str, entry: Entry, variables: Mapping[str, str]) -> HttpResponseBase:
    route = entry.route
    ticket = ticket_of(request)
    with expecting_repo(owner, name):
        actor = actor_of(request) if ticket is None else ticket.actor
        repository = open_repo(actor, owner, name, needs=Level(route.needs))
    if ticket is not None and ticket.repository_id != repository.pk:
        raise NotFound("This address was for a repository that is gone.")
    body = entry.reads() if entry.reads.RAW else wire.read(request, entry.reads)
    call = Call(actor, repository, variables, wire.upload_of(request), partial(public_url, request))
    return wire.respond(request, route.handler(call, body))


def _options(path: str) -> HttpResponse:
    """The methods of an address, for whoever asks."""
    allowed = TABLE.methods(path)
    return HttpResponse(status=200 if allowed else 404, headers={"Allow": ", ".join([*allowed, "OPTIONS"])})
