"""How much of a repository somebody hears, and whether they follow one conversation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from collab.models import Thread, Topic, Watch
from collab.selectors.audience import REASONS
from collab.selectors.finding import find_topic
from collab.selectors.inbox import subscription_of, watch_of
from collab.services import subscribing
from collab.services.subscribing import WATCH_KINDS
from collab.views.talk_frame import back, told
from hub.lib.errors import Invalid
from hub.lib.http import wants_part
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
        return back(request, f"{repo.get_absolute_url()}/watch")
    row = watch_of(actor, repo)
    context = {
        "level": row.level if row else Watch.Level.PARTICIPATING.value,
        "levels": [(value, Watch.Level(value).label, about) for value, about in ABOUT.items()],
        "kinds": [(key, label, row is not None and key in row.kinds) for key, label in WATCH_KINDS.items()],
    }
    return draw(request, repo, "collab/watch.html", context, active="")


@repo_page("GET", "HEAD", "POST")
@told
def subscription(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Whether one follows a topic (`topic`, its number) or a thread (`thread`); POST follows, leaves or mutes it."""
    topic, thread = _subject(request, repo)
    if request.method == "POST":
        _subscribe(actor_of(request), repo, topic, thread, request.POST.get("state", ""))
        if not wants_part(request):
            return back(request, topic.get_absolute_url() if topic else f"{repo.get_absolute_url()}/talk")
    actor = actor_of(request)
    row = subscription_of(actor, topic=topic, thread=thread)
    watched = watch_of(actor, repo)
    level = watched.level if watched else ""
    kind = topic.kind if topic is not None else "talk"
    hears = level == Watch.Level.ALL or (watched is not None and kind in watched.kinds)
    context = {
        "topic": topic,
        "thread": thread,
        "row": row,
        "hears": bool(row is not None and not row.is_muted) or (row is None and hears),
        "why": REASONS.get(row.reason, "") if row else REASONS["watching"],
        "ignored": level == Watch.Level.IGNORE,
        "action": f"{repo.get_absolute_url()}/subscription",
    }
    return draw(request, repo, "collab/subscription.html", context, part="collab/_subscription.html", active="")


def _subscribe(actor: Actor, repo: Repository, topic: Topic | None, thread: Thread | None, state: str) -> None:
    user = subscribing.check_listen(actor, repo)
    if state == "subscribed":
        subscribing.subscribe(user=user, reason="subscribed", topic=topic, thread=thread)
    elif state == "unsubscribed":
        subscribing.unsubscribe(user=user, topic=topic, thread=thread)
    elif state == "muted":
        subscribing.mute(user=user, topic=topic, thread=thread)
    else:
        raise Invalid("Say subscribed, unsubscribed or muted.", field="state")


def _subject(request: HttpRequest, repo: Repository) -> tuple[Topic | None, Thread | None]:
    given = request.POST if request.method == "POST" else request.GET
    number, pk = given.get("topic", ""), given.get("thread", "")
    word = number or pk
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise Invalid("Name a topic by its number.", field="topic")
    return (
        (find_topic(repo, int(number)), None)
        if number
        else (None, get_object_or_404(Thread, repository=repo, topic=None, pk=pk))
    )
