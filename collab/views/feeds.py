"""Feeds of issues and discussions for feed readers, and whose eyes a feed reader has."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import actor_on
from accounts.actor import Actor
from collab.models import Kind, Topic
from collab.notice_links import read_feed_token
from collab.selectors.feeds import newest_topics
from collab.selectors.mails import with_whole_links
from collab.text import render_texts
from hub.context import public_url
from hub.lib.atom import Entry, atom
from hub.lib.errors import NotFound
from repos.access import open_repo
from repos.models import Repository


def feed_actor(request: HttpRequest) -> Actor:
    """Who reads a feed: whoever the token in the address is of, else who is signed in. Raises NotFound."""
    token = request.GET.get("token", "")
    if not token:
        return actor_on(request)
    # SECURITY: such an address lies about in feed readers. It opens feeds alone, and a new nonce ends it.
    user = read_feed_token(token)
    if user is None:
        raise NotFound("The address of this feed has ended.", next_step="Take the new one from your settings.")
    return Actor(user=user)


@require_safe
def issues_feed(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
    """The newest issues of a repository."""
    return _topics(request, owner, name, Kind.ISSUE, "Issues", "issues")


@require_safe
def discussions_feed(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
    """The newest discussions of a repository."""
    return _topics(request, owner, name, Kind.DISCUSSION, "Discussions", "discussions")


def _topics(request: HttpRequest, owner: str, name: str, kind: Kind, label: str, folder: str) -> HttpResponseBase:
    actor = feed_actor(request)
    repo = open_repo(actor, owner, name)
    hub = public_url(request)
    topics = newest_topics(repo, kind)
    entries = _entries(hub, repo, actor, topics)
    page = f"{hub}{reverse('repos:overview', args=[repo.owner.slug, repo.name])}/{folder}"
    return atom(request, title=f"{label} of {repo.full_name}", page=page, entries=entries)


def _entries(hub: str, repo: Repository, actor: Actor, topics: Sequence[Topic]) -> list[Entry]:
    pages = render_texts([topic.body for topic in topics], repository=repo, actor=actor)
    return [
        Entry(
            key=str(topic.number),
            title=f"#{topic.number} {topic.title}",
            url=f"{hub}{topic.get_absolute_url()}",
            author=topic.author.username if topic.author is not None else "",
            when=topic.created_at,
            html=with_whole_links(html, hub),
        )
        for topic, html in zip(topics, pages, strict=True)
    ]
