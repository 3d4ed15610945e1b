"""What is done to discussions: answers marked, votes given, polls voted on and ended, moved, made from issues."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from accounts.levels import Level
from collab.models import Category, Comment, Kind, Topic
from collab.selectors.discussions import categories_of, shown_poll
from collab.selectors.finding import find_comment, find_topic
from collab.services import discussions as service
from collab.services.polls import end_poll, vote
from collab.views.discussions import comment_sent, find_discussion
from collab.views.talk_frame import address_of, home_of, told, whole
from hub.lib.errors import HubError
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page


@repo_page("POST")
def answer(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Mark the comment that answers the question; without one the mark is taken away."""
    topic = find_discussion(repo, number)
    chosen = comment_sent(request, repo)
    service.choose_answer(actor=actor_of(request), topic=topic, comment=chosen)
    return redirect(address_of(chosen) if chosen else topic.get_absolute_url())


@repo_page("POST")
@told
def votes(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Vote a discussion up, or take it back."""
    topic = find_discussion(repo, number)
    return _voted(request, topic, f"{topic.get_absolute_url()}#topic")


@repo_page("POST")
@told
def comment_votes(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Vote a comment of a discussion up, or take it back."""
    found = find_comment(repo, pk, actor_of(request))
    return _voted(request, found, address_of(found))


def _voted(request: HttpRequest, on: Topic | Comment, where: str) -> HttpResponse:
    mine = service.upvote(actor=actor_of(request), on=on)
    if not wants_part(request):
        return redirect(where)
    row = on.discussion if isinstance(on, Topic) else on
    row.refresh_from_db(fields=["votes_count"])
    kind, key = ("discussions", on.number) if isinstance(on, Topic) else ("comments", on.pk)
    here = home_of(on.repository, kind, key)
    context = {"here": here, "votes": row.votes_count, "mine": mine, "may_talk": True}
    return render(request, "collab/_discussion_votes.html", context)


@repo_page("POST")
@told
def poll(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Vote in a poll."""
    topic = find_discussion(repo, number)
    chosen = [whole(word) or 0 for word in request.POST.getlist("option")[:100]]
    vote(actor=actor_of(request), topic=topic, options=chosen)
    if not wants_part(request):
        return redirect(f"{topic.get_absolute_url()}#poll")
    context = {
        "poll": shown_poll(topic, actor_of(request)), "here": home_of(repo, "discussions", number), "may_talk": True,
        "may_close": False,
    }  # fmt: skip
    return render(request, "collab/_discussion_poll.html", context)


@repo_page("POST")
def poll_end(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """End a poll now."""
    topic = find_discussion(repo, number)
    end_poll(actor=actor_of(request), topic=topic)
    messages.success(request, "The poll is over. Everybody sees the results now.")
    return redirect(f"{topic.get_absolute_url()}#poll")


@repo_page("POST")
def category(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Move a discussion into another category."""
    topic = find_discussion(repo, number)
    service.move_discussion(actor=actor_of(request), topic=topic, category=request.POST.get("category", ""))
    return redirect(topic)


@repo_page("GET", "POST", needs=Level.WRITE)
def conversion(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Make an issue a discussion, after saying what that means."""
    topic = find_topic(repo, number)
    if topic.kind != Kind.ISSUE:
        return redirect(topic)
    error = None
    if request.method == "POST":
        try:
            service.make_discussion(actor=actor_of(request), topic=topic, category=request.POST.get("category", ""))
        except HubError as refused:
            error = refused
        else:
            messages.success(request, f"#{topic.number} is a discussion now.")
            return redirect(topic)
    targets = [each for each in categories_of(repo) if each.format != Category.Format.POLL]
    context = {"topic": topic, "categories": targets, "error": error}
    status = error.status if error else 200
    return draw(request, repo, "collab/discussion_conversion.html", context, active="issues", status=status)
