"""Polls: their options, the votes, and their end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.actor import Actor
from collab.access import check_talk, may_edit
from collab.models import Discussion, Poll, PollOption, PollVote, Topic
from hub.lib.errors import Conflict, Forbidden, Invalid

FEWEST, MOST = 2, 12


def make_poll(
    *, discussion: Discussion, question: str, options: Sequence[str], is_multiple: bool, ends_at: dt.datetime | None
) -> Poll:
    """The poll of a new discussion, in the caller's transaction; empty options are left out. Raises Invalid."""
    question = " ".join(question.replace("\0", "").split())
    texts = [text for text in (" ".join(option.replace("\0", "").split()) for option in options) if text]
    if not 0 < len(question) <= 200:
        raise Invalid("A question of 1 to 200 characters is needed.", field="question")
    if not FEWEST <= len(texts) <= MOST:
        raise Invalid(f"A poll has {FEWEST} to {MOST} options.", field="options", next_step="One on each line.")
    if any(len(text) > 200 for text in texts):
        raise Invalid("An option is longer than 200 characters.", field="options", next_step="Shorten it.")
    if len({text.lower() for text in texts}) < len(texts):
        raise Invalid("Two options are the same.", field="options")
    if ends_at is not None and ends_at <= timezone.now():
        raise Invalid("The end has passed already.", field="ends_at", next_step="Choose a later day, or none.")
    poll = Poll.objects.create(discussion=discussion, question=question, is_multiple=is_multiple, ends_at=ends_at)
    PollOption.objects.bulk_create(
        [PollOption(poll=poll, text=text, position=number) for number, text in enumerate(texts)]
    )
    return poll


@transaction.atomic
def vote(*, actor: Actor, topic: Topic, options: Iterable[int]) -> None:
    """Choose options of a poll by primary key; a choice made before is replaced while the poll goes on.

    Raises Invalid, Conflict when it is over, Unauthenticated, Forbidden.
    """
    user = check_talk(actor, topic.repository, topic)
    poll = _held(topic)
    if is_over(poll, topic):
        raise Conflict("This poll is over. Your vote was not counted.")
    chosen, there = set(options), set(poll.options.values_list("pk", flat=True))
    if not chosen or not chosen <= there:
        raise Invalid("Choose one of the options.", field="option")
    if len(chosen) > 1 and not poll.is_multiple:
        raise Invalid("Choose one option only.", field="option")
    PollVote.objects.filter(option__poll=poll, user=user).exclude(option__in=chosen).delete()
    PollVote.objects.bulk_create([PollVote(option_id=pk, user=user) for pk in chosen], ignore_conflicts=True)
    # Counted anew under the lock: sums that are added to would drift.
    for option in poll.options.annotate(now=Count("votes")):
        PollOption.objects.filter(pk=option.pk).update(votes_count=option.now)


@transaction.atomic
def end_poll(*, actor: Actor, topic: Topic) -> None:
    """End a poll now, for good; its author and writers may. Raises Conflict, Unauthenticated, Forbidden."""
    check_talk(actor, topic.repository, topic)
    if not may_edit(actor, topic.repository, topic.author_id):
        raise Forbidden("Only its author, or somebody with write access, may end this poll.")
    poll = _held(topic)
    if is_over(poll, topic):
        raise Conflict("This poll is over already.")
    Poll.objects.filter(pk=poll.pk).update(ends_at=timezone.now())


def is_over(poll: Poll, topic: Topic) -> bool:
    """No votes are taken any more: its time has come, or its discussion is closed."""
    return not topic.is_open or (poll.ends_at is not None and poll.ends_at <= timezone.now())


def _held(topic: Topic) -> Poll:
    poll = Poll.objects.select_for_update().filter(discussion=topic.pk).first()
    if poll is None:
        raise Invalid("This discussion has no poll.")
    return poll
