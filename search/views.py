"""The page of results, and the lines of the command palette."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from accounts.access import actor_on
from accounts.actor import Actor
from accounts.levels import Level
from collab.models import Topic
from hub.lib.errors import Invalid
from hub.lib.http import render_page
from repos.access import find_repo, level_for
from repos.models import Repository
from search import query as language
from search.commands import commands
from search.models import Kind
from search.query import Query
from search.selectors import COUNTED, MOST_PAGES, Hit, find, is_indexed

IN_PALETTE = 12
MOST_COMMANDS = 8
_NUMBER = re.compile(r"#?(\d{1,9})")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything that holds the words, by kind."""
    text, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    page = _page(request)
    error, query = "", Query("", ())
    try:
        query = language.parse(f"{text} kind:{kind}" if kind in Kind.values else text)
    except Invalid as fault:
        error = f"{fault.message} {fault.next_step}"
    results = find(actor_on(request), query, page=page)
    context: dict[str, Any] = {
        "search_text": text[: language.LONGEST],
        "query": query,
        "error": error,
        "results": results,
        "kind": query.kind,
        "kinds": [(each.value, each.label, results.counts.get(each.value, 0)) for each in Kind],
        "is_cut": results.total >= COUNTED,
        "page": page,
        "has_next": results.has_next and page < MOST_PAGES,
        "is_indexed": bool(results.hits) or is_indexed(),
    }
    return render_page(request, "search/search.html", "search/_results.html", context, status=400 if error else 200)


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    # Of a thousand digits the first ones say enough: it is too far.
    return min(int(text[:9]), MOST_PAGES) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else 1


@require_safe
def palette(request: HttpRequest) -> JsonResponse:
    """Lines for what was typed so far: a topic by its number, commands, and what is found."""
    actor, text = actor_on(request), request.GET.get("q", "").strip()[: language.LONGEST]
    here = _here(actor, request.GET.get("repo", ""))
    groups = [("Here", _numbered(here, text)), ("Commands", _commands(actor, here, text))]
    if text:
        found = _found(actor, text, here)
        name = here.full_name if here else ""
        groups.append((f"In {name}", [_line(hit) for hit in found if name and hit.repository == name]))
        groups.append(("Everywhere", [_line(hit) for hit in found if not name or hit.repository != name]))
    response = JsonResponse({"groups": [{"label": label, "lines": lines} for label, lines in groups if lines]})
    response["Cache-Control"] = "no-store"
    return response


def _here(actor: Actor, full_name: str) -> Repository | None:
    """The repository whose page is open, if the actor may see it."""
    owner, _, name = full_name.replace("\0", "").partition("/")
    repository = find_repo(owner, name) if owner and name else None
    return repository if repository is not None and level_for(actor, repository) >= Level.READ else None


def _found(actor: Actor, text: str, here: Repository | None) -> list[Hit]:
    """What holds the words; of the open repository first."""
    query = language.parse(text)
    found = find(actor, query, limit=IN_PALETTE, counting=False).hits
    if here is None or query.repository:
        return found
    inside = find(actor, replace(query, repository=here.full_name), limit=IN_PALETTE // 2, counting=False).hits
    return [*inside, *(hit for hit in found if hit.url not in {each.url for each in inside})]


def _numbered(here: Repository | None, text: str) -> list[dict[str, str]]:
    match = _NUMBER.fullmatch(text)
    if here is None or match is None:
        return []
    topic = Topic.objects.filter(repository=here, number=int(match[1])).first()
    if topic is None:
        return []
    topic.repository = here
    facts = f"{topic.state} {topic.word}"
    return [{"title": str(topic), "url": topic.get_absolute_url(), "icon": "hash", "facts": facts}]


def _commands(actor: Actor, here: Repository | None, text: str) -> list[dict[str, str]]:
    found = commands(actor, here, text)[: MOST_COMMANDS if text else None]
    return [{"title": each.title, "url": each.url, "icon": each.icon, "facts": each.facts} for each in found]


def _line(each: Hit) -> dict[str, str]:
    facts = " · ".join(word for word in (each.repository if each.kind != Kind.REPOSITORY else "", each.facts) if word)
    return {"title": each.name, "url": each.url, "icon": each.icon, "facts": facts}
