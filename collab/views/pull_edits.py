"""What can be changed of an open pull request beside its text: base, draft, reviewers, who may push to its branch."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from accounts.models import Team
from collab.models import PullRequest
from collab.selectors.merge_box import reviewers_of
from collab.selectors.standing import latest_verdicts
from collab.services.pulls import change_base, set_allow_edits, set_draft
from collab.services.review_requests import set_reviewers
from collab.views.pull_frame import pull_page
from collab.views.side import keys_of, people_by_key
from collab.views.talk_frame import told
from hub.lib.errors import NotFound
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of


def _back(pull: PullRequest) -> HttpResponse:
    return redirect(pull.topic.get_absolute_url())


@pull_page("POST")
def base(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Ask to be merged into another branch."""
    change_base(actor=actor_of(request), pull=pull, branch=request.POST.get("base", "")[:255])
    messages.success(request, f"It asks to be merged into {pull.base_branch} now.")
    return _back(pull)


@pull_page("POST")
def draft(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Make it a draft, or ready for review."""
    wanted = request.POST.get("draft") == "1"
    set_draft(actor=actor_of(request), pull=pull, draft=wanted)
    messages.success(request, "It is a draft now." if wanted else "It is ready for review.")
    return _back(pull)


@pull_page("POST")
def maintainer_edits(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Let writers of the base push to the branch of the fork, or not."""
    set_allow_edits(actor=actor_of(request), pull=pull, allow=request.POST.get("allow") == "1")
    return _back(pull)


@pull_page("POST")
@told
def reviewers(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Ask exactly those who were ticked for a review."""
    actor = actor_of(request)
    teams = _teams(repo, keys_of(request, "team"))
    set_reviewers(actor=actor, pull=pull, users=people_by_key(keys_of(request, "user")), teams=teams)
    if not wants_part(request):
        return _back(pull)
    shown = reviewers_of(pull, actor, latest_verdicts(pull))
    return render(request, "collab/_reviewers.html", {"repo": repo, "topic": pull.topic, "reviewers": shown})


def _teams(repo: Repository, keys: list[int]) -> list[Team]:
    found = list(Team.objects.filter(pk__in=keys, organization=repo.owner.organization_id or 0))
    if len(found) != len(set(keys)):
        raise NotFound("One of those teams is not there any more.", next_step="Load the page again.")
    return found
