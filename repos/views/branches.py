"""Branches and tags: lists, new ones, deleted ones."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError
from repos.access import level_for
from repos.forms import RefForm
from repos.git import listing
from repos.git.objects import Missing
from repos.models import Repository
from repos.paths import git_dir
from repos.selectors import refs
from repos.selectors.statuses import checks_of
from repos.services import branches as services
from repos.views.frame import READING, actor_of, draw, refuse, repo_page

PER_PAGE = 30


@repo_page()
def branches(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Every branch with its last commit and its distance from the default branch."""
    return _branches(request, repo, RefForm(initial={"start": repo.default_branch}))


def _branches(request: HttpRequest, repo: Repository, form: RefForm, *, status: int = 200) -> HttpResponse:
    words = request.GET.get("q", "")[:200]
    rows = listing.branches(git_dir(repo))
    base = next((row.commit for row in rows if row.name == repo.default_branch), "")
    page = Paginator(refs.matching(rows, words), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    level = level_for(actor_of(request), repo)
    context = {
        "page": page,
        "rows": refs.branch_rows(repo, shown, base),
        "checks": checks_of(repo, [row.commit for row in shown]),
        "deletable": services.may_delete(level, repo, [row.name for row in shown]),
        "words": words,
        "form": form,
    }
    return draw(request, repo, "repos/branches.html", context, status=status)


@repo_page()
def tags(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Every tag, the newest first."""
    return _tags(request, repo, RefForm(initial={"start": repo.default_branch}))


def _tags(request: HttpRequest, repo: Repository, form: RefForm, *, status: int = 200) -> HttpResponse:
    words = request.GET.get("q", "")[:200]
    rows = refs.matching(listing.tags(git_dir(repo)), words)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "words": words, "form": form}
    return draw(request, repo, "repos/tags.html", context, status=status)


@repo_page("POST", needs=Level.WRITE)
def new_branch(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Make a branch."""
    form = RefForm(request.POST)
    if _made(request, repo, form, "branch"):
        return redirect("repos:branches", repo.owner.slug, repo.name)
    return _branches(request, repo, form, status=400)


@repo_page("POST", needs=Level.WRITE)
def new_tag(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Make a tag."""
    form = RefForm(request.POST)
    if _made(request, repo, form, "tag"):
        return redirect("repos:tags", repo.owner.slug, repo.name)
    return _tags(request, repo, form, status=400)


def _made(request: HttpRequest, repo: Repository, form: RefForm, kind: str) -> bool:
    if not form.is_valid():
        return False
    values: dict[str, Any] = dict(form.cleaned_data)
    message = values.pop("message")
    try:
        if kind == "branch":
            services.create_branch(actor=actor_of(request), repository=repo, **values)
        else:
            services.create_tag(actor=actor_of(request), repository=repo, message=message, **values)
    except HubError as error:
        refuse(form, error)
        return False
    messages.success(request, f"The {kind} {values['name']} was made.")
    return True


@repo_page(*READING, "POST", needs=Level.WRITE)
def delete_branch(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Ask whether the branch shall go; POST deletes it."""
    if request.method == "POST":
        services.delete_branch(actor=actor_of(request), repository=repo, name=place)
        messages.success(request, f"The branch {place} was deleted.")
        return redirect("repos:branches", repo.owner.slug, repo.name)
    rows = listing.branches(git_dir(repo))
    row = next((row for row in rows if row.name == place), None)
    if row is None:
        raise Missing(place)
    base = next((each.commit for each in rows if each.name == repo.default_branch), "")
    context = {"kind": "branch", "ref": row, "row": refs.branch_rows(repo, [row], base)[0]}
    return draw(request, repo, "repos/delete_ref.html", context)


@repo_page(*READING, "POST", needs=Level.WRITE)
def delete_tag(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Ask whether the tag shall go; POST deletes it."""
    if request.method == "POST":
        services.delete_tag(actor=actor_of(request), repository=repo, name=place)
        messages.success(request, f"The tag {place} was deleted.")
        return redirect("repos:tags", repo.owner.slug, repo.name)
    row = next((row for row in listing.tags(git_dir(repo)) if row.name == place), None)
    if row is None:
        raise Missing(place)
    return draw(request, repo, "repos/delete_ref.html", {"kind": "tag", "ref": row})
