"""Mounts the rows of routes.py below `/<owner>/<repo>.git/`; each answers errors as git shows them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from accounts.authn import actor_of
from hub.lib.errors import HubError, NotFound
from hub.lib.routing import Route
from repos.git_http import wire
from repos.git_http.routes import ROUTES

app_name = "git_http"


def door(route: Route) -> Callable[..., HttpResponseBase]:
    """A view for one row: the verb, the credentials, the handler, and its errors as text."""

    def view(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
        if request.method != route.method:
            return HttpResponseNotAllowed([route.method])
        try:
            answer: HttpResponseBase = route.handler(request, actor_of(request), owner, name)
        except HubError as error:
            return wire.refusal(error)
        return answer

    # Programs prove who they are with each request; no cookie is looked at.
    exempt: Callable[..., HttpResponseBase] = csrf_exempt(view)
    return exempt


def elsewhere(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    """Anything else below the prefix, files of the repository folder among them: nothing is there."""
    return wire.refusal(NotFound("There is nothing at this address; git's smart protocol has three paths."))


# Also mounted below `/<owner>/<repo>/`: people clone the address that stands in their browser.
exact = [path(route.path, door(route), name=route.path.replace("/", "-")) for route in ROUTES]

urlpatterns = [*exact, re_path(r"^.*$", csrf_exempt(elsewhere))]
