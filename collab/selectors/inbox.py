"""What lies in somebody's inbox: only what is of repositories that they may read now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from accounts.actor import Actor
from accounts.models import User
from collab.models import Notification, Subscription, Thread, Topic, Watch
from collab.selectors.audience import REASONS
from hub.lib.errors import Invalid
from repos.models import Repository, Star

FOLDERS = {"unread": "Unread", "all": "All", "saved": "Saved", "done": "Done"}
KINDS = {
    "issue": "Issues",
    "pull": "Pull requests",
    "discussion": "Discussions",
    "talk": "Talk",
    "model": "Models",
    "push": "Pushes",
}
PER_PAGE = 50
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """Which notices are wanted; raises Invalid when made from words it does not know."""

    folder: str = "unread"
    repository: str = ""
    reason: str = ""
    kind: str = ""
    grouped: bool = False
    before: str = ""

    def __post_init__(self) -> None:
        for field, given, known in (
            ("in", self.folder, FOLDERS), ("reason", self.reason, REASONS), ("kind", self.kind, KINDS)
        ):  # fmt: skip
            if given and given not in known:
                raise Invalid(f"There is no {given[:40]!r} here: one of {', '.join(known)}.", field=field)
        if "\0" in self.repository or len(self.repository) > 200:
            raise Invalid("Name a repository as owner/name.", field="repository")
        _place(self.before)

    def link(self, **changes: str) -> str:
        """The query string of this list with changes, "" takes a filter off; its first page."""
        words = {"in": self.folder, "repository": self.repository, "reason": self.reason, "kind": self.kind}
        words |= {"group": "repository" if self.grouped else ""} | changes
        return "?" + urlencode({key: value for key, value in words.items() if value})


def _place(text: str) -> tuple[dt.datetime, int] | None:
    """A place in the list, `<time>_<number>`; None for its beginning. Raises Invalid."""
    if not text:
        return None
    moment, _, number = text.partition("_")
    try:
        when = dt.datetime.fromtimestamp(int(moment) / 1_000_000, dt.UTC)
        return when, int(number[:18])
    except (ValueError, OverflowError, OSError):
        raise Invalid("The list has no such place.", field="before", next_step="Go back to its beginning.") from None


def place_of(row: Notification) -> str:
    """Where a row stands, for the address of what follows it."""
    return f"{round(row.updated_at.timestamp() * 1_000_000)}_{row.pk}"


def notices_of(actor: Actor) -> QuerySet[Notification]:
    """All notices of a person that they may still see."""
    # SECURITY: who lost access must not read in old notices what a repository's topics are called.
    return Notification.objects.filter(
        user=actor.user_id or 0, repository__in=Repository.objects.visible_to(actor).values("pk")
    )


def matching(actor: Actor, query: InboxQuery) -> QuerySet[Notification]:
    """The notices of a list, whatever its page."""
    rows = notices_of(actor)
    if query.folder == "unread":
        rows = rows.filter(is_unread=True, is_done=False)
    elif query.folder == "saved":
        rows = rows.filter(is_saved=True)
    else:
        rows = rows.filter(is_done=query.folder == "done")
    if query.repository:
        owner, _, name = query.repository.partition("/")
        rows = rows.filter(repository__owner__slug__iexact=owner, repository__name__iexact=name)
    if query.reason:
        rows = rows.filter(reason=query.reason)
    return rows.filter(kind=query.kind) if query.kind else rows


def page_of(actor: Actor, query: InboxQuery) -> tuple[list[Notification], str]:
    """A page of a list, the latest first, and the place where the next one begins ("" for none)."""
    rows = matching(actor, query)
    place = _place(query.before)
    if place is not None:
        when, number = place
        rows = rows.filter(Q(updated_at__lt=when) | Q(updated_at=when, pk__lt=number))
    found = list(
        rows.select_related("repository__owner", "topic", "thread", "actor").order_by("-updated_at", "-pk")[
            : PER_PAGE + 1
        ]
    )
    return found[:PER_PAGE], place_of(found[PER_PAGE - 1]) if len(found) > PER_PAGE else ""


def unread_count(actor: Actor) -> int:
    """Unread notices, counted to MOST_COUNTED."""
    return notices_of(actor).filter(is_unread=True, is_done=False)[:MOST_COUNTED].count()


def repositories_with_news(actor: Actor, *, limit: int = 30) -> list[tuple[str, int]]:
    """Names of the repositories with unread notices and how many, the most first."""
    rows = notices_of(actor).filter(is_unread=True, is_done=False).values_list(
        "repository__owner__slug", "repository__name"
    )  # fmt: skip
    counted = rows.annotate(news=Count("pk")).order_by("-news", "repository__owner__slug", "repository__name")
    return [(f"{owner}/{name}", news) for owner, name, news in counted[:limit]]


def about_page(actor: Actor, path: str) -> QuerySet[Notification]:
    """Unread notices about the page at a path from the root, or about one above it (`/files` of a pull request)."""
    owner, name, rest = _parts(path)
    steps = rest.split("/")
    above = ["/" + "/".join(steps[:end]) for end in range(1, len(steps) + 1)]
    return Notification.objects.filter(
        user=actor.user_id or 0, is_unread=True, url__in=above[-8:] if rest else [],
        repository__owner__slug__iexact=owner, repository__name__iexact=name,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marks:
    """How somebody stands to a repository: whether they star it, and how much of it they hear."""

    starred: bool
    watch: str


def marks_on_page(actor: Actor, path: str) -> Marks | None:
    """The marks on the repository that a path is in, in one query; None where it is in none that they may see."""
    owner, name, _ = _parts(path)
    if not name or actor.user is None:
        return None
    watches = Watch.objects.filter(user=actor.user, repository=OuterRef("pk"))
    found = (
        Repository.objects.visible_to(actor)
        .filter(owner__slug__iexact=owner, name__iexact=name)
        .annotate(
            starred=Exists(Star.objects.filter(user=actor.user, repository=OuterRef("pk"))),
            level=Subquery(watches.values("level")[:1]),
        )
        .values_list("starred", "level")
        .first()
    )
    return None if found is None else Marks(found[0], found[1] or Watch.Level.PARTICIPATING.value)


def _parts(path: str) -> tuple[str, str, str]:
    """Owner, repository and what is below it, of a path as browsers write it."""
    if "\0" in path or "%00" in path:
        return "", "", ""
    owner, _, below = path.lstrip("/").partition("/")
    name, _, rest = below.partition("/")
    # Notices keep the path of their page as it is quoted.
    return unquote(owner), unquote(name), rest.rstrip("/")


def watches_of(user: User, actor: Actor) -> Sequence[Watch]:
    """What somebody watches, as far as they may see it, by name."""
    rows = Watch.objects.filter(user=user, repository__in=Repository.objects.visible_to(actor).values("pk"))
    return list(rows.select_related("repository__owner").order_by("repository__owner__slug", "repository__name")[:500])


def watch_of(actor: Actor, repository: Repository) -> Watch | None:
    """Their own watch on a repository; None: they hear what concerns them."""
    return Watch.objects.filter(user=actor.user_id or 0, repository=repository).first()


def subscription_of(actor: Actor, *, topic: Topic | None = None, thread: Thread | None = None) -> Subscription | None:
    """Whether somebody follows a topic or a thread, or has muted it."""
    return Subscription.objects.filter(user=actor.user_id or 0, topic=topic, thread=thread).first()
