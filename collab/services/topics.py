"""What all topics share: their number, their text, being closed, locked and pinned."""

from __future__ import annotations

from django.db.models import F

from accounts.actor import Actor
from collab.access import check_talk
from collab.models import Counter, Kind, Topic
from hub.lib.errors import Invalid
from repos.models import Repository

MAX_TITLE = 255
MAX_BODY = 65_536


def new_topic(*, actor: Actor, repository: Repository, kind: Kind, title: str, body: str = "") -> Topic:
    """Make the row of a topic with the next number, in the caller's transaction.

    Raises Invalid, Unauthenticated, Forbidden.
    """
    author = check_talk(actor, repository)
    return Topic.objects.create(
        repository=repository,
        number=_next_number(repository),
        kind=kind,
        title=clean_title(title),
        body=clean_body(body),
        author=author,
    )


def clean_title(text: str) -> str:
    """A title in one line; raises Invalid when empty or too long."""
    title = " ".join(text.replace("\0", "").split())
    if not title:
        raise Invalid("A title is needed.", field="title", next_step="Say in a few words what it is about.")
    if len(title) > MAX_TITLE:
        raise Invalid(f"The title is longer than {MAX_TITLE} characters.", field="title", next_step="Shorten it.")
    return title


def clean_body(text: str) -> str:
    """Markdown as it is kept: line ends of one kind, no NUL; raises Invalid when too long."""
    body = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if len(body) > MAX_BODY:
        raise Invalid(
            f"The text is longer than {MAX_BODY:,} characters.", field="body", next_step="Attach long logs as a file."
        )
    return body


def _next_number(repository: Repository) -> int:
    """The next number of a repository. The row is locked until the caller's transaction ends: no two get the same."""
    Counter.objects.get_or_create(repository=repository)
    Counter.objects.filter(repository=repository).update(last=F("last") + 1)
    return Counter.objects.values_list("last", flat=True).get(repository=repository)
