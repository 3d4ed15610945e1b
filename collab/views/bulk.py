"""Changes of many issues or pull requests at once, and how far one in the background is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.levels import Level
from collab.models import Kind, TopicChange
from collab.search_language import parse
from collab.selectors.topic_search import matching, ordered
from collab.services import bulk as services
from collab.views.side import keys_of
from hub.lib.errors import NotFound
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page


@repo_page("POST", needs=Level.WRITE)
def bulk(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Do one thing (`do`) to the rows that were ticked, or to all that match the search (`all`)."""
    actor, do = actor_of(request), request.POST.get("do", "")[:40]
    kind = Kind.PULL if request.POST.get("kind") == Kind.PULL else Kind.ISSUE
    if request.POST.get("all"):
        query = parse(request.POST.get("q", ""))
        rows = matching(query, repository=repo, actor=actor, kind=kind, today=timezone.now().date())
        keys = list(ordered(rows, query).values_list("pk", flat=True)[: services.MOST + 1])
        if len(keys) > services.AT_ONCE:
            change = services.ask_change(actor=actor, repository=repo, kind=kind, action=do, topics=keys)
            return redirect("collab:topic_change", repo.owner.slug, repo.name, change.pk)
        topics = services.topics_by_key(repo, keys)
    else:
        topics = services.topics_by_number(repo, keys_of(request, "topic")[: services.AT_ONCE])
    outcome = services.change_topics(actor=actor, repository=repo, action=do, topics=topics)
    if outcome.done:
        messages.success(request, f"{outcome.done} changed.")
    for reason, count in outcome.reasons.items():
        messages.warning(request, f"{count} stayed as {'it is' if count == 1 else 'they are'}: {reason}")
    return redirect(_back(request, repo, kind))


def _back(request: HttpRequest, repo: Repository, kind: Kind) -> str:
    here = reverse("collab:pulls" if kind == Kind.PULL else "collab:issues", args=[repo.owner.slug, repo.name])
    text = request.POST.get("q", "")[:600]
    return f"{here}?{urlencode({'q': text})}" if text else here


@repo_page(needs=Level.WRITE)
def change(request: HttpRequest, repo: Repository, key: int) -> HttpResponseBase:
    """How far a change of many is; the page looks again by itself until it is over."""
    found = TopicChange.objects.filter(repository=repo, pk=min(key, 2**63 - 1)).first()
    if found is None:
        raise NotFound("There is no such change here.")
    tab = "pulls" if found.kind == Kind.PULL else "issues"
    context = {"change": found, "list_url": reverse(f"collab:{tab}", args=[repo.owner.slug, repo.name])}
    return draw(request, repo, "collab/topic_change.html", context, part="collab/_topic_change.html", active=tab)
