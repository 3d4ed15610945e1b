"""Mounts the rows of routes.py: verb, credentials or ticket, doorman, body, handler, answer."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from accounts.actor import Actor
from accounts.authn import actor_of
from accounts.levels import Level
from hub.context import public_url
from hub.lib.errors import HubError, NotFound
from hub.lib.routing import Route
from repos.access import find_repo, open_repo
from storage.lfs import tickets, wire
from storage.lfs.call import Call
from storage.lfs.routes import ROUTES

app_name = "lfs"


def door(routes: Iterable[Route]) -> Callable[..., HttpResponseBase]:
    """A view for the rows of one path."""
    by_method = {route.method: (route, typing.get_type_hints(route.handler).get("asked")) for route in routes}

    def view(request: HttpRequest, owner: str, name: str, **words: str) -> HttpResponseBase:
        if request.method not in by_method:
            return HttpResponseNotAllowed(sorted(by_method))
        route, reads = by_method[request.method]
        try:
            call = _let_in(route, request, owner, name, words)
            found = route.handler(call, wire.read(request, reads)) if reads else route.handler(call)
            return found if isinstance(found, HttpResponseBase) else wire.answer(found)
        except HubError as error:
            return wire.refusal(error)

    # Programs prove who they are with each request; no cookie is looked at.
    exempt: Callable[..., HttpResponseBase] = csrf_exempt(view)
    return exempt


def _let_in(route: Route, request: HttpRequest, owner: str, name: str, words: dict[str, str]) -> Call:
    actor = _actor(route, request, owner, name, words)
    repository = open_repo(actor, owner, name, needs=Level(route.needs))
    if "oid" in words and not wire.is_oid(words["oid"]):
        raise NotFound("An object's id is 64 lower-case hexadecimal digits.")
    base = f"{public_url(request)}/{repository.full_name}.git/info/lfs"
    return Call(request, actor, repository, base, words)


def _actor(route: Route, request: HttpRequest, owner: str, name: str, words: dict[str, str]) -> Actor:
    """Who calls: by a ticket where objects are transferred, by credentials of their own anywhere."""
    if "oid" not in words or not tickets.is_ticket(request):
        return actor_of(request)
    repository = find_repo(owner, name)
    operation: tickets.Operation = "download" if route.needs == Level.READ else "upload"
    return tickets.actor_behind(request, repository.pk if repository else None, operation, words["oid"])


def elsewhere(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
    """Anything else below the prefix: nothing is there."""
    return wire.refusal(NotFound("There is nothing at this address of the Git LFS API."))


def _mounted() -> list[URLPattern]:
    by_path: dict[str, list[Route]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, []).append(route)
    return [path(place, door(routes), name=place) for place, routes in by_path.items()]


urlpatterns = [*_mounted(), re_path(r"^.*$", csrf_exempt(elsewhere))]
