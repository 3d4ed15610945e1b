"""What becomes of a topic: its text changed, closed, locked, pinned, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from accounts.levels import Level
from collab.models import Kind, Topic
from collab.selectors.conversation import Reader, drawn_topic
from collab.selectors.finding import find_topic
from collab.services import topic_state
from collab.views.comments import TABS
from collab.views.talk_frame import home_of, told, whole
from hub.lib.errors import Conflict, Forbidden, Invalid
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page


@repo_page("GET")
@told
def opening(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """The text that a topic began with, alone for HTMX."""
    topic = find_topic(repo, number)
    return _part(request, repo, topic) if wants_part(request) else redirect(f"{topic.get_absolute_url()}#topic")


@repo_page("GET", "POST")
@told
def edit(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Change the text of a topic in place, or its title and text on a page of its own."""
    topic, actor = find_topic(repo, number), actor_of(request)
    said = drawn_topic(topic, Reader.of(actor, repo, topic))
    if not said.may_edit:
        raise Forbidden(f"Only its author, or somebody with write access, may change this {topic.word}.")
    if request.method == "GET":
        return _form(request, repo, topic, {"said": said, "title": topic.title, "value": topic.body})
    title, body, seen = request.POST.get("title"), request.POST.get("body"), whole(request.POST.get("edits"))
    kept = {"said": said, "title": topic.title if title is None else title, "value": body or ""}
    edits = -1 if seen is None else seen
    try:
        topic_state.edit_topic(actor=actor, topic=topic, title=title, body=body, edits=edits)
    except Conflict:
        return _form(request, repo, topic, {**kept, "theirs": topic.body, "their_title": topic.title}, status=409)
    except Invalid as error:
        return _form(request, repo, topic, {**kept, "error": f"{error.message} {error.next_step}"}, status=400)
    return _part(request, repo, topic) if wants_part(request) else redirect(topic)


def _part(request: HttpRequest, repo: Repository, topic: Topic) -> HttpResponse:
    said = drawn_topic(topic, Reader.of(actor_of(request), repo, topic))
    return render(request, "collab/_comment.html", {"said": said, "repo": repo})


def _form(
    request: HttpRequest, repo: Repository, topic: Topic, context: dict[str, object], status: int = 200
) -> HttpResponse:
    context = {"topic": topic, "edits": topic.edits, **context}
    status = 200 if wants_part(request) else status
    return draw(
        request, repo, "collab/topic_edit.html", context,
        part="collab/_comment_edit.html", active=TABS[Kind(topic.kind)], status=status,
    )  # fmt: skip


@repo_page("POST")
@told
def closure(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Close a topic with a reason, or open it again (`state` is "open")."""
    topic, actor = find_topic(repo, number), actor_of(request)
    if request.POST.get("state") == "open":
        topic_state.reopen_topic(actor=actor, topic=topic)
    else:
        topic_state.close_topic(actor=actor, topic=topic, reason=request.POST.get("reason", ""))
    return redirect(topic)


@repo_page("POST", needs=Level.WRITE)
def lock(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Lock a topic with a reason, or unlock it (`locked` is "")."""
    topic, actor = find_topic(repo, number), actor_of(request)
    if request.POST.get("locked"):
        topic_state.lock_topic(actor=actor, topic=topic, reason=request.POST.get("reason", ""))
    else:
        topic_state.unlock_topic(actor=actor, topic=topic)
    return redirect(topic)


@repo_page("POST", needs=Level.WRITE)
def pin(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Pin a topic above its list, or take it down (`pinned` is "")."""
    topic, actor = find_topic(repo, number), actor_of(request)
    try:
        if request.POST.get("pinned"):
            topic_state.pin_topic(actor=actor, topic=topic)
        else:
            topic_state.unpin_topic(actor=actor, topic=topic)
    except Invalid as error:
        messages.error(request, f"{error.message} {error.next_step}")
    return redirect(topic)


@repo_page("GET", "POST", needs=Level.ADMIN)
def deletion(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Delete an issue or a discussion for ever, when its number was typed."""
    topic, error = find_topic(repo, number), ""
    if topic.kind == Kind.PULL:
        raise Invalid("Pull requests cannot be deleted.", next_step="Close it.")
    if request.method == "POST":
        if request.POST.get("confirm", "").strip().lstrip("#") == str(topic.number):
            topic_state.delete_topic(actor=actor_of(request), topic=topic)
            messages.success(request, f"#{topic.number} and all that was said on it are deleted.")
            return redirect(home_of(repo, TABS[Kind(topic.kind)]))
        error = f"Type {topic.number} to delete it. Nothing was deleted."
    context = {"topic": topic, "error": error, "here": home_of(repo, "topics", topic.number, "deletion")}
    return draw(
        request, repo, "collab/topic_deletion.html", context,
        active=TABS[Kind(topic.kind)], status=400 if error else 200,
    )  # fmt: skip
