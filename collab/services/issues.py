"""Opens issues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from accounts.actor import Actor
from accounts.models import User
from collab.access import check_triage
from collab.models import Kind, Label, Milestone, Topic
from collab.services.happening import tell
from collab.services.sorting import MOST_ASSIGNEES, check_assignable, check_due, settled
from collab.services.subscribing import subscribe_all
from collab.services.talking import take_in
from collab.services.topics import new_topic
from hub.lib.errors import Invalid
from repos.models import Repository


@transaction.atomic
def open_issue(
    *,
    actor: Actor,
    repository: Repository,
    title: str,
    body: str = "",
    labels: Iterable[Label] = (),
    assignees: Iterable[User] = (),
    milestone: Milestone | None = None,
    due_on: dt.date | None = None,
    by_template: bool = False,
) -> Topic:
    """A new issue. Sorting it needs WRITE, unless labels and assignees are those of a template (`by_template`).

    Raises Invalid, Unauthenticated, Forbidden.
    """
    chosen, people = list(labels), list(assignees)
    if milestone or due_on or ((chosen or people) and not by_template):
        check_triage(actor, repository)
    if milestone is not None and milestone.repository_id != repository.pk:
        raise Invalid("This milestone is of another repository.", field="milestone")
    if len(people) > MOST_ASSIGNEES:
        raise Invalid(f"At most {MOST_ASSIGNEES} people can be assigned.", field="assignees", next_step="Choose fewer.")
    check_assignable(actor, repository, people)
    topic = new_topic(actor=actor, repository=repository, kind=Kind.ISSUE, title=title, body=body)
    topic.milestone, topic.due_on = milestone, check_due(due_on)
    topic.save(update_fields=["milestone", "due_on"])
    topic.labels.set(settled(repository, chosen))
    topic.assignees.set(people)
    called = take_in(actor=actor, topic=topic, text=topic.body)
    subscribe_all(users=[user for user in people if user.pk != topic.author_id], reason="assigned", topic=topic)
    names = [label.name for label in chosen]
    tell(actor=actor, verb="opened issue", topic=topic, users=people, mentions=called, labels=names)
    return topic
