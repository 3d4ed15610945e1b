"""Comments on topics: posted, looked at alone, changed, hidden and deleted."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from collab.models import Comment, Kind, Thread, Topic
from collab.selectors.conversation import drawn_comments, latest_of, slice_of
from collab.selectors.finding import find_comment, find_topic
from collab.services.comments import HIDING, delete_comment, edit_comment, hide_comment, post_comment, topic_of
from collab.services.topic_state import close_topic, reopen_topic
from collab.views.talk_frame import address_of, told, whole
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page

TABS = {Kind.ISSUE: "issues", Kind.PULL: "pulls", Kind.DISCUSSION: "discussions"}


@repo_page("POST")
@told
def comments(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Post a comment, and close the topic or open it again with it when that button was pressed."""
    topic = find_topic(repo, number)
    body, then = request.POST.get("body", ""), request.POST.get("then", "")
    try:
        comment = _post(request, topic, body, then)
    except (Invalid, Forbidden) as error:
        if wants_part(request):
            raise
        return _kept(request, repo, topic, body, f"{error.message} {error.next_step}".strip(), error.status)
    where = address_of(comment) if comment else topic.get_absolute_url()
    if not wants_part(request):
        return redirect(where)
    if then or comment is None or topic.kind == Kind.DISCUSSION:
        return HttpResponse(headers={"HX-Redirect": where} if then else {"HX-Refresh": "true"})
    return _latest(request, repo, topic, whole(request.POST.get("seen")) or 0)


@transaction.atomic
def _post(request: HttpRequest, topic: Topic, body: str, then: str) -> Comment | None:
    """Both or nothing: a comment is not posted when the button beside it was not theirs to press."""
    actor, comment = actor_of(request), None
    if body.strip() or not then:
        parent = _parent(request, topic.repository, topic)
        comment = post_comment(actor=actor, topic=topic, body=body, parent=parent)
    if then == "close":
        close_topic(actor=actor, topic=topic, reason=request.POST.get("reason", ""))
    elif then == "reopen":
        reopen_topic(actor=actor, topic=topic)
    return comment


@repo_page("GET")
@told
def latest(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """What has happened since the page was drawn, for HTMX; the page itself shows it too."""
    topic, seen = find_topic(repo, number), whole(request.GET.get("seen"))
    if not wants_part(request):
        return redirect(topic)
    if seen is None:
        raise Invalid("`seen` is no moment.", field="seen")
    return _latest(request, repo, topic, seen)


def _latest(request: HttpRequest, repo: Repository, topic: Topic, seen: int) -> HttpResponse:
    entries, seen = latest_of(topic, actor_of(request), seen=seen)
    talk = {"here": f"{repo.get_absolute_url()}/topics/{topic.number}", "topic": topic, "seen": seen}
    return render(request, "collab/_conversation_latest.html", {"repo": repo, "entries": entries, "talk": talk})


def _parent(request: HttpRequest, repo: Repository, topic: Topic) -> Comment | None:
    word = request.POST.get("parent", "")
    if not word:
        return None
    number = whole(word)
    if number is None:
        raise Invalid("There is no such comment.", field="parent")
    return find_comment(repo, number, actor_of(request))


def _kept(request: HttpRequest, repo: Repository, topic: Topic, body: str, error: str, status: int) -> HttpResponse:
    """A comment that could not be posted, still in its box."""
    context = {"topic": topic, "value": body, "error": error}
    return draw(request, repo, "collab/comment_form.html", context, active=TABS[Kind(topic.kind)], status=status)


@repo_page("GET")
@told
def comment(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """A comment alone for HTMX; everybody else is led to where it stands."""
    found = find_comment(repo, pk, actor_of(request))
    if wants_part(request):
        return _part(request, found)
    # What is folded is unfolded far enough.
    where, _, anchor = address_of(found).partition("#")
    return redirect(f"{where}?comment={found.pk}#{anchor}")


def _part(request: HttpRequest, comment: Comment) -> HttpResponse:
    said = drawn_comments([comment], actor_of(request), comment.repository, topic_of(comment))[0]
    return render(request, "collab/_comment.html", {"said": said, "repo": comment.repository})


@repo_page("GET", "POST")
@told
def edit(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Change a comment in place, or on a page of its own; two who change it at once are shown both texts."""
    found, actor = find_comment(repo, pk, actor_of(request)), actor_of(request)
    said = drawn_comments([found], actor, repo, topic_of(found))[0]
    if not said.may_edit:
        raise Forbidden("Only its author, or somebody with write access, may change this comment.")
    if request.method == "GET":
        return _edit_form(request, repo, {"said": said, "value": found.body, "edits": found.edits})
    body, seen = request.POST.get("body", ""), whole(request.POST.get("edits"))
    try:
        edit_comment(actor=actor, comment=found, body=body, edits=-1 if seen is None else seen)
    except Conflict:
        context = {"said": said, "value": body, "edits": found.edits, "theirs": found.body}
        return _edit_form(request, repo, context, status=409)
    except Invalid as error:
        context = {"said": said, "value": body, "edits": found.edits, "error": f"{error.message} {error.next_step}"}
        return _edit_form(request, repo, context, status=400)
    return _part(request, found) if wants_part(request) else redirect(address_of(found))


def _edit_form(request: HttpRequest, repo: Repository, context: dict[str, object], status: int = 200) -> HttpResponse:
    # HTMX swaps nothing on an error: the form is answered as what it is, a form to go on with.
    status = 200 if wants_part(request) else status
    return draw(
        request, repo, "collab/comment_edit.html", context, part="collab/_comment_edit.html", active="", status=status
    )


@repo_page("GET", "POST")
def deletion(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Delete a comment, when that was confirmed."""
    found, actor = find_comment(repo, pk, actor_of(request)), actor_of(request)
    said = drawn_comments([found], actor, repo, topic_of(found))[0]
    if not said.may_edit:
        raise Forbidden("Only its author, or somebody with write access, may delete this comment.")
    where = address_of(found).partition("#")[0]
    if request.method == "GET":
        context = {"said": said, "replies": found.replies.count(), "where": address_of(found)}
        return draw(request, repo, "collab/comment_deletion.html", context, active="")
    delete_comment(actor=actor, comment=found)
    messages.success(request, "The comment is deleted.")
    # Talk on no topic may have gone with its last comment.
    gone = found.thread is not None and found.thread.topic is None and not _stands(found.thread)
    return redirect(repo.get_absolute_url() if gone else where)


def _stands(thread: Thread) -> bool:
    return Thread.objects.filter(pk=thread.pk).exists()


@repo_page("GET", "POST")
def hiding(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Fold a comment with a reason, or show it again."""
    found, actor = find_comment(repo, pk, actor_of(request)), actor_of(request)
    if request.method == "POST":
        hide_comment(actor=actor, comment=found, reason=request.POST.get("reason", ""))
        return redirect(address_of(found))
    said = drawn_comments([found], actor, repo, topic_of(found))[0]
    if not said.may_hide:
        raise Forbidden("Only people with write access may hide comments.")
    context = {"said": said, "reasons": HIDING, "where": address_of(found)}
    return draw(request, repo, "collab/comment_hiding.html", context, active="")


@repo_page("GET")
def folded(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """The next entries of a long conversation, for HTMX; the page itself unfolds by its own address."""
    topic = find_topic(repo, number)
    start, stop = (_place(request, name) for name in ("start", "stop"))
    if not wants_part(request):
        return redirect(f"{topic.get_absolute_url()}?shown={stop}")
    if start >= stop:
        raise NotFound("There is nothing between these places.")
    entries, left = slice_of(topic, actor_of(request), start=start, stop=stop)
    talk = {"here": f"{repo.get_absolute_url()}/topics/{topic.number}", "topic": topic, "folded": left}
    shown = start + len(entries)
    context = {"repo": repo, "entries": entries, "talk": {**talk, "shown": shown, "more_until": shown + stop - start}}
    return render(request, "collab/_conversation_more.html", context)


def _place(request: HttpRequest, name: str) -> int:
    place = whole(request.GET.get(name))
    if place is None:
        raise Invalid(f"`{name}` is no place in a conversation.", field=name)
    return place
