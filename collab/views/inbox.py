"""The inbox: what happened that concerns somebody, to be read, kept or put away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import actor_on, signed_in
from collab.models import Notification
from collab.selectors import inbox as selectors
from collab.selectors.audience import REASONS
from collab.selectors.inbox import FOLDERS, KINDS, InboxQuery
from collab.services import inbox as services
from collab.verbs import VERBS, deed
from hub.lib.errors import Invalid
from hub.lib.http import render_page

_ICONS = {"model": "box", "push": "git-commit-horizontal", "talk": "message-square"}


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as the page shows it."""

    notice: Notification
    icon: str
    url: str
    sentence: str
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes what the list shows."""

    label: str
    url: str
    active: bool
    count: int | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: HttpRequest) -> HttpResponse:
    """One folder of the inbox, narrowed as asked; POST does something to chosen lines, or to all of the list."""
    signed_in(request)
    actor, query = actor_on(request), _query(request)
    if request.method == "POST":
        return _act(request, query)
    rows, following = selectors.page_of(actor, query)
    lines = [_line(row) for row in rows]
    context = {
        "query": query,
        "lines": lines,
        "groups": _grouped(lines) if query.grouped else [("", lines)],
        "next": query.link(before=following) if following else "",
        "here": query.link(before=query.before),
        "folders": [Choice(label, query.link(**{"in": key}), query.folder == key) for key, label in FOLDERS.items()],
        "kinds": _choices(query, "kind", KINDS, query.kind),
        "reasons": _choices(query, "reason", REASONS, query.reason),
        "repositories": _repositories(request, query),
        "turned": query.link(group="" if query.grouped else "repository"),
    }
    return render_page(request, "collab/inbox.html", "collab/_inbox_list.html", context)


def _act(request: HttpRequest, query: InboxQuery) -> HttpResponseRedirect:
    """Do it, say so where it cannot be seen, and show the same list again."""
    actor, action = actor_on(request), request.POST.get("action", "")
    if request.POST.get("all"):
        count = services.mark_rows(rows=selectors.matching(actor, query), action=action)
        messages.success(request, f"{count} notice{'' if count == 1 else 's'} changed.")
    else:
        services.mark(actor=actor, numbers=_numbers(request.POST.getlist("notice")), action=action)
    return HttpResponseRedirect(reverse("notices:inbox") + query.link(before=query.before))


def _numbers(given: Iterable[str]) -> list[int]:
    """Primary keys; raises Invalid for what is none."""
    if not all(each.isascii() and each.isdigit() and len(each) < 18 for each in given):
        raise Invalid("A notice is named by its number.", field="notice")
    return [int(each) for each in given]


def _query(request: HttpRequest) -> InboxQuery:
    given = request.GET
    return InboxQuery(
        folder=given.get("in") or "unread",
        repository=given.get("repository", ""),
        reason=given.get("reason", ""),
        kind=given.get("kind", ""),
        grouped=given.get("group") == "repository",
        before=given.get("before", ""),
    )


def _line(row: Notification) -> Line:
    known = VERBS.get(row.verb)
    who = row.actor.username if row.actor is not None else "Somebody"
    anchor = f"#comment-{row.comment_id}" if row.comment_id is not None else ""
    return Line(
        notice=row,
        icon=known.icon if known is not None else _ICONS.get(row.kind, "bell"),
        url=f"{row.repository.get_absolute_url()}{row.url}{anchor}",
        sentence=f"{who} {deed(row.verb)}",
        why=REASONS.get(row.reason, ""),
    )


def _grouped(lines: list[Line]) -> list[tuple[str, list[Line]]]:
    """Lines by repository, that with the latest news first."""
    names = [line.notice.repository.full_name for line in lines]
    ordered = sorted(lines, key=lambda line: names.index(line.notice.repository.full_name))
    return [(name, list(group)) for name, group in groupby(ordered, lambda line: line.notice.repository.full_name)]


def _choices(query: InboxQuery, key: str, known: dict[str, str], chosen: str) -> list[Choice]:
    """Everything, and each word a list can be narrowed to."""
    return [
        Choice("Any", query.link(**{key: ""}), not chosen),
        *[Choice(label, query.link(**{key: word}), word == chosen) for word, label in known.items()],
    ]


def _repositories(request: HttpRequest, query: InboxQuery) -> list[Choice]:
    counted = selectors.repositories_with_news(actor_on(request))
    if query.repository and query.repository not in dict(counted):
        counted = [(query.repository, 0), *counted]
    return [
        Choice(name, query.link(repository="" if name == query.repository else name), name == query.repository, count)
        for name, count in counted
    ]


@require_safe
def here(request: HttpRequest) -> JsonResponse:
    """What a page asks once it stands: unread notices, whether one is about it, and its repository's star and watch."""
    signed_in(request)
    actor, path = actor_on(request), request.GET.get("path", "")[:2000]
    marks = selectors.marks_on_page(actor, path)
    return JsonResponse(
        {
            "unread": selectors.unread_count(actor),
            "most": selectors.MOST_COUNTED,
            "here": selectors.about_page(actor, path).exists(),
            "starred": marks.starred if marks else None,
            "watch": marks.watch if marks else None,
        }
    )


@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """Somebody has a page open: what was told of it is read."""
    signed_in(request)
    actor = actor_on(request)
    rows = selectors.about_page(actor, request.POST.get("path", "")[:2000])
    services.mark_rows(rows=rows, action="read")
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"unread": selectors.unread_count(actor)})
    return redirect("notices:inbox")
