"""Starring a repository, and who has starred it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect

from hub.lib.errors import NotFound
from repos.models import Repository, Star
from repos.services import stars as services
from repos.views.frame import actor_of, draw, repo_page

PER_PAGE = 50


@repo_page("POST")
def star(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Star it, or no longer where one does: `on` (1 or 0) says which, without it the star is turned."""
    actor, wanted = actor_of(request), request.POST.get("on", "")
    starred = wanted != "0" and (services.star(actor=actor, repository=repo) or wanted == "1")
    if not starred:
        services.unstar(actor=actor, repository=repo)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"starred": starred, "count": repo.stars_count})
    messages.success(request, f"You star {repo.full_name}." if starred else f"You no longer star {repo.full_name}.")
    return redirect(f"{repo.get_absolute_url()}/stars")


@repo_page()
def stars(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Who stars a repository, the latest first."""
    # Who belongs where is told to those who have signed in.
    actor = actor_of(request)
    rows = Star.objects.filter(repository=repo, user__is_active=True).select_related("user")
    try:
        page = Paginator(rows.order_by("-pk") if not actor.is_anonymous else rows.none(), PER_PAGE).page(
            request.GET.get("page", "1")
        )
    except InvalidPage:
        raise NotFound("The list has no such page.", next_step="Go back to its first page.") from None
    mine = rows.filter(user=actor.user_id or 0).exists()
    return draw(request, repo, "repos/stars.html", {"page": page, "starred": mine}, active="")
