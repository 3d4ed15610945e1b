"""Makes, changes, closes and deletes milestones."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from collab.access import check_triage
from collab.models import Counter, Milestone, Topic
from collab.services.sorting import check_due
from collab.services.topics import clean_body
from hub.lib.errors import Conflict, Invalid
from repos.models import Repository

MOST_MILESTONES = 1000


@transaction.atomic
def create_milestone(
    *, actor: Actor, repository: Repository, title: str, description: str = "", due_on: dt.date | None = None
) -> Milestone:
    """A new milestone with the next number. Raises Invalid, Conflict (title taken), Unauthenticated, Forbidden."""
    check_triage(actor, repository)
    if Milestone.objects.filter(repository=repository).count() >= MOST_MILESTONES:
        raise Invalid(f"A repository has at most {MOST_MILESTONES} milestones.", next_step="Delete old ones.")
    Counter.objects.get_or_create(repository=repository)
    Counter.objects.filter(repository=repository).update(milestones=F("milestones") + 1)
    number = Counter.objects.values_list("milestones", flat=True).get(repository=repository)
    return _written(Milestone(repository=repository, number=number), title, description, due_on)


@transaction.atomic
def edit_milestone(
    *, actor: Actor, milestone: Milestone, title: str, description: str = "", due_on: dt.date | None = None
) -> Milestone:
    """It is called so and due then. Raises Invalid, Conflict (title taken), Unauthenticated, Forbidden."""
    check_triage(actor, milestone.repository)
    return _written(milestone, title, description, due_on)


@transaction.atomic
def close_milestone(*, actor: Actor, milestone: Milestone) -> None:
    """It is reached, or given up; its topics stay as they are. Raises Unauthenticated, Forbidden."""
    check_triage(actor, milestone.repository)
    Milestone.objects.filter(pk=milestone.pk, closed_at__isnull=True).update(closed_at=timezone.now())
    milestone.refresh_from_db(fields=["closed_at"])


@transaction.atomic
def reopen_milestone(*, actor: Actor, milestone: Milestone) -> None:
    """It is open again. Raises Unauthenticated, Forbidden."""
    check_triage(actor, milestone.repository)
    Milestone.objects.filter(pk=milestone.pk).update(closed_at=None)
    milestone.refresh_from_db(fields=["closed_at"])


@transaction.atomic
def delete_milestone(*, actor: Actor, milestone: Milestone) -> int:
    """It is gone; its topics stay, without one. How many those are. Raises Unauthenticated, Forbidden."""
    check_triage(actor, milestone.repository)
    count = Topic.objects.filter(milestone=milestone).count()
    milestone.delete()
    return count


def _written(milestone: Milestone, title: str, description: str, due_on: dt.date | None) -> Milestone:
    milestone.title = " ".join(title.replace("\0", "").split())
    if not milestone.title:
        raise Invalid("A milestone needs a title.", field="title", next_step="Name the goal: v1.0, paper, first demo.")
    if len(milestone.title) > 100:
        raise Invalid("The title is longer than 100 characters.", field="title", next_step="Shorten it.")
    try:
        milestone.description = clean_body(description)
    except Invalid as fault:
        raise Invalid(fault.message, field="description", next_step="Shorten it.") from None
    milestone.due_on = check_due(due_on)
    try:
        with transaction.atomic():
            milestone.save()
    except IntegrityError:
        raise Conflict(
            f"There is a milestone {milestone.title} already.", field="title", next_step="Choose another title."
        ) from None
    return milestone
