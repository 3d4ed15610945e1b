"""The panel beside a topic of any kind: labels, assignees, milestone and due date, each with its own small form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date

from accounts.levels import Level
from accounts.models import User
from collab import event_lines
from collab.models import Event, Topic
from collab.selectors.conversation import Entry
from collab.selectors.finding import find_topic
from collab.selectors.labels import labels_by_key
from collab.selectors.milestones import find_milestone
from collab.selectors.sorting import side_of
from collab.services import sorting
from collab.views.talk_frame import told
from hub.lib.errors import Invalid, NotFound
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of, repo_page


def side_context(request: HttpRequest, topic: Topic) -> dict[str, Any]:
    """What `collab/_side.html` needs beside `repo`: topic and side."""
    return {"topic": topic, "side": side_of(topic, actor_of(request))}


@repo_page("POST", needs=Level.WRITE)
@told
def labels(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Put on the labels that were ticked."""
    chosen = labels_by_key(repo, keys_of(request, "label"))
    return _changed(request, repo, number, partial(sorting.set_labels, labels=chosen))


@repo_page("POST", needs=Level.WRITE)
@told
def assignees(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Assign those who were ticked."""
    users = people_by_key(keys_of(request, "assignee"))
    return _changed(request, repo, number, partial(sorting.set_assignees, users=users))


@repo_page("POST", needs=Level.WRITE)
@told
def milestone(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Set the milestone that was chosen; an empty choice takes it away."""
    keys = keys_of(request, "milestone")
    goal = find_milestone(repo, keys[0]) if keys else None
    return _changed(request, repo, number, partial(sorting.set_milestone, milestone=goal))


@repo_page("POST", needs=Level.WRITE)
@told
def due(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Set the day it is due; an empty one takes it away."""
    day = day_of(request.POST.get("due_on", ""))
    return _changed(request, repo, number, partial(sorting.set_due, due_on=day))


def _changed(request: HttpRequest, repo: Repository, number: int, change: Callable[..., None]) -> HttpResponse:
    """Do it, and draw the panel anew; the talk beside it gets the line about what was just done."""
    topic = find_topic(repo, number)
    last = topic.events.aggregate(last=Max("pk"))["last"] or 0
    change(actor=actor_of(request), topic=topic)
    if not wants_part(request):
        return redirect(topic.get_absolute_url())
    news = topic.events.filter(pk__gt=last).select_related("user").order_by("pk")
    context = {"repo": repo, "entries": [_entry(event, repo) for event in news], **side_context(request, topic)}
    return render(request, "collab/_side_changed.html", context)


def _entry(event: Event, repo: Repository) -> Entry:
    line = event_lines.line_for(event.verb)
    words = line.text(event.data, repo.get_absolute_url())
    return Entry("event", event.created_at, event=event, icon=line.icon, tint=line.kind, words=words)


def keys_of(request: HttpRequest, name: str) -> list[int]:
    """The numbers that were sent under a name, empty ones left away; raises Invalid."""
    words = [word for word in request.POST.getlist(name)[:1000] if word]
    if any(not (word.isascii() and word.isdecimal() and len(word) < 19) for word in words):
        raise Invalid("What was chosen is no choice of the list.", field=name, next_step="Reload the page.")
    return [int(word) for word in words]


def people_by_key(keys: list[int]) -> list[User]:
    """People by key; raises NotFound when one is not there."""
    found = list(User.objects.filter(pk__in=keys).order_by("username"))
    if len(found) != len(set(keys)):
        raise NotFound("One of these people is not there.", next_step="Reload the page and choose again.")
    return found


def day_of(text: str) -> dt.date | None:
    """A day as `2026-01-31`, None for nothing; raises Invalid."""
    if not text.strip():
        return None
    try:
        day = parse_date(text.strip())
    except ValueError:
        day = None
    if day is None:
        raise Invalid("This is no day.", field="due_on", next_step="Write it as 2026-01-31.")
    return day
