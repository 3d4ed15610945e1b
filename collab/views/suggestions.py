"""Applying suggestions of a review: which of them, with which message."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect

from collab.models import PullRequest
from collab.selectors.suggestions import open_suggestions
from collab.services.head_branch import may_push_to_head
from collab.services.suggestions import apply_suggestions, default_title
from collab.views.pull_frame import draw_pull, pull_page
from hub.lib.errors import Conflict, Forbidden, Invalid, QuotaExceeded, Unauthenticated
from repos.models import Repository
from repos.views.frame import actor_of


@pull_page("GET", "POST")
def suggestions(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Choose from the suggestions whose lines still stand; POST makes one commit of the chosen."""
    words = request.GET if request.method == "GET" else request.POST
    chosen = _numbers(words)
    if request.method == "GET":
        return _page(request, repo, pull, chosen, {})
    title = words.get("title", "")[:255]
    try:
        update = apply_suggestions(
            actor=actor_of(request), pull=pull, comments=chosen, title=title, message=words.get("message", "")[:10_000]
        )
    except Unauthenticated:
        raise
    except (Conflict, Invalid, Forbidden, QuotaExceeded) as error:
        kept = {
            "title": title,
            "message": words.get("message", ""),
            "error": f"{error.message} {error.next_step}".strip(),
        }
        return _page(request, repo, pull, chosen, kept, status=error.status)
    messages.success(request, f"Commit {update.new[:10]} is on {pull.head_branch}.")
    return redirect(f"{pull.topic.get_absolute_url()}/files")


def _page(
    request: HttpRequest,
    repo: Repository,
    pull: PullRequest,
    chosen: list[int],
    kept: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    rows = open_suggestions(pull)
    context = {
        "suggestions": [{"is_chosen": row.comment.pk in chosen, "row": row} for row in rows],
        "default_title": default_title(max(1, len(chosen))),
        "may_apply": may_push_to_head(actor_of(request), pull),
        **kept,
    }
    return draw_pull(request, repo, pull, "collab/suggestions.html", context, active="files", status=status)


def _numbers(words: QueryDict) -> list[int]:
    return [
        int(word) for word in words.getlist("comment")[:200] if word.isascii() and word.isdigit() and len(word) < 19
    ]
