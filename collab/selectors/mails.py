"""What is due as mail, and what each mail says: the words since the last one, as far as the reader may see them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.safestring import SafeString

from accounts.actor import Actor
from accounts.models import User
from collab.models import Comment, Notification
from collab.selectors.inbox import notices_of
from collab.text import render_texts
from collab.verbs import deed

MOST_WORDS = 20
MOST_IN_MAIL = 50
# SECURITY: every link in a mail leads to this hub's own address, never to what a request's Host header says.
_here = re.compile(r'\b(href|src)="/(?!/)')


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a conversation: as it was written, and as HTML with whole addresses."""

    author: str
    text: str
    html: SafeString


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail tells of one notice."""

    notice: Notification
    subject: str
    sentence: str
    url: str
    said: list[Said]


def hub_address() -> str:
    """The public address of this hub, without a slash at its end."""
    return settings.HUB_URL.rstrip("/")


def people_with_mail_due(now: dt.datetime, *, limit: int) -> list[User]:
    """Those for whom mail is due, longest waiting first."""
    due = Notification.objects.filter(mail_due_at__lte=now)
    numbers = list(dict.fromkeys(due.order_by("mail_due_at").values_list("user", flat=True)[: limit * 10]))[:limit]
    found = User.objects.in_bulk(numbers)
    return [found[number] for number in numbers if number in found]


def waiting_mail(actor: Actor, until: dt.datetime) -> list[Notification]:
    """Their notices due until then, still unread, of repositories that they may still read."""
    rows = notices_of(actor).filter(mail_due_at__lte=until, is_unread=True, is_done=False)
    return list(
        rows.select_related("repository__owner", "topic", "thread", "actor").order_by("updated_at")[:MOST_IN_MAIL]
    )


def letter_of(actor: Actor, notice: Notification) -> Letter:
    """What a mail says of a notice to its reader."""
    full_name = notice.repository.full_name
    number = f" (#{notice.topic.number})" if notice.topic is not None else ""
    who = notice.actor.username if notice.actor is not None else "Somebody"
    said = _said(actor, notice)
    anchor = f"#comment-{notice.comment_id}" if notice.comment_id is not None else ""
    return Letter(
        notice=notice,
        subject=f"[{full_name}] {notice.title}{number}",
        sentence=f"{who} {deed(notice.verb)}",
        url=f"{hub_address()}/{full_name}{notice.url}{anchor}",
        said=said,
    )


def _said(actor: Actor, notice: Notification) -> list[Said]:
    """The text of a topic that was just opened, and what others said since the last mail, the oldest first."""
    texts: list[tuple[str, str]] = []
    topic = notice.topic
    if topic is not None and notice.verb.startswith("opened") and topic.body:
        texts.append((topic.author.username if topic.author else "", topic.body))
    texts += [(row.author.username if row.author else "", row.body) for row in _comments(actor, notice)]
    pages = render_texts([text for _, text in texts], repository=notice.repository, actor=actor)
    return [
        Said(author, text, with_whole_links(page, hub_address()))
        for (author, text), page in zip(texts, pages, strict=True)
    ]


def _comments(actor: Actor, notice: Notification) -> Sequence[Comment]:
    if notice.comment_id is None:
        return []
    subject = Q(topic=notice.topic) | Q(thread__topic=notice.topic) if notice.topic else Q(thread=notice.thread)
    rows = Comment.objects.filter(
        subject, repository=notice.repository, pk__gte=notice.comment_id, is_pending=False, hidden_reason=""
    ).exclude(author=actor.user)
    if notice.mailed_at is not None:
        rows = rows.filter(created_at__gt=notice.mailed_at)
    return list(rows.select_related("author").order_by("pk")[:MOST_WORDS])


def with_whole_links(page: SafeString, hub: str) -> SafeString:
    """HTML that render_texts made, its links with the hub's address in front."""
    return SafeString(_here.sub(rf'\1="{hub}/', page))
