"""What pages of discussions show: categories, the list, a poll as its reader may see it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.actor import Actor
from collab.models import Category, Discussion, Kind, Poll, PollVote, Topic
from repos.models import Repository

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Default:
    """A category that every repository begins with."""

    slug: str
    name: str
    icon: str
    description: str
    format: Category.Format
    position: int

    def row(self, repository: Repository) -> Category:
        """The row of it, not saved."""
        return Category(
            repository=repository, slug=self.slug, name=self.name, icon=self.icon, description=self.description,
            format=self.format, position=self.position,
        )  # fmt: skip


DEFAULTS = [
    Default(*words, position)
    for position, words in enumerate((
        ("announcements", "Announcements", "megaphone", "News from its maintainers", Category.Format.ANNOUNCEMENT),
        ("general", "General", "message-square", "Whatever has no other place", Category.Format.OPEN),
        ("ideas", "Ideas", "lightbulb", "What could be done next", Category.Format.OPEN),
        ("polls", "Polls", "chart-bar", "Ask everybody, count the votes", Category.Format.POLL),
        ("q-a", "Questions", "circle-question-mark", "Ask, and mark the answer", Category.Format.QUESTION),
        ("show", "Results", "trophy", "Show what you have trained, found or built", Category.Format.OPEN),
    ))
]  # fmt: skip


def categories_of(repository: Repository) -> list[Category]:
    """The categories in order with `number`, how many discussions are in each; the first ones, unsaved, without any."""
    rows: list[Category] = list(Category.objects.filter(repository=repository).annotate(number=Count("discussions")))
    return rows or [each.row(repository) for each in DEFAULTS]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is wanted; "" is everything."""

    category: str = ""
    answered: str = ""
    state: str = "open"
    sort: str = "updated"
    words: str = ""


SORTS = {
    "updated": "Lately active",
    "new": "Newest",
    "top": "Most votes",
    "talk": "Most comments",
}
_ORDER = {
    "updated": ("-updated_at", "-pk"),
    "new": ("-number",),
    "top": ("-discussion__votes_count", "-updated_at"),
    "talk": ("-comments_count", "-updated_at"),
}


def discussions_page(repository: Repository, wanted: Wanted, number: int) -> Page[Topic]:
    """A page of the list, everything that a row shows selected."""
    rows: QuerySet[Topic] = Topic.objects.filter(repository=repository, kind=Kind.DISCUSSION)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.category:
        rows = rows.filter(discussion__category__slug=wanted.category)
    if wanted.answered:
        rows = rows.filter(
            discussion__category__format=Category.Format.QUESTION,
            discussion__answer__isnull=wanted.answered == "no",
        )
    for word in wanted.words.split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(body__icontains=word))
    rows = _selected(rows).order_by(*_ORDER[wanted.sort])
    return Paginator(rows, PER_PAGE).get_page(number)


def pinned_discussions(repository: Repository) -> list[Topic]:
    """What stands above the list."""
    rows = Topic.objects.filter(repository=repository, kind=Kind.DISCUSSION, pinned_at__isnull=False)
    return list(_selected(rows).order_by("-pinned_at"))


def _selected(rows: QuerySet[Topic]) -> QuerySet[Topic]:
    return rows.select_related("author", "discussion__category", "repository__owner").prefetch_related("labels")


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option of a poll; `percent` is of all who voted, None while the reader may not know."""

    pk: int
    text: str
    mine: bool
    votes: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class ShownPoll:
    """A poll as its reader sees it: results for those who voted, and for all when it is over."""

    poll: Poll
    options: list[ShownOption]
    voters: int
    is_over: bool
    has_voted: bool

    @property
    def shows_results(self) -> bool:
        """Whether numbers are shown to this reader."""
        return self.has_voted or self.is_over


def shown_poll(topic: Topic, actor: Actor) -> ShownPoll | None:
    """The poll of a discussion, None without one. Four queries at most."""
    poll = Poll.objects.filter(discussion=topic.pk).first()
    if poll is None:
        return None
    options = list(poll.options.all())
    mine = set(PollVote.objects.filter(option__poll=poll, user=actor.user_id).values_list("option_id", flat=True))
    voters = PollVote.objects.filter(option__poll=poll).values("user").distinct().count()
    over = not topic.is_open or (poll.ends_at is not None and poll.ends_at <= timezone.now())
    shown = [
        ShownOption(
            each.pk, each.text, each.pk in mine, each.votes_count,
            round(100 * each.votes_count / voters) if voters else 0,
        )
        for each in options
    ]  # fmt: skip
    return ShownPoll(poll, shown, voters, over, bool(mine))


def discussion_of(topic: Topic) -> Discussion:
    """The discussion's own row with its category."""
    return Discussion.objects.select_related("category", "answer__author", "answered_by").get(topic=topic)
