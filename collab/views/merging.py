"""Actions of the merge box: merge, order or call off a merge, the branch it comes from, taking a merge back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from collab.models import PullRequest
from collab.selectors.standing import standing
from collab.services.auto_merge import call_off_merge, order_merge
from collab.services.head_branch import delete_head, restore_head, update_branch
from collab.services.merging import merge_pull
from collab.services.reverting import revert_pull
from collab.views.pull_frame import draw_pull, pull_page
from collab.views.pulls import box_context
from hub.lib.errors import HubError, Invalid
from repos.models import Repository
from repos.views.frame import actor_of

MAX_MESSAGE = 65_536


def back_to(pull: PullRequest) -> HttpResponse:
    """Lead to the box at the end of the conversation."""
    return redirect(f"{pull.topic.get_absolute_url()}#merge")


@pull_page("POST")
def merge(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Merge it now, or (`when` is ready) as soon as nothing stands in the way."""
    post = request.POST
    words = {"title": post.get("title", "")[:255], "message": post.get("message", "")[:MAX_MESSAGE]}
    method, delete = post.get("method", ""), post.get("delete_branch") == "1"
    actor = actor_of(request)
    try:
        # What stood in the way when the page was drawn may be gone by now.
        if post.get("when") == "ready" and not standing(pull, actor).is_clear:
            order_merge(actor=actor, pull=pull, method=method, delete_branch=delete, **words)
            messages.success(request, "It will be merged as soon as nothing stands in the way.")
        else:
            expected = post.get("expected_head", "")
            done = merge_pull(
                actor=actor, pull=pull, method=method, expected_head=expected, delete_branch=delete, **words
            )
            messages.success(request, f"#{pull.topic.number} is in {done.base_branch} now.")
    except HubError as error:
        return _refused(request, repo, pull, error)
    return back_to(pull)


def _refused(request: HttpRequest, repo: Repository, pull: PullRequest, error: HubError) -> HttpResponse:
    """What stands in the way, beside what was written, which is not lost."""
    pull.refresh_from_db()
    pull.topic.refresh_from_db()
    pull.topic.repository = pull.repository = repo
    context = {
        **box_context(request, pull),
        "merge_error": error,
        "written": {name: request.POST.get(name, "")[:MAX_MESSAGE] for name in ("method", "title", "message")},
    }
    return draw_pull(request, repo, pull, "collab/merge_box.html", context, active="", status=error.status)


@pull_page("POST")
def auto_merge_end(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Call an ordered merge off."""
    call_off_merge(actor=actor_of(request), pull=pull)
    messages.success(request, "It will not be merged by itself.")
    return back_to(pull)


@pull_page("POST")
def branch(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Bring the head's branch up to date, delete it after the merge, or bring it back."""
    actor = actor_of(request)
    match request.POST.get("action", ""):
        case "update":
            update_branch(actor=actor, pull=pull, expected_head=request.POST.get("expected_head", ""))
            messages.success(request, f"{pull.head_branch} holds what is new on {pull.base_branch}.")
        case "delete":
            delete_head(actor=actor, pull=pull)
            messages.success(request, f"The branch {pull.head_branch} was deleted; it can be restored here.")
        case "restore":
            restore_head(actor=actor, pull=pull)
            messages.success(request, f"The branch {pull.head_branch} is there again.")
        case _:
            raise Invalid("An action is update, delete or restore.", field="action")
    return back_to(pull)


@pull_page("POST")
def revert(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Make a branch that takes the merge back, and lead to opening a pull request from it."""
    made = revert_pull(actor=actor_of(request), pull=pull)
    span = f"{pull.base_branch}...{made}"
    messages.success(request, f"The branch {made} takes the change back. Look at it, then open a pull request.")
    return redirect(reverse("collab:new_pull_of", args=[repo.owner.slug, repo.name, span]))
