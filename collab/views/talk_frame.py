"""What the actions of talk share: errors told in words to HTMX, and the place a form leads back to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from collab.models import Comment, Thread
from collab.selectors.finding import find_comment
from hub.lib.errors import HubError, NotFound
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of

View = Callable[..., HttpResponseBase]


def told(view: View) -> View:
    """Answer HTMX with the words of an error, for the corner of the page; without it the error page says them."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **rest: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **rest)
        except HubError as error:
            if not wants_part(request):
                raise
            words = f"{error.message} {error.next_step}".strip()
            return HttpResponse(words, status=error.status, content_type="text/plain; charset=utf-8")

    return page


def address_of(comment: Comment) -> str:
    """Where a comment stands: on its topic's page, or on the page of its thread."""
    if comment.topic is not None:
        return f"{comment.topic.get_absolute_url()}#comment-{comment.pk}"
    assert comment.thread is not None
    return f"{thread_address(comment.thread)}#comment-{comment.pk}"


def thread_address(thread: Thread) -> str:
    """The page that shows a thread."""
    if thread.topic is not None:
        return thread.topic.get_absolute_url()
    repo = thread.repository
    return reverse("collab:thread", args=[repo.owner.slug, repo.name, thread.pk])


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Lead back to the page that the form stood on (`next`), or to another."""
    wanted = request.POST.get("next", "")
    # SECURITY: only pages of this hub, or a form could lead people elsewhere.
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return redirect(wanted)
    return redirect(otherwise)


def whole(word: str | None) -> int | None:
    """A number that an address or a form carries; None for anything else and for what no row can have."""
    return int(word) if word and word.isascii() and word.isdigit() and len(word) < 19 else None


def shown_of(request: HttpRequest, least: int) -> int:
    """How many entries of a conversation `?shown=` asks for."""
    return whole(request.GET.get("shown")) or least


def quoted_text(request: HttpRequest, repo: Repository) -> str:
    """What `?quote=comment-12` asks to begin a reply with, "" for nothing: quoting without JavaScript."""
    kind, _, word = request.GET.get("quote", "").partition("-")
    number = whole(word)
    if kind != "comment" or number is None:
        return ""
    try:
        comment = find_comment(repo, number, actor_of(request))
    except NotFound:
        return ""
    who = f"> @{comment.author.username} said:\n>\n" if comment.author else ""
    return who + "".join(f"> {line}\n" for line in comment.body.split("\n")) + "\n"


def home_of(repo: Repository, *rest: object) -> str:
    """An address below the repository's."""
    return "/".join([repo.get_absolute_url(), *(str(each) for each in rest)])
