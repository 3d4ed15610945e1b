"""Threads: replies in them, and whether they are settled."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from collab.models import Kind, Review, Thread
from collab.selectors.conversation import drawn_threads
from collab.selectors.finding import find_thread
from collab.selectors.pulls import find_pull
from collab.services.comments import post_reply, resolve_thread
from collab.services.reviews import start_review
from collab.views.talk_frame import back, thread_address, told
from hub.lib.errors import NotFound
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page


@repo_page()
def thread(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """A thread on a page of its own; one of a pull request stands on that page."""
    found = find_thread(repo, pk, actor_of(request))
    if found.topic is not None:
        return redirect(f"{thread_address(found)}#thread-{found.pk}")
    talk = drawn_threads([found], actor_of(request), repo)
    if not talk:
        raise NotFound("There is no such conversation here; it may have been deleted.")
    return draw(request, repo, "collab/thread.html", {"talk": talk[0]}, active="")


@repo_page("POST")
@told
def replies(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Go on in a thread, and settle it with that when the button was pressed."""
    thread, actor = find_thread(repo, pk, actor_of(request)), actor_of(request)
    then, body = request.POST.get("then", ""), request.POST.get("body", "")
    if body.strip() or then not in ("resolve", "reopen"):
        post_reply(actor=actor, thread=thread, body=body, review=_review(request, thread))
    if then in ("resolve", "reopen"):
        resolve_thread(actor=actor, thread=thread, resolved=then == "resolve")
    return _answer(request, thread)


def _review(request: HttpRequest, thread: Thread) -> Review | None:
    """The review that a reply waits for, when it was sent with that button."""
    if request.POST.get("as") != "review" or thread.topic is None or thread.topic.kind != Kind.PULL:
        return None
    pull = find_pull(thread.repository, thread.topic.number)
    return start_review(actor=actor_of(request), pull=pull) if pull is not None else None


@repo_page("POST")
@told
def resolution(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Settle a thread, or open it again (`resolved` is "")."""
    thread = find_thread(repo, pk, actor_of(request))
    resolve_thread(actor=actor_of(request), thread=thread, resolved=bool(request.POST.get("resolved")))
    return _answer(request, thread)


def _answer(request: HttpRequest, thread: Thread) -> HttpResponse:
    if not wants_part(request):
        return back(request, f"{thread_address(thread)}#thread-{thread.pk}")
    talk = drawn_threads([thread], actor_of(request), thread.repository)[0]
    return render(request, "collab/_thread.html", {"talk": talk, "repo": thread.repository, "is_fresh": True})
