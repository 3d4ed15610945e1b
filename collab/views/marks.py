"""Comments on what changed in data: a box for a cell, a row, a region or a file, and its sending."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from collab.marks import Place, mark_query, mark_words, read_mark
from collab.models import PullRequest
from collab.selectors.conversation import drawn_threads
from collab.services.marks import begin_on_mark
from collab.services.reviews import start_review
from collab.views.pull_frame import draw_pull, pull_page
from collab.views.review import pending_of
from collab.views.talk_frame import told
from hub.lib.errors import HubError, Invalid
from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import READING, actor_of
from storage.pointers import is_pointer
from storage.views.comparing import NOTEBOOKS, PICTURES, TABLES

FIELDS = ("file", "cell", "number", "row", "x", "y", "w", "h", "side")


@pull_page(*READING, "POST")
@told
def marks(request: HttpRequest, repo: Repository, pull: PullRequest) -> HttpResponseBase:
    """GET: a box for a comment on what the address names in the file `path`; without JavaScript a page to name it.

    POST: begin to talk about it, at once or (`as` is "review") when the review is sent.
    """
    words = request.POST if request.method == "POST" else request.GET
    path = words.get("path", "")
    if not path or "\0" in path or len(path) > 1000:
        raise Invalid("Name the changed file: ?path=", field="path", next_step="Go back to the files.")
    if request.method != "POST":
        return _box(request, repo, pull, path, words)
    actor = actor_of(request)
    try:
        place = read_mark(_given(words))
        review = start_review(actor=actor, pull=pull) if words.get("as") == "review" else None
        thread = begin_on_mark(
            actor=actor, pull=pull, path=path, place=place, body=words.get("body", ""), review=review
        )
    except Invalid as error:
        return _box(request, repo, pull, path, words, error)
    if not wants_part(request):
        return redirect(f"{reverse('collab:pull_files', args=_where(repo, pull))}#thread-{thread.pk}")
    talk = drawn_threads([thread], actor, repo)[0]
    context = {"talk": talk, "repo": repo, "topic": pull.topic, "pull": pull, **pending_of(pull, request)}
    return render(request, "collab/_said_on_line.html", context)


def _box(
    request: HttpRequest,
    repo: Repository,
    pull: PullRequest,
    path: str,
    words: QueryDict,
    error: HubError | None = None,
) -> HttpResponse:
    place = _known_place(words)
    values = {name: value[:1000] for name, value in _given(words).items()}
    context: dict[str, Any] = {
        "repo": repo,
        "pull": pull,
        "topic": pull.topic,
        "path": path,
        "values": values | (mark_query(place) if place else {}),
        "where": mark_words(place) if place else "",
        "kinds": kinds_of(path),
        "has_pending": pending_of(pull, request)["pending"] is not None,
        "value": words.get("body", ""),
        "error": f"{error.message} {error.next_step}".strip() if error else "",
        "here": reverse("collab:marks", args=_where(repo, pull)),
        "files": reverse("collab:pull_files", args=_where(repo, pull)),
        "draft": f"{pull.topic.number}:{path}:{mark_words(place) if place else 'mark'}"[:200],
    }
    if wants_part(request):
        return render(request, "collab/_mark_say.html", context)
    return draw_pull(
        request, repo, pull, "collab/mark_form.html", context, active="files", status=error.status if error else 200
    )


def kinds_of(path: str) -> set[str]:
    """What can be named in the change of a file: cell, row, region, file."""
    if is_pointer(path):
        return {"file", "row", "region"}
    suffix = PurePosixPath(path.lower()).suffix
    known = (("cell", NOTEBOOKS), ("row", TABLES), ("region", PICTURES))
    return {kind for kind, suffixes in known if suffix in suffixes}


def _given(words: QueryDict) -> dict[str, str]:
    return {name: words.get(name, "") for name in FIELDS}


def _known_place(words: QueryDict) -> Place | None:
    try:
        return read_mark(_given(words))
    except Invalid:
        return None


def _where(repo: Repository, pull: PullRequest) -> tuple[str, str, int]:
    return repo.owner.slug, repo.name, pull.topic.number
