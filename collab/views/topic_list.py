"""The lists of issues and of pull requests: one view, two tabs, one query language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from collab.models import Kind
from collab.search_language import Query, parse
from collab.selectors import topic_lists
from collab.selectors.sorting import choices
from collab.selectors.topic_menus import menus
from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page

DEFAULT = "is:open"
FIRST_PULL = "git switch -c my-change\ngit commit -am 'Say what changed'\ngit push -u origin my-change"
TABS = {Kind.ISSUE: "issues", Kind.PULL: "pulls"}


@repo_page()
def issues(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The issues of a repository that a query means."""
    return _listed(request, repo, Kind.ISSUE)


@repo_page()
def pulls(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The pull requests of a repository that a query means."""
    return _listed(request, repo, Kind.PULL)


def _listed(request: HttpRequest, repo: Repository, kind: Kind) -> HttpResponse:
    text = request.GET.get("q", DEFAULT)
    offered, here = choices(repo), reverse(f"collab:{TABS[kind]}", args=[repo.owner.slug, repo.name])
    status = 200
    try:
        query = parse(text)
        shown = _found(request, repo, kind, query)
    except Invalid as fault:
        # What was asked stays in the box, and nothing is shown as if it were the answer.
        query, status, shown = Query(), 400, {"fault": fault}
    context = {
        **shown,
        "kind": kind,
        "is_pulls": kind == Kind.PULL,
        "words": text[:600],
        "query": query,
        "menus": menus(query, offered, kind),
        "choices": offered,
        "here": here,
        "new_url": f"{here}/new",
    }
    return draw(request, repo, "collab/issues.html", context, active=TABS[kind], status=status)


def _found(request: HttpRequest, repo: Repository, kind: Kind, query: Query) -> dict[str, Any]:
    word = request.GET.get("page", "1")
    number = int(word) if word.isascii() and word.isdecimal() and len(word) < 6 else 1
    found = topic_lists.topic_list(query, repository=repo, actor=actor_of(request), kind=kind, number=number)
    shown: dict[str, Any] = {
        "list": found,
        "open_query": query.with_state("open"),
        "closed_query": query.with_state("closed"),
    }
    if query.text in ("", DEFAULT) and found.number == 1:
        shown["pinned"] = topic_lists.pinned(repo, kind)
        shown["is_empty"] = not found.rows and not topic_lists.has_any(repo, kind)
        shown["snippets"] = [{"label": "Git", "text": FIRST_PULL}]
    return shown
