"""Pages of forks: make one, see them all, bring one up to date with its parent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError, Invalid, Unauthenticated
from hub.lib.http import posted
from repos.forms import ForkForm
from repos.models import Repository
from repos.selectors import forks as selectors
from repos.selectors.owners import owners_for
from repos.services.forks import fork_repository, sync_branch
from repos.services.repositories import owner_named
from repos.views.frame import READING, actor_of, draw, refuse, repo_page

PER_PAGE = 30


@repo_page(*READING, "POST")
def fork(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Choose where the fork goes; POST makes it."""
    actor = actor_of(request)
    if actor.user is None:
        raise Unauthenticated("Sign in to fork.")
    own = selectors.forks_under(repo, owners_for(actor))
    form = ForkForm(posted(request), parent=repo, owners=owners_for(actor), initial={"name": repo.name})
    if request.method == "POST" and form.is_valid():
        made = _made(request, repo, form)
        if made is not None:
            messages.success(
                request, f"{made.full_name} is yours to change. Pull requests from it go to {repo.full_name}."
            )
            return redirect(made)
    status = 400 if form.is_bound and form.errors else 200
    return draw(request, repo, "repos/fork.html", {"form": form, "own": own}, active="", status=status)


def _made(request: HttpRequest, repo: Repository, form: ForkForm) -> Repository | None:
    values: dict[str, Any] = dict(form.cleaned_data)
    try:
        owner = owner_named(values.pop("owner"))
        return fork_repository(actor=actor_of(request), parent=repo, owner=owner, **values)
    except HubError as error:
        refuse(form, error)
        return None


@repo_page()
def forks(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The forks of a repository that the reader may see, those pushed to last first."""
    rows = selectors.forks_of(repo, actor_of(request))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return draw(request, repo, "repos/forks.html", {"page": page}, active="")


@repo_page("POST", needs=Level.WRITE)
def sync(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Let a branch of a fork step forward to where its parent's stands."""
    branch = request.POST.get("branch", "")[:255] or repo.default_branch
    if repo.parent_id is None:
        raise Invalid(f"{repo.full_name} is no fork.")
    update = sync_branch(actor=actor_of(request), repository=repo, branch=branch)
    if update is None:
        messages.success(request, f"{branch} holds everything that its parent's has.")
    else:
        messages.success(request, f"{branch} is where its parent's is: {update.new[:10]}.")
    return redirect(repo)
