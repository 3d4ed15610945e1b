"""Pages that join several rooms: home, explore, owners."""

from __future__ import annotations

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.views.decorators.http import require_safe

from accounts.access import actor_on
from accounts.models import Owner
from hub.context import public_url
from hub.lib.errors import NotFound
from hub.lib.http import render_page
from repos.models import Repository
from web import selectors
from web.activity import activity_context, before
from web.feed import feed_lines, run_lines
from web.snippets import first_steps

ON_HOME = 8
RUNS_ON_HOME = 6
LINES_ON_HOME = 12
PER_PAGE = 30


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What one works on; for those who have not signed in, what this hub is."""
    actor = actor_on(request)
    steps = first_steps(public_url(request), actor)
    if actor.is_anonymous:
        shown = selectors.repositories_matching(actor, selectors.ListQuery())[:ON_HOME]
        return render_page(request, "web/welcome.html", None, {"repositories": shown, "snippets": steps})
    mine = selectors.own_repositories(actor)
    repositories = list(mine[:ON_HOME])
    if not repositories:
        offer_demo = actor.is_site_admin and selectors.hub_is_empty()
        return render_page(request, "web/start.html", None, {"snippets": steps, "offer_demo": offer_demo})
    context = {
        "repositories": repositories,
        "runs": run_lines(selectors.latest_runs(actor, mine, limit=RUNS_ON_HOME)),
        "feed": feed_lines(selectors.recent_activity(actor, mine, limit=LINES_ON_HOME)),
    }
    return render_page(request, "web/home.html", None, context)


@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    """Every repository the reader may see, narrowed and sorted."""
    query = _list_query(request)
    context = {
        "query": query,
        "kinds": selectors.KINDS,
        "sorts": selectors.SORTS,
        "page": _page(request, selectors.repositories_matching(actor_on(request), query)),
    }
    return render_page(request, "web/explore.html", "web/_repository_list.html", context)


@require_safe
def owner(request: HttpRequest, owner: str) -> HttpResponse:
    """A user or an organisation: who they are and what of theirs the reader may see."""
    found = selectors.find_owner(owner)
    if found.slug != owner:
        return HttpResponsePermanentRedirect(found.get_absolute_url())
    actor, query = actor_on(request), _list_query(request)
    members = selectors.members_of(actor, found)
    tab = request.GET.get("tab", "")
    context = {
        "owner": found,
        "query": query,
        "sorts": selectors.SORTS,
        "tab": tab,
        **_owner_tab(request, found, tab, query),
        "members": members,
        # As with members: who belongs where is told to those who have signed in.
        "organizations": [] if actor.is_anonymous else selectors.organizations_of(found.user),
        "is_run": selectors.is_run_by(actor, found, members),
    }
    part = "web/_repository_list.html" if tab != "activity" else None
    return render_page(request, "web/owner.html", part, context)


def _owner_tab(request: HttpRequest, found: Owner, tab: str, query: selectors.ListQuery) -> dict[str, Any]:
    """What a tab of an owner's page shows: repositories, stars (of people), or what they did."""
    actor = actor_on(request)
    if tab == "activity":
        return activity_context(request, selectors.activity_of(actor, found, before=before(request)))
    if tab == "stars" and found.user is not None:
        return {"page": _page(request, selectors.starred_by(actor, found.user))}
    if tab:
        raise NotFound("This page has no such tab.", next_step="Go back to its first one.")
    return {"page": _page(request, selectors.repositories_matching(actor, query).filter(owner=found))}


@require_safe
def owner_without_slash(request: HttpRequest, owner: str) -> HttpResponse:
    """`/alice` leads to `/alice/`."""
    return HttpResponseRedirect(selectors.find_owner(owner).get_absolute_url())


def _list_query(request: HttpRequest) -> selectors.ListQuery:
    given = request.GET
    return selectors.ListQuery(
        text=given.get("q", "").strip(), kind=given.get("kind", ""), sort=given.get("sort", "") or "recent"
    )


def _page(request: HttpRequest, rows: QuerySet[Repository]) -> Page[Repository]:
    """The page of a list that is asked for; raises NotFound where the list has none."""
    try:
        return Paginator(rows, PER_PAGE).page(request.GET.get("page", "1"))
    except InvalidPage:
        raise NotFound("The list has no such page.", next_step="Go back to its first page.") from None
