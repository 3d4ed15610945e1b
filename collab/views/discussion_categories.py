"""The page on which writers make, change and remove categories of discussions."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from accounts.levels import Level
from collab.models import Category
from collab.selectors.discussions import categories_of
from collab.services.categories import make_defaults, remove_category, save_category
from collab.views.talk_frame import home_of
from hub.lib.errors import HubError, NotFound
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page

ICONS = (
    "message-square", "messages-square", "megaphone", "lightbulb", "circle-question-mark", "trophy", "chart-bar",
    "flask-conical", "brain", "database", "rocket", "bug", "book-open", "heart", "users", "wrench", "sparkles", "flag",
    "calendar", "mountain",
)  # fmt: skip


@repo_page("GET", "POST", needs=Level.WRITE)
def categories(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """All categories, and the form that makes one."""
    if request.method == "GET":
        return _page(request, repo)
    return _save(request, repo, None)


@repo_page("GET", "POST", needs=Level.WRITE)
def category(request: HttpRequest, repo: Repository, slug: str) -> HttpResponseBase:
    """Change a category."""
    found = _find(request, repo, slug)
    return _page(request, repo, editing=found) if request.method == "GET" else _save(request, repo, found)


@repo_page("GET", "POST", needs=Level.WRITE)
def removal(request: HttpRequest, repo: Repository, slug: str) -> HttpResponseBase:
    """Remove a category, after choosing where its discussions go."""
    found, error = _find(request, repo, slug), None
    if request.method == "POST":
        try:
            remove_category(actor=actor_of(request), category=found, into=request.POST.get("into", ""))
        except HubError as refused:
            error = refused
        else:
            messages.success(request, f"The category “{found.name}” is removed.")
            return redirect(home_of(repo, "discussions", "categories"))
    polls = found.format == Category.Format.POLL
    others = [each for each in categories_of(repo) if each.pk != found.pk]
    others = [each for each in others if (each.format == Category.Format.POLL) == polls]
    context = {
        "category": found, "others": others, "number": getattr(found, "number", 0), "error": error,
        "back": home_of(repo, "discussions", "categories"),
    }  # fmt: skip
    page = "collab/discussion_category_removal.html"
    return draw(request, repo, page, context, active="discussions", status=error.status if error else 200)


def _find(request: HttpRequest, repo: Repository, slug: str) -> Category:
    if request.method == "POST":
        make_defaults(repo)
    found = next((each for each in categories_of(repo) if each.slug == slug), None)
    if found is None:
        raise NotFound(f"There is no category {slug[:60]!r} here.")
    found.repository = repo
    return found


def _save(request: HttpRequest, repo: Repository, editing: Category | None) -> HttpResponse:
    sent = request.POST
    try:
        save_category(
            actor=actor_of(request), repository=repo, category=editing, name=sent.get("name", ""),
            description=sent.get("description", ""), icon=sent.get("icon", ""), format=sent.get("format", ""),
        )  # fmt: skip
    except HubError as error:
        return _page(request, repo, editing=editing, error=error)
    return redirect(home_of(repo, "discussions", "categories"))


def _page(
    request: HttpRequest, repo: Repository, *, editing: Category | None = None, error: HubError | None = None
) -> HttpResponse:
    now = editing or Category(format=Category.Format.OPEN)
    sent = request.POST if error else None
    values = {name: sent.get(name, "") if sent else getattr(now, name) for name in _FIELDS}
    context = {
        "categories": categories_of(repo), "editing": editing, "error": error, "values": values,
        "icons": ICONS, "formats": Category.Format.choices, "here": home_of(repo, "discussions", "categories"),
    }  # fmt: skip
    page = "collab/discussion_categories.html"
    return draw(request, repo, page, context, active="discussions", status=error.status if error else 200)


_FIELDS = ("name", "description", "icon", "format")
