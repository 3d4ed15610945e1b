"""Changes many topics: a page of them at once, more in the background, where rights are looked at again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.access import check_triage
from collab.models import Label, Milestone, Topic, TopicChange
from collab.selectors.topic_search import LISTED
from collab.services import sorting
from collab.services.topic_state import close_topic, reopen_topic
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid
from jobs.services import enqueue
from repos.models import Repository

AT_ONCE = 50
"""Topics that are changed while somebody waits; more become a job."""
MOST = 5_000
BATCH = 25


@dataclass(frozen=True, slots=True)
class Action:
    """What is done to each topic, and how people say it."""

    words: str
    run: Callable[[Actor, Topic], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many were changed, and why others stayed as they were (reason → how many)."""

    done: int
    reasons: dict[str, int]

    @property
    def refused(self) -> int:
        """How many stayed as they were."""
        return sum(self.reasons.values())


def read_action(repository: Repository, text: str) -> Action:
    """What `add-label:12`, `assign:3`, `milestone:2`, `close:completed` or `reopen` means; raises Invalid, Conflict.

    Labels and people are named by key, milestones by number (0: none).
    """
    verb, _, value = text.partition(":")
    if verb == "close" and value in ("", *(set(Topic.Reason.values) - {Topic.Reason.MERGED})):
        return Action("Close", lambda actor, topic: close_topic(actor=actor, topic=topic, reason=value))
    if verb == "reopen" and not value:
        return Action("Reopen", lambda actor, topic: reopen_topic(actor=actor, topic=topic))
    if verb in _READERS and value.isascii() and value.isdecimal() and len(value) < 19:
        return _READERS[verb](repository, int(value))
    raise Invalid("There is no such change.", field="do", next_step="Choose one of the menus.")


@transaction.atomic
def change_topics(*, actor: Actor, repository: Repository, action: str, topics: Sequence[Topic]) -> Outcome:
    """Do the same to each of some topics; what one refuses does not hold up the others.

    Raises Invalid, Conflict, Unauthenticated, Forbidden.
    """
    check_triage(actor, repository)
    wanted = read_action(repository, action)
    if not topics:
        raise Invalid("Nothing is picked.", field="topic", next_step="Tick rows of the list first.")
    done, reasons = 0, Counter[str]()
    for topic in topics:
        try:
            with transaction.atomic():
                wanted.run(actor, topic)
            done += 1
        except HubError as fault:
            reasons[fault.message] += 1
    return Outcome(done, dict(reasons))


@transaction.atomic
def ask_change(*, actor: Actor, repository: Repository, kind: str, action: str, topics: Sequence[int]) -> TopicChange:
    """Have many topics, by key, changed in the background. Raises like change_topics."""
    user = check_triage(actor, repository)
    wanted = read_action(repository, action)
    if len(topics) > MOST:
        raise Invalid(f"At most {MOST:,} can be changed together.", field="all", next_step="Narrow the search.")
    change = TopicChange.objects.create(
        repository=repository, kind=kind, action=action, words=wanted.words[:200], topics=list(topics), asked_by=user
    )
    enqueue("collab.change_topics", change.pk)
    return change


def continue_change(*, change_id: int) -> None:
    """Go on with a change where it stopped, a few topics at a time; rights are looked at again for each of them."""
    change = TopicChange.objects.select_related("repository__owner", "asked_by").filter(pk=change_id).first()
    while change is not None and change.finished_at is None:
        with transaction.atomic():
            change = _step(TopicChange.objects.select_for_update().get(pk=change_id), change)


def _step(row: TopicChange, seen: TopicChange) -> TopicChange:
    row.repository, row.asked_by = seen.repository, seen.asked_by
    keys = row.topics[row.seen : row.seen + BATCH]
    if not keys:
        row.finished_at = timezone.now()
    else:
        outcome = _attempt(row, keys)
        row.done, row.refused = row.done + outcome.done, row.refused + outcome.refused
        row.reasons = dict(Counter(row.reasons) + Counter(outcome.reasons))
    row.save(update_fields=["done", "refused", "reasons", "finished_at"])
    return row


def _attempt(row: TopicChange, keys: list[int]) -> Outcome:
    topics = topics_by_key(row.repository, keys)
    gone = len(keys) - len(topics)
    reasons = {"It is not there any more.": gone} if gone else {}
    if not topics:
        return Outcome(0, reasons)
    try:
        # SECURITY: who was let out of the repository meanwhile changes nothing in it any more.
        actor = _actor(row.asked_by)
        outcome = change_topics(actor=actor, repository=row.repository, action=row.action, topics=topics)
    except HubError as fault:
        return Outcome(0, {**reasons, fault.message: len(topics)})
    return Outcome(outcome.done, {**reasons, **outcome.reasons})


def topics_by_key(repository: Repository, keys: Sequence[int]) -> list[Topic]:
    """Issues and pull requests of a repository by key, the rest left away."""
    rows = Topic.objects.filter(repository=repository, kind__in=LISTED, pk__in=keys).select_related("milestone")
    return _here(list(rows.order_by("number")), repository)


def topics_by_number(repository: Repository, numbers: Sequence[int]) -> list[Topic]:
    """Issues and pull requests of a repository by number, the rest left away."""
    rows = Topic.objects.filter(repository=repository, kind__in=LISTED, number__in=numbers).select_related("milestone")
    return _here(list(rows.order_by("number")), repository)


def _here(topics: list[Topic], repository: Repository) -> list[Topic]:
    for topic in topics:
        topic.repository = repository
    return topics


def _actor(user: User | None) -> Actor:
    if user is None or not user.is_active:
        raise Forbidden("Who asked for it has no account any more.")
    return Actor(user=user)


def _label(repository: Repository, key: int) -> Label:
    label = Label.objects.filter(repository=repository, pk=key).first()
    if label is None:
        raise Conflict("This label is not there any more.", field="do", next_step="Reload the page.")
    return label


def _person(key: int) -> User:
    user = User.objects.filter(pk=key).first()
    if user is None:
        raise Conflict("This person is not there any more.", field="do", next_step="Reload the page.")
    return user


def _add_label(repository: Repository, key: int) -> Action:
    label = _label(repository, key)
    return Action(
        f"Add the label {label.name}", lambda actor, topic: sorting.add_labels(actor=actor, topic=topic, labels=[label])
    )


def _remove_label(repository: Repository, key: int) -> Action:
    label = _label(repository, key)
    return Action(
        f"Take the label {label.name} off",
        lambda actor, topic: sorting.remove_label(actor=actor, topic=topic, label=label),
    )


def _assign(_: Repository, key: int) -> Action:
    user = _person(key)

    def run(actor: Actor, topic: Topic) -> None:
        sorting.set_assignees(actor=actor, topic=topic, users=[*topic.assignees.all(), user])

    return Action(f"Assign {user.username}", run)


def _unassign(_: Repository, key: int) -> Action:
    user = _person(key)

    def run(actor: Actor, topic: Topic) -> None:
        sorting.set_assignees(actor=actor, topic=topic, users=[each for each in topic.assignees.all() if each != user])

    return Action(f"Take {user.username} off", run)


def _milestone(repository: Repository, number: int) -> Action:
    goal = Milestone.objects.filter(repository=repository, number=min(number, 2**31 - 1)).first() if number else None
    if number and goal is None:
        raise Conflict("This milestone is not there any more.", field="do", next_step="Reload the page.")
    words = f"Set the milestone {goal.title}" if goal else "Take the milestone off"
    return Action(words, lambda actor, topic: sorting.set_milestone(actor=actor, topic=topic, milestone=goal))


_READERS: dict[str, Callable[[Repository, int], Action]] = {
    "add-label": _add_label,
    "remove-label": _remove_label,
    "assign": _assign,
    "unassign": _unassign,
    "milestone": _milestone,
}
