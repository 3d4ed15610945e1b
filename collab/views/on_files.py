"""What a reviewer does on the files of a change: comments on lines and files, marks on what was looked at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render

from collab.models import PullRequest
from collab.selectors.conversation import drawn_threads
from collab.selectors.review import Span, changes_of, span_of, viewed_by, viewed_count
from collab.services.places import begin_on_change
from collab.services.reviews import start_review
from collab.services.viewed import mark_viewed
from collab.views.files import EMPTY, Say, base_context, say_context
from collab.views.pull_frame import draw_pull, pull_page
from collab.views.review import pending_of
from collab.views.talk_frame import told
from hub.lib.errors import Conflict, HubError, Invalid
from hub.lib.http import wants_part
from repos.git import history
from repos.git.diffs import EMPTY_TREE
from repos.models import Repository
from repos.paths import git_dir
from repos.views.frame import actor_of


@pull_page("POST")
@told
def comments(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Begin to talk about lines or a file, at once or when the review is sent."""
    words, actor = request.POST, actor_of(request)
    say, span = _say_of(words), _span_of(words, pull)
    try:
        review = start_review(actor=actor, pull=pull) if words.get("as") == "review" else None
        thread = begin_on_change(
            actor=actor,
            pull=pull,
            old=span.old,
            new=span.new,
            path=words.get("path", ""),
            side=say.side,
            start=say.start,
            line=say.line,
            body=words.get("body", ""),
            review=review,
        )
    except Invalid as error:
        return _say_again(request, repo, pull, span, say, error)
    if not wants_part(request):
        back = words.get("back", "").replace("\n", "")[:500]
        return redirect(f"{pull.topic.get_absolute_url()}/files?{back}#thread-{thread.pk}")
    talk = drawn_threads([thread], actor, repo)[0]
    context = {
        "talk": talk,
        "repo": repo,
        "where": False,
        **pending_of(pull, request),
        "topic": pull.topic,
        "pull": pull,
    }
    return render(request, "collab/_said_on_line.html", context)


def _say_of(words: QueryDict) -> Say:
    numbers = [words.get(name, "0") for name in ("index", "start", "line")]
    if not all(word.isascii() and word.isdigit() and len(word) < 8 for word in numbers):
        raise Invalid("These are no lines of the file.", field="line")
    index, start, line = map(int, numbers)
    return Say(index, words.get("side", ""), start, line)


def _span_of(words: QueryDict, pull: PullRequest) -> Span:
    folder = git_dir(pull.repository)
    old, new = words.get("old", ""), words.get("new", "")
    if not old or not new:
        raise Invalid("Between which commits, `old` and `new`, is not said.", field="new")
    before = EMPTY_TREE if old == EMPTY else history.commit(folder, old).id
    return Span(before, history.commit(folder, new).id, "all", {})


def _say_again(
    request: HttpRequest, repo: Repository, pull: PullRequest, span: Span, say: Say, error: HubError
) -> HttpResponse:
    """The box again with what was written, and why it was not taken."""
    path = request.POST.get("path", "")
    change = next((each for each in changes_of(pull, span) if each.path_text == path), None)
    if change is None:
        raise error
    context = base_context(request, repo, pull, span) | say_context(request, pull, span, change, say)
    context |= {"value": request.POST.get("body", ""), "error": f"{error.message} {error.next_step}".strip()}
    if wants_part(request):
        return render(request, "collab/_say.html", context)
    return draw_pull(request, repo, pull, "collab/say_form.html", context, active="files", status=error.status)


@pull_page("POST")
@told
def viewed(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """Mark a file as looked at, or not any more (`viewed` is "")."""
    actor, words = actor_of(request), request.POST
    path = words.get("path", "")
    changes = changes_of(pull, span_of(pull))
    change = next((each for each in changes if each.path_text == path), None)
    if change is None:
        raise Conflict("That file is not changed any more.", next_step="Load the page again.")
    is_viewed = bool(words.get("viewed"))
    # What was on the reader's page counts: when the file has changed since, the mark does not hold.
    ids = words.get("change", "")
    if is_viewed and ids != change.ids:
        raise Conflict("The file has changed since you loaded the page.", next_step="Load the page again.")
    mark_viewed(actor=actor, pull=pull, path=path, change=ids, viewed=is_viewed)
    here = f"{pull.topic.get_absolute_url()}/files"
    if not wants_part(request):
        return redirect(here)
    count = viewed_count(changes, viewed_by(pull, actor))
    context = {"here": here, "path": path, "ids": change.ids, "is_viewed": is_viewed}
    context["index"] = words.get("index", "")[:7]
    return render(request, "collab/_viewed_answer.html", {**context, "viewed": count, "total": len(changes)})
