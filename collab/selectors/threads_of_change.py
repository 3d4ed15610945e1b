"""Threads of a pull request's review: those of the shown files by line, those still open, and who may see them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.actor import Actor
from collab.models import Comment, PullRequest, Thread
from collab.selectors.conversation import TalkThread, drawn_threads
from collab.suggested import pieces_of

CHANGE = "change"
MOST_OPEN = 50


def threads_of(pull: PullRequest, actor: Actor) -> QuerySet[Thread]:
    """The threads of a change that a reader may see: with a comment that was sent, or with one of their own."""
    # SECURITY: what waits for a review to be sent is its author's alone, and so is that there is something.
    seen = Q(is_pending=False) | (Q(author=actor.user) if actor.user is not None else Q(pk__in=[]))
    visible = Comment.objects.filter(seen, thread=OuterRef("pk"))
    return Thread.objects.filter(Exists(visible), topic=pull.topic_id, subject=CHANGE)


def thread_counts(pull: PullRequest, actor: Actor) -> Counter[str]:
    """How many threads there are on each path, the outdated left out."""
    return Counter(threads_of(pull, actor).filter(is_outdated=False).values_list("key", flat=True))


@dataclass(frozen=True, slots=True)
class OpenThread:
    """An unresolved thread in a list: where it is, and how it begins."""

    thread: Thread
    line: int | None
    words: str


def open_threads(pull: PullRequest, actor: Actor) -> tuple[list[OpenThread], int]:
    """The unresolved threads, oldest first, at most MOST_OPEN of them, and how many there are. Two queries."""
    found = threads_of(pull, actor).filter(resolved_at=None).order_by("key", "pk")
    seen = Q(is_pending=False) | (Q(author=actor.user) if actor.user is not None else Q(pk__in=[]))
    first = Comment.objects.filter(seen, thread=OuterRef("pk")).order_by("pk").values("body")[:1]
    rows = list(found.select_related("author").annotate(words=first))
    shown = [OpenThread(row, row.place.get("line"), _opening(row.words)) for row in rows[:MOST_OPEN]]
    return shown, len(rows)


def _opening(body: str) -> str:
    words = " ".join(word for piece in pieces_of(body) if not piece.is_suggestion for word in piece.text.split())
    words = words or "Suggested change"
    return words if len(words) <= 120 else words[:119] + "…"


@dataclass(slots=True)
class FileTalk:
    """The threads of one changed file: below its head, and below lines by side and number."""

    whole: list[TalkThread] = field(default_factory=list)
    lines: dict[tuple[str, int], list[TalkThread]] = field(default_factory=lambda: defaultdict(list))
    others: list[TalkThread] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.whole) + len(self.others) + sum(map(len, self.lines.values()))


def talk_by_file(pull: PullRequest, actor: Actor, paths: Iterable[str], *, old: str, new: str) -> dict[str, FileTalk]:
    """The threads of the shown files that stand on the lines of commits `old` and `new`. Constant number of queries.

    Outdated ones, and those on lines of other commits, are left to the conversation.
    """
    rows = threads_of(pull, actor).filter(key__in=list(paths), is_outdated=False)
    rows = rows.select_related("author", "resolved_by").order_by("pk")
    threads = list(rows)
    for thread in threads:
        thread.topic, thread.repository = pull.topic, pull.repository
    found: dict[str, FileTalk] = defaultdict(FileTalk)
    for talk in drawn_threads(threads, actor, pull.repository):
        _put(found[talk.thread.key], talk, old, new)
    return found


def _put(file: FileTalk, talk: TalkThread, old: str, new: str) -> None:
    place, commit = talk.thread.place, talk.thread.commit
    side, line = place.get("side"), place.get("line")
    if side in {"old", "new"} and isinstance(line, int):
        if commit == (new if side == "new" else old):
            file.lines[side, line].append(talk)
    elif place:
        file.others.append(talk)
    else:
        file.whole.append(talk)
