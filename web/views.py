"""Pages that join several rooms: home, explore, search, owners; and the choice of light or dark."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.services.users import change_profile
from hub.context import public_url
from hub.lib.errors import NotFound
from hub.lib.http import render_page
from repos.models import Repository
from web import selectors
from web.feed import feed_lines
from web.snippets import first_steps

ON_HOME = 8
PER_PAGE = 30
COOKIE_AGE = 365 * 24 * 3600


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What one works on; for those who have not signed in, what this hub is."""
    actor = request.actor
    if actor.is_anonymous:
        shown = selectors.repositories_matching(actor, selectors.ListQuery())[:ON_HOME]
        context = {"repositories": shown, "snippets": first_steps(public_url(request), actor)}
        return render_page(request, "web/welcome.html", None, context)
    mine = selectors.own_repositories(actor)
    repositories = list(mine[:ON_HOME])
    context = {
        "repositories": repositories,
        "runs": selectors.latest_runs(actor, mine, limit=6) if repositories else [],
        "feed": feed_lines(selectors.recent_activity(actor, mine, limit=12)) if repositories else [],
        "snippets": [] if repositories else first_steps(public_url(request), actor),
        "offer_demo": actor.is_site_admin and not repositories and selectors.hub_is_empty(),
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
        "page": _page(request, selectors.repositories_matching(request.actor, query)),
    }
    return render_page(request, "web/explore.html", "web/_repository_list.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Repositories and owners that hold the words of the search box."""
    query = _list_query(request)
    context = {
        "query": query,
        "search_text": query.text,
        "page": _page(request, selectors.repositories_matching(request.actor, query)),
        "owners": selectors.owners_matching(query.text, limit=10),
    }
    return render_page(request, "web/search.html", None, context)


@require_safe
def owner(request: HttpRequest, owner: str) -> HttpResponse:
    """A user or an organisation: who they are and what of theirs the reader may see."""
    found = selectors.find_owner(owner)
    if found.slug != owner:
        return HttpResponsePermanentRedirect(found.get_absolute_url())
    query = _list_query(request)
    rows = selectors.repositories_matching(request.actor, query).filter(owner=found)
    context = {
        "owner": found,
        "query": query,
        "sorts": selectors.SORTS,
        "page": _page(request, rows),
        "members": selectors.members_of(request.actor, found),
        "organizations": selectors.organizations_of(found.user),
        "is_self": found.user_id is not None and found.user_id == request.actor.user_id,
    }
    return render_page(request, "web/owner.html", "web/_repository_list.html", context)


@require_safe
def owner_without_slash(request: HttpRequest, owner: str) -> HttpResponse:
    """`/alice` leads to `/alice/`."""
    return HttpResponseRedirect(selectors.find_owner(owner).get_absolute_url())


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or as the system: with the account, and in a cookie for pages before signing in."""
    chosen = {"light": "light", "dark": "dark"}.get(request.POST.get("theme", ""), "")
    if request.actor.user is not None:
        change_profile(user=request.actor.user, theme=chosen)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("web:home")
    response = HttpResponse(status=204) if "HX-Request" in request.headers else HttpResponseRedirect(target)
    if chosen:
        response.set_cookie("theme", chosen, max_age=COOKIE_AGE, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


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
