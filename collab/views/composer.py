"""What a box for writing asks the hub: how a text will look, whom and what it may name, what is to be quoted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from collab.selectors.completion import people_matching, topics_matching
from collab.selectors.finding import find_comment, find_topic
from collab.services.topics import clean_body
from collab.text import render_text
from collab.views.talk_frame import told, whole
from hub.lib.errors import Unauthenticated
from repos.models import Repository
from repos.views.frame import actor_of, repo_page


@repo_page("POST")
@told
def preview(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The text as it will look; nothing is kept."""
    body = clean_body(request.POST.get("body", ""))
    html = render_text(body, repository=repo, actor=actor_of(request)) if body.strip() else ""
    return render(request, "collab/_composer_preview.html", {"html": html})


@repo_page("GET")
def people(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """People whose name begins as written, of those who may read the repository; those who took part come first."""
    _signed_in(request)
    number = whole(request.GET.get("topic"))
    topic = None if number is None else find_topic(repo, number)
    rows = people_matching(repo, request.GET.get("q", "")[:50], topic)
    return JsonResponse({"rows": [{"text": f"@{user.username}", "about": user.full_name} for user in rows]})


@repo_page("GET")
def topics(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Topics of the repository whose number or title has what is written."""
    _signed_in(request)
    rows = topics_matching(repo, request.GET.get("q", "")[:100])
    return JsonResponse({"rows": [{"text": f"#{row.number}", "about": row.title, "kind": row.kind} for row in rows]})


@repo_page("GET")
def source_of_comment(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """The text of a comment as it was written, for a quote."""
    return _plain(find_comment(repo, pk, actor_of(request)).body)


@repo_page("GET")
def source_of_topic(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """The text of a topic as it was written, for a quote."""
    return _plain(find_topic(repo, number).body)


def _plain(text: str) -> HttpResponse:
    # SECURITY: what people wrote is shown as text, whatever it holds.
    headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _signed_in(request: HttpRequest) -> None:
    # SECURITY: nobody collects the names of a hub's people without an account on it.
    if actor_of(request).is_anonymous:
        raise Unauthenticated("Sign in to write here.")
