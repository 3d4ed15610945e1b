"""How much of a repository somebody hears, and whether they follow one conversation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme

from collab.models import Thread, Topic, Watch
from collab.selectors.inbox import watch_of
from collab.services import subscribing
from collab.services.subscribing import WATCH_KINDS
from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page

ABOUT = {
    Watch.Level.ALL: "All that happens here, except pushes.",
    Watch.Level.PARTICIPATING: "What you began, take part in, are asked for or called to by name.",
    Watch.Level.CUSTOM: "What concerns you, and all of the kinds you choose.",
    Watch.Level.IGNORE: "Nothing, not even when you are called by name.",
}


@repo_page("GET", "HEAD", "POST")
def watch(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Choose what to hear of a repository."""
    actor = actor_of(request)
    if request.method == "POST":
        given = request.POST
        subscribing.watch(actor=actor, repository=repo, level=given.get("level", ""), kinds=given.getlist("kinds"))
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"watch": given["level"]})
        messages.success(request, f"From now on you hear: {Watch.Level(given['level']).label.lower()}.")
        return _back(request, f"{repo.get_absolute_url()}/watch")
    row = watch_of(actor, repo)
    context = {
        "level": row.level if row else Watch.Level.PARTICIPATING.value,
        "levels": [(value, Watch.Level(value).label, about) for value, about in ABOUT.items()],
        "kinds": [(key, label, row is not None and key in row.kinds) for key, label in WATCH_KINDS.items()],
    }
    return draw(request, repo, "collab/watch.html", context, active="")


@repo_page("POST")
def subscription(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Follow, leave or mute one topic (`topic`, its number) or thread (`thread`); `state` says which."""
    user = subscribing.check_listen(actor_of(request), repo)
    topic, thread = _subject(request, repo)
    state = request.POST.get("state", "")
    if state == "subscribed":
        subscribing.subscribe(user=user, reason="subscribed", topic=topic, thread=thread)
    elif state == "unsubscribed":
        subscribing.unsubscribe(user=user, topic=topic, thread=thread)
    elif state == "muted":
        subscribing.mute(user=user, topic=topic, thread=thread)
    else:
        raise Invalid("Say subscribed, unsubscribed or muted.", field="state")
    below = topic.get_absolute_url() if topic is not None else f"{repo.get_absolute_url()}/talk"
    return _back(request, below)


def _subject(request: HttpRequest, repo: Repository) -> tuple[Topic | None, Thread | None]:
    number, pk = request.POST.get("topic", ""), request.POST.get("thread", "")
    given = number or pk
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Invalid("Name a topic by its number.", field="topic")
    if number:
        return get_object_or_404(
            Topic.objects.select_related("repository__owner"), repository=repo, number=number
        ), None
    return None, get_object_or_404(Thread, repository=repo, topic=None, pk=pk)


def _back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page that was said, if it is one of this hub."""
    wanted = request.POST.get("next", "")
    # SECURITY: only paths of our own, or the form would lead people anywhere.
    own = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return redirect(wanted if own else otherwise)
