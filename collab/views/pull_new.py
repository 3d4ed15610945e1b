"""The pages that open a pull request: choose two branches, look at what the one brings, write why."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from collab.access import check_talk
from collab.selectors.proposals import (
    Proposal,
    family_of,
    find_head,
    first_words,
    head_text,
    propose,
    recent_branches,
)
from collab.services.pulls import open_pull
from hub.lib.errors import HubError, Invalid, NotFound
from repos.git import diffs
from repos.models import Repository
from repos.selectors.refs import refs_menu
from repos.views.diffs import changes_context
from repos.views.frame import READING, actor_of, draw, repo_page

LONGEST_PREFILL = 20_000


@repo_page()
def new_pull(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Choose base and head; leads on once both are named."""
    actor = actor_of(request)
    base, head = request.GET.get("base", "").strip()[:255], request.GET.get("head", "").strip()[:400]
    if base and head:
        return redirect(_address(repo, base, head))
    family = family_of(repo, actor)
    context = {
        **_choice(repo, family, base or repo.default_branch, head),
        "recent": recent_branches(repo, [each for each in family if _is_own(each, repo, actor.user_id)]),
    }
    return draw(request, repo, "collab/pull_new.html", context, active="pulls")


@repo_page(*READING, "POST")
def new_pull_of(request: HttpRequest, repo: Repository, span: str) -> HttpResponseBase:
    """What the head brings to the base, and the form; POST opens the pull request."""
    actor = actor_of(request)
    base, dots, head = span.partition("...")
    found = find_head(repo, actor, head) if dots and head else None
    proposal = propose(repo, base, *found) if found else None
    if request.method == "POST":
        check_talk(actor, repo)
        if proposal is None:
            raise NotFound("One of the branches is not there any more.", next_step="Choose again.")
        return _open(request, repo, proposal)
    if proposal is None:
        context = {**_choice(repo, family_of(repo, actor), base, head), "unknown": True}
        return draw(request, repo, "collab/pull_new.html", context, active="pulls", status=404)
    title, body = first_words(repo, proposal)
    written = {
        "title": request.GET.get("title", title)[:255],
        "body": request.GET.get("body", body)[:LONGEST_PREFILL],
    }
    return _form(request, repo, proposal, written)


def _open(request: HttpRequest, repo: Repository, proposal: Proposal) -> HttpResponse:
    post = request.POST
    try:
        pull = open_pull(
            actor=actor_of(request),
            repository=repo,
            head_repository=proposal.head_repository,
            head_branch=proposal.head_branch,
            base_branch=proposal.base_branch,
            title=post.get("title", ""),
            body=post.get("body", ""),
            draft=post.get("draft") == "1",
            allow_edits=post.get("allow_edits") == "1" or proposal.head_repository.pk == repo.pk,
        )
    except HubError as error:
        written = {"title": post.get("title", ""), "body": post.get("body", ""), "error": error}
        return _form(request, repo, proposal, written, status=error.status)
    messages.success(request, f"Pull request #{pull.topic.number} is open.")
    return redirect(pull.topic)


def _form(
    request: HttpRequest, repo: Repository, proposal: Proposal, written: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    head = head_text(repo, proposal.head_repository, proposal.head_branch)
    shown: dict[str, Any] = {}
    if proposal.ahead:
        old = proposal.ancestor or diffs.EMPTY_TREE
        shown = changes_context(request, proposal.head_repository, old, proposal.head)
    context = {
        **_choice(repo, family_of(repo, actor), proposal.base_branch, head),
        **shown,
        "proposal": proposal,
        "written": written,
        "is_fork": proposal.head_repository.pk != repo.pk,
        "may_open": actor.user is not None,
        "swapped": _address(repo, proposal.head_branch, proposal.base_branch) if "/" not in head else "",
    }
    return draw(request, repo, "collab/pull_new.html", context, active="pulls", status=status)


def _choice(repo: Repository, family: list[Repository], base: str, head: str) -> dict[str, Any]:
    """What the two fields offer: branches of the repository, and those of forks as owner/name:branch."""
    if repo.is_empty:
        raise Invalid(f"{repo.full_name} is empty.", next_step="Push something first.")
    own = refs_menu(repo, base).branches
    others = [f"{each.full_name}:{name}" for each in family[1:6] for name in refs_menu(each).branches]
    return {"base": base, "head": head, "branches": own, "heads": [*own, *others], "has_forks": len(family) > 1}


def _is_own(each: Repository, repo: Repository, user_id: int | None) -> bool:
    return each.pk == repo.pk or (user_id is not None and each.owner.user_id == user_id)


def _address(repo: Repository, base: str, head: str) -> str:
    return reverse("collab:new_pull_of", args=[repo.owner.slug, repo.name, f"{base}...{head}"])
