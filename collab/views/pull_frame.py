"""What every page of a pull request does first and last: find it, and draw the page below its head and tabs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from accounts.levels import Level
from collab.models import PullRequest, Topic
from collab.pull_tabs import tabs_of
from collab.selectors.pulls import find_pull
from hub.lib.errors import NotFound
from repos.models import Repository
from repos.views.frame import READING, View, draw, repo_page


def pull_page(*methods: str, needs: Level = Level.READ) -> Callable[[View], View]:
    """Let the actor in and hand repository and pull request to the view; GET and HEAD unless methods are named.

    The number of an issue or discussion leads to its own page.
    """

    def bind(view: View) -> View:
        @repo_page(*methods, needs=needs)
        @wraps(view)
        def page(request: HttpRequest, repo: Repository, number: int, **rest: Any) -> HttpResponseBase:
            pull = find_pull(repo, number)
            if pull is not None:
                return view(request, repo, pull, **rest)
            other = Topic.objects.filter(repository=repo, number=number).first()
            if other is None or request.method not in READING:
                raise NotFound(f"There is no pull request #{number} in {repo.full_name}.")
            other.repository = repo
            return redirect(other)

        return page

    return bind


def draw_pull(
    request: HttpRequest,
    repo: Repository,
    pull: PullRequest,
    page: str,
    context: dict[str, Any],
    *,
    active: str,
    part: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page that extends collab/pull_base.html (block `pull`), or its part for HTMX. `active` is a tab's key."""
    frame = {"pull": pull, "topic": pull.topic, "pull_tabs": tabs_of(pull, active)}
    return draw(request, repo, page, {**frame, **context}, part=part, active="pulls", status=status)
