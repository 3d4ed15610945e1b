"""Hands everything below `/<owner>/<repo>.dvc` to one view: verb, credentials, doorman, key, handler."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt

from accounts.authn import actor_of
from accounts.levels import Level
from hub.lib.errors import HubError, NotFound
from repos.access import open_repo
from storage.dvc import wire
from storage.dvc.routes import BY_METHOD
from storage.dvc_keys import parse

app_name = "dvc"


@csrf_exempt  # Programs prove who they are with each request; no cookie is looked at.
def door(request: HttpRequest, owner: str, name: str, rest: str) -> HttpResponseBase:
    """Answer one request of the DVC remote of `owner/name`. Never a redirect: dvc would send its password along."""
    route = BY_METHOD.get(request.method or "")
    if route is None:
        return HttpResponseNotAllowed(sorted(BY_METHOD))
    try:
        actor = actor_of(request)
        repository = open_repo(actor, owner, name, needs=Level(route.needs))
        key = parse(rest[1:])
        if key is None:
            raise NotFound("DVC keeps nothing at this address.")
        answer: HttpResponseBase = route.handler(request, actor, repository, key)
    except HubError as error:
        return wire.refusal(request, error)
    return answer


urlpatterns = [re_path(r"^(?P<rest>(?:/[\s\S]*)?)$", door, name="door")]
