"""Signs below texts: given and taken back, without a new page where HTMX is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from collab.models import Comment, Topic
from collab.selectors.conversation import Reader, drawn_comments, drawn_topic
from collab.selectors.finding import find_comment, find_topic
from collab.services.comments import topic_of
from collab.services.reactions import react
from collab.views.talk_frame import address_of, told
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of, repo_page


@repo_page("POST")
@told
def on_comment(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Give a sign to a comment or take it back."""
    found = find_comment(repo, pk, actor_of(request))
    return _answer(request, repo, found, address_of(found))


@repo_page("POST")
@told
def on_topic(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Give a sign to the text of a topic or take it back."""
    topic = find_topic(repo, number)
    return _answer(request, repo, topic, f"{topic.get_absolute_url()}#topic")


def _answer(request: HttpRequest, repo: Repository, on: Topic | Comment, where: str) -> HttpResponse:
    actor = actor_of(request)
    react(actor=actor, on=on, sign=request.POST.get("sign", ""))
    if not wants_part(request):
        return redirect(where)
    if isinstance(on, Topic):
        said = drawn_topic(on, Reader.of(actor, repo, on))
    else:
        said = drawn_comments([on], actor, repo, topic_of(on))[0]
    return render(request, "collab/_reactions.html", {"said": said})
