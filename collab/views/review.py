"""One's own review, sent or discarded; reviews dismissed and asked for again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.levels import Level
from accounts.models import User
from collab.models import PullRequest, Review
from collab.services.review_requests import request_reviews
from collab.services.reviews import discard_review, dismiss_review, send_review
from collab.views.pull_frame import draw_pull, pull_page
from collab.views.talk_frame import told
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from repos.models import Repository
from repos.views.frame import actor_of

SAID = {
    "commented": "Your review is sent.",
    "approved": "You approved these changes.",
    "changes": "You asked for changes.",
}


def pending_of(pull: PullRequest, request: HttpRequest) -> dict[str, Any]:
    """The reader's review that waits to be sent, for the parts that show it."""
    user = actor_of(request).user
    rows = Review.objects.filter(pull=pull, author=user, state=Review.State.PENDING) if user else Review.objects.none()
    is_own = user is not None and user.pk == pull.topic.author_id
    return {"pending": rows.prefetch_related("comments").first(), "is_own": is_own}


@pull_page("GET", "POST")
def review(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """The form that sends one's review, and its sending."""
    context = pending_of(pull, request)
    if request.method == "GET":
        return draw_pull(request, repo, pull, "collab/review.html", context, active="files")
    words = request.POST
    try:
        said = {"state": words.get("state", ""), "body": words.get("body", ""), "seen": words.get("seen", "")}
        sent = send_review(actor=actor_of(request), pull=pull, **said)
    except (Invalid, Conflict, Forbidden) as error:
        context |= {"value": words.get("body", ""), "chosen": words.get("state", "")}
        context["error"] = f"{error.message} {error.next_step}".strip()
        return draw_pull(request, repo, pull, "collab/review.html", context, active="files", status=error.status)
    messages.success(request, SAID[sent.state])
    return redirect(f"{pull.topic.get_absolute_url()}#review-{sent.pk}")


@pull_page("GET", "POST")
def discard(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Throw away one's review that was not sent, once that is confirmed."""
    if request.method == "POST":
        count = discard_review(actor=actor_of(request), pull=pull)
        messages.success(request, f"Your review and its {count} comment{'' if count == 1 else 's'} are gone.")
        return redirect(f"{pull.topic.get_absolute_url()}/files")
    found = pending_of(pull, request)["pending"]
    if found is None:
        raise Conflict("There is no review of yours that waits to be sent.", next_step="It may have been sent already.")
    context = {"count": found.comments.count()}
    return draw_pull(request, repo, pull, "collab/review_discard.html", context, active="files")


@pull_page("GET", "POST", needs=Level.WRITE)
def dismissal(request: HttpRequest, repo: Repository, pull: PullRequest, pk: int) -> HttpResponseBase:
    """Let a verdict not count any more, for a reason that everybody sees."""
    found = _sent(pull, pk)
    context: dict[str, Any] = {"review": found}
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            dismiss_review(actor=actor_of(request), review=found, reason=reason)
        except (Invalid, Conflict) as error:
            context |= {"error": error.message, "value": reason}
            return draw_pull(
                request, repo, pull, "collab/review_dismissal.html", context, active="conversation", status=error.status
            )
        return redirect(f"{pull.topic.get_absolute_url()}#review-{found.pk}")
    return draw_pull(request, repo, pull, "collab/review_dismissal.html", context, active="conversation")


@pull_page("POST")
@told
def again(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Ask somebody who has reviewed for another review."""
    name = request.POST.get("user", "")[:150]
    user = None if "\0" in name else User.objects.filter(username__iexact=name, is_active=True).first()
    if user is None:
        raise Invalid("There is no such person.", field="user")
    request_reviews(actor=actor_of(request), pull=pull, users=[user])
    messages.success(request, f"{user.username} is asked for another review.")
    return redirect(pull.topic)


def _sent(pull: PullRequest, pk: int) -> Review:
    rows = Review.objects.select_related("author").filter(pull=pull).exclude(state=Review.State.PENDING)
    found = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such review of this pull request.")
    found.pull = pull
    return found
