"""What every page of a repository does first and last: the doorman, one address for each page, and clear misses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import HubError, TooLarge, Unavailable
from hub.lib.http import render_page, wants_part
from repos.access import open_repo, repo_context
from repos.git import tree
from repos.git.objects import Missing, Place
from repos.git.process import GitNotFound, GitOutputTooLarge, GitTimeout
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from repos.selectors.refs import refs_menu

View = Callable[..., HttpResponseBase]
READING = ("GET", "HEAD")


def actor_of(request: HttpRequest) -> Actor:
    """Who looks at the page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def repo_page(*methods: str, needs: Level = Level.READ) -> Callable[[View], View]:
    """Let the actor in and hand the repository to the view; GET and HEAD unless other methods are named.

    A former name or another spelling leads to the one address of the page. What git does not find is a 404 page.
    """
    allowed = methods or READING

    def bind(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, owner: str, name: str, **rest: Any) -> HttpResponseBase:
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            repo = open_repo(actor_of(request), owner, name, needs=needs)
            if request.method in READING and repo.full_name != f"{owner}/{name}":
                return redirect(request.get_full_path().replace(f"/{owner}/{name}", f"/{repo.full_name}", 1))
            return _answer(view, request, repo, rest)

        return page

    return bind


def _answer(view: View, request: HttpRequest, repo: Repository, rest: dict[str, Any]) -> HttpResponseBase:
    try:
        return view(request, repo, **rest)
    except (Missing, GitNotFound):
        return missing(request, repo, str(rest.get("place", "")))
    except GitTimeout as error:
        raise Unavailable(
            "git took too long to answer this.", next_step="Try again later, or ask for less: one folder, one file."
        ) from error
    except GitOutputTooLarge as error:
        raise TooLarge("The answer is too large for a page.", next_step="Clone the repository to see it.") from error


def draw(
    request: HttpRequest,
    repo: Repository,
    page: str,
    context: dict[str, Any],
    *,
    part: str | None = None,
    active: str = "files",
    status: int = 200,
) -> HttpResponse:
    """A page in the repository's frame, or its part for HTMX."""
    whole = not (part and wants_part(request))
    frame = repo_context(actor_of(request), repo, active) if whole else {"repo": repo}
    return render_page(request, page, part, {**frame, **context}, status=status)


def missing(request: HttpRequest, repo: Repository, wanted: str) -> HttpResponse:
    """404 for a ref or path that is not there, with ways to go on."""
    shown = wanted if len(wanted) <= 200 else wanted[:200] + "…"
    context = {"wanted": shown.replace("\0", "␀"), "menu": None if repo.is_empty else refs_menu(repo)}
    if wants_part(request):
        return render(request, "repos/_missing.html", {"repo": repo, **context}, status=404)
    return draw(request, repo, "repos/missing.html", context, status=404)


def locate(repo: Repository, place: str) -> tuple[Place, Entry]:
    """What stands at a place of the repository; raises Missing."""
    return tree.locate(git_dir(repo), place)


def code_context(repo: Repository, place: Place, *, page: str) -> dict[str, Any]:
    """What pages about a ref and a path share: crumbs, and the menu that switches to another ref on the same page."""
    steps = place.path_text.split("/") if place.path else []
    crumbs = [{"label": step, "place": f"{place.ref}/{'/'.join(steps[: n + 1])}"} for n, step in enumerate(steps)]
    return {
        "place": place,
        "crumbs": [{"label": repo.name, "place": place.ref}, *crumbs],
        "menu": refs_menu(repo, place.ref if place.kind != "commit" else ""),
        "menu_page": page,
    }


def refuse(form: BaseForm, error: HubError) -> None:
    """Put what a service refused beside the field it concerns, else at the top of the form."""
    field = error.field if error.field in form.fields else None
    form.add_error(field, f"{error.message} {error.next_step}".strip())


def base_url(repo: Repository, kind: str, ref: str) -> str:
    """Where relative links of documents lead: `/owner/name/<kind>/<ref>`, quoted."""
    return f"{repo.get_absolute_url()}/{kind}/{quote(ref)}"
