"""Talk about things: all of a repository in one place, and the part that pages of things show."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from collab.access import check_talk
from collab.models import Thread
from collab.selectors import talk as selectors
from collab.selectors.conversation import TalkThread, drawn_threads
from collab.selectors.talk import STATES, TalkQuery
from collab.services.talk_places import begin_talk
from collab.talk_places import HINTS, place_words
from collab.views.talk_frame import back, told
from hub.lib.errors import HubError, NotFound
from hub.lib.http import wants_part
from repos.models import Repository
from repos.subjects import Start, Subject, all_subjects, start_of, subject_of
from repos.views.frame import actor_of, draw, repo_page


@dataclass(frozen=True, slots=True)
class Shown:
    """A thread on the page of its thing: `line` is where its lines stand now, 0 for no line."""

    talk: TalkThread
    where: str
    line: int
    is_outdated: bool


@repo_page("GET", "HEAD", "POST")
@told
def talk(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Everything that is said about things of a repository; POST begins to talk about one."""
    if request.method == "POST":
        return _begin(request, repo)
    given = request.GET
    query = TalkQuery(state=given.get("state") or "open", kind=given.get("kind", ""), before=given.get("before", ""))
    rows, following = selectors.talk_page(repo, query)
    kinds = [("", "Everything", query.link(kind=""))]
    kinds += [(each.kind, each.label, query.link(kind=each.kind)) for each in all_subjects()]
    context = {
        "query": query,
        "rows": rows,
        "next": query.link(before=following) if following else "",
        "states": [(key, label, query.link(state=key)) for key, label in STATES.items()],
        "kinds": kinds,
    }
    return draw(request, repo, "collab/talk.html", context, active="discussions")


def _begin(request: HttpRequest, repo: Repository) -> HttpResponse:
    given = request.POST
    thread = begin_talk(
        actor=actor_of(request),
        repository=repo,
        kind=given.get("subject", ""),
        key=given.get("key", ""),
        where=given.get("where", ""),
        body=given.get("body", ""),
        ref=given.get("at", ""),
    )
    if wants_part(request):
        return _about(request, repo, thread.subject, thread.key, given.get("at", ""))
    return back(request, f"{repo.get_absolute_url()}/threads/{thread.pk}")


@repo_page()
def about(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """What is said about one thing, with a box to say more: a page of its own, and the part of the thing's page."""
    given = request.GET
    return _about(request, repo, given.get("subject", ""), given.get("key", ""), given.get("at", ""))


def _about(request: HttpRequest, repo: Repository, kind: str, key: str, at: str) -> HttpResponse:
    subject = subject_of(kind)
    key = key.replace("\0", "")[:500]
    threads = selectors.threads_about(repo, kind, key)
    start = _start(repo, subject, key, at, threads)
    talks = drawn_threads(threads, actor_of(request), repo) if threads else []
    lines = selectors.lines_now(threads, start.lines) if start is not None else {}
    here = selectors.named_one(repo, subject, key)
    context = {
        "subject": subject,
        "key": key,
        "at": at,
        "title": here.title if here else key,
        "thing_url": f"{repo.get_absolute_url()}{here.url}" if here else "",
        "shown": [_shown(talk, lines) for talk in talks],
        "may_begin": start is not None and _may_talk(request, repo),
        "hint": " or ".join(HINTS[where] for where in subject.wheres),
        "action": reverse("collab:talk", args=[repo.owner.slug, repo.name]),
    }
    return draw(request, repo, "collab/talk_about.html", context, part="collab/_talk_about.html", active="discussions")


def _start(repo: Repository, subject: Subject, key: str, at: str, threads: list[Thread]) -> Start | None:
    """The thing as it stands; None when it is gone and only the talk about it is left. Raises NotFound."""
    try:
        return start_of(repo, subject, key, at)
    except NotFound:
        if not threads:
            raise
        return None


def _shown(talk: TalkThread, lines: dict[int, int]) -> Shown:
    thread = talk.thread
    line = lines.get(thread.pk, 0)
    return Shown(talk, place_words(thread.place), line, "line" in thread.place and not line)


def _may_talk(request: HttpRequest, repo: Repository) -> bool:
    try:
        check_talk(actor_of(request), repo)
    except HubError:
        return False
    return True
