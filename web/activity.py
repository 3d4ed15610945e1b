"""What happened: in a repository, by a person, in an organisation, in all that one works on; as pages and as feeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import actor_on, signed_in
from collab.views.feeds import feed_actor
from hub.context import public_url
from hub.lib.atom import Entry, atom
from hub.lib.errors import Invalid, Unauthenticated
from hub.lib.http import render_page
from repos.access import open_repo
from repos.models import Activity, Repository
from repos.views.frame import draw, repo_page
from web import selectors
from web.feed import FeedLine, feed_lines

PER_PAGE = 40
IN_FEED = 40


def activity_context(request: HttpRequest, rows: QuerySet[Activity]) -> dict[str, Any]:
    """A page of rows as sentences, and where the next one begins."""
    found = list(rows[: PER_PAGE + 1])
    following = found[PER_PAGE - 1].pk if len(found) > PER_PAGE else 0
    return {"lines": feed_lines(found[:PER_PAGE]), "next": following, "first": "before" not in request.GET}


def before(request: HttpRequest) -> int:
    """The number of the row that this page ends before, 0 for the first page; raises Invalid."""
    given = request.GET.get("before", "0")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Invalid("The list has no such place.", field="before", next_step="Go back to its beginning.")
    return int(given)


@repo_page()
def repository(request: HttpRequest, repo: Repository) -> HttpResponse:
    """What happened in a repository."""
    rows = selectors.shown_activity(actor_on(request), before=before(request)).filter(repository=repo)
    feed_url = reverse("web:activity_feed", args=[repo.owner.slug, repo.name])
    context = {**activity_context(request, rows), "feed_url": feed_url}
    return draw(request, repo, "web/repository_activity.html", context, active="overview")


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """What happened in all repositories that one works on or watches."""
    signed_in(request)
    actor = actor_on(request)
    rows = selectors.shown_activity(actor, before=before(request)).filter(
        repository__in=selectors.followed_repositories(actor)
    )
    return render_page(request, "web/activity.html", None, activity_context(request, rows))


@require_safe
def repository_feed(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
    """What happened in a repository, for feed readers."""
    actor = feed_actor(request)
    repo = open_repo(actor, owner, name)
    rows = selectors.shown_activity(actor).filter(repository=repo)[:IN_FEED]
    page = f"{public_url(request)}{repo.get_absolute_url()}/activity"
    return atom(request, title=f"Activity of {repo.full_name}", page=page, entries=_entries(request, rows))


@require_safe
def owner_feed(request: HttpRequest, owner: str) -> HttpResponseBase:
    """What a person did, or what happened in an organisation, for feed readers."""
    actor, found = feed_actor(request), selectors.find_owner(owner)
    rows = selectors.activity_of(actor, found)[:IN_FEED]
    page = f"{public_url(request)}{found.get_absolute_url()}"
    return atom(request, title=f"Activity of {found.slug}", page=page, entries=_entries(request, rows))


@require_safe
def own_feed(request: HttpRequest) -> HttpResponseBase:
    """What happened in all repositories that one works on or watches, for one's feed reader."""
    actor = feed_actor(request)
    if actor.is_anonymous:
        raise Unauthenticated("Sign in, or use the address of your settings.")
    rows = selectors.shown_activity(actor).filter(repository__in=selectors.followed_repositories(actor))[:IN_FEED]
    page = f"{public_url(request)}{reverse('web:activity')}"
    return atom(request, title=f"What {actor.name} works on", page=page, entries=_entries(request, rows))


def _entries(request: HttpRequest, rows: QuerySet[Activity]) -> Sequence[Entry]:
    hub = public_url(request)
    return [_entry(hub, line) for line in feed_lines(rows)]


def _entry(hub: str, line: FeedLine) -> Entry:
    title = " ".join(filter(None, [line.who or "Somebody", line.words, line.subject, f"({line.repository})"]))
    return Entry(str(line.number), title, f"{hub}{line.subject_url or line.url}", line.who, line.when)
