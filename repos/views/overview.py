"""The first page of a repository, and the one shown while it is empty."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hub.context import public_url
from repos.access import level_for
from repos.models import Repository
from repos.selectors import facts, trees
from repos.selectors.forks import behind_parent, parent_of
from repos.snippets import clone_snippets, first_snippets
from repos.tabs import ShownTab, tabs_for
from repos.views.documents import readme_html
from repos.views.frame import actor_of, code_context, draw, locate, repo_page


@repo_page()
def overview(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The default branch's files, its README and quiet facts; first steps while there is nothing."""
    url = public_url(request) + repo.get_absolute_url()
    if repo.is_empty:
        return _empty(request, repo, url)
    place, entry = locate(repo, repo.default_branch)
    parent = parent_of(repo, actor_of(request))
    folder = trees.folder(repo, place, entry)
    context = {
        **code_context(repo, place, page="src"),
        "folder": folder,
        "readme": readme_html(repo, place, folder.readme) if folder.readme else None,
        "clone": clone_snippets(url, actor_of(request)),
        "languages": facts.languages(repo, place.commit),
        "commit_count": facts.commit_count(repo, place.commit),
        "activity": facts.latest_activity(repo),
        "behind": behind_parent(repo, parent) if parent else None,
    }
    return draw(request, repo, "repos/overview.html", context, active="overview")


def _empty(request: HttpRequest, repo: Repository, url: str) -> HttpResponse:
    context = {
        "snippets": first_snippets(url, repo, actor_of(request)),
        "clone_url": f"{url}.git",
        "state": _state(request, repo),
        "arrived": [tab for tab in _tabs(request, repo) if tab.count],
    }
    return draw(request, repo, "repos/empty.html", context, active="overview")


@repo_page()
def arrival(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Asked by the empty page every few seconds: nothing new, or load the page again."""
    if request.GET.get("since", "") == _state(request, repo):
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})


def _state(request: HttpRequest, repo: Repository) -> str:
    """Changes when the first push arrives, or the first thing that any tab counts."""
    return "-".join([str(int(repo.is_empty)), *(f"{tab.key}.{tab.count or 0}" for tab in _tabs(request, repo))])


def _tabs(request: HttpRequest, repo: Repository) -> list[ShownTab]:
    return tabs_for(repo, level_for(actor_of(request), repo), "overview")
