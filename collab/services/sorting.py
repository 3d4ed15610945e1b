"""Sorts topics of every kind: their labels, assignees, milestone and due date, each told on their page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.access import check_triage
from collab.models import Label, Milestone, Topic
from collab.selectors.people import members
from collab.services.happening import note, tell
from collab.services.subscribing import subscribe_all
from collab.verbs import VERBS
from hub.lib.errors import Invalid
from repos.access import level_for
from repos.models import Repository

MOST_LABELS = 50
MOST_ASSIGNEES = 20


@transaction.atomic
def set_labels(*, actor: Actor, topic: Topic, labels: Iterable[Label]) -> None:
    """The topic has just these labels. Of an exclusive scope a new one takes the place of the old.

    Raises Invalid, Unauthenticated, Forbidden.
    """
    check_triage(actor, topic.repository)
    _hold(topic)
    old = {label.pk: label for label in topic.labels.all()}
    new = settled(topic.repository, labels, had=old)
    added = [label for pk, label in new.items() if pk not in old]
    removed = [label for pk, label in old.items() if pk not in new]
    if not added and not removed:
        return
    topic.labels.set(new)
    facts = {"added": [_label_facts(each) for each in added], "removed": [_label_facts(each) for each in removed]}
    note(actor=actor, topic=topic, verb="labelled", **facts)
    _tell(actor, topic, "labelled", **facts)


@transaction.atomic
def add_labels(*, actor: Actor, topic: Topic, labels: Iterable[Label]) -> None:
    """The topic has these labels too; raises like set_labels."""
    set_labels(actor=actor, topic=topic, labels=[*topic.labels.all(), *labels])


@transaction.atomic
def remove_label(*, actor: Actor, topic: Topic, label: Label) -> None:
    """The topic does not have this label any more; raises like set_labels."""
    set_labels(actor=actor, topic=topic, labels=[each for each in topic.labels.all() if each.pk != label.pk])


@transaction.atomic
def set_assignees(*, actor: Actor, topic: Topic, users: Iterable[User]) -> None:
    """Just these people are to do it; they follow it from now on. Raises Invalid, Unauthenticated, Forbidden."""
    check_triage(actor, topic.repository)
    _hold(topic)
    old = {user.pk: user for user in topic.assignees.all()}
    new = {user.pk: user for user in users}
    added = [user for pk, user in new.items() if pk not in old]
    removed = [user for pk, user in old.items() if pk not in new]
    if not added and not removed:
        return
    check_assignable(actor, topic.repository, added, topic=topic)
    if len(new) > MOST_ASSIGNEES:
        raise Invalid(f"At most {MOST_ASSIGNEES} people can be assigned.", field="assignees", next_step="Choose fewer.")
    topic.assignees.set(new)
    names = {"added": [user.username for user in added], "removed": [user.username for user in removed]}
    note(actor=actor, topic=topic, verb="assigned", **names)
    if added:
        subscribe_all(users=added, reason="assigned", topic=topic)
        _tell(actor, topic, "assigned", users=added, assignees=names["added"])
    if removed:
        _tell(actor, topic, "unassigned", users=removed, assignees=names["removed"])


@transaction.atomic
def set_milestone(*, actor: Actor, topic: Topic, milestone: Milestone | None) -> None:
    """The topic leads to this milestone, or to none. Raises Invalid, Unauthenticated, Forbidden."""
    check_triage(actor, topic.repository)
    _hold(topic)
    if milestone is not None and milestone.repository_id != topic.repository_id:
        raise Invalid("This milestone is of another repository.", field="milestone")
    old = topic.milestone
    if old == milestone:
        return
    topic.milestone = milestone
    topic.save(update_fields=["milestone"])
    title, was = (goal.title if goal else "" for goal in (milestone, old))
    number = milestone.number if milestone else 0
    note(actor=actor, topic=topic, verb="milestoned", title=title, was=was, number=number)
    _tell(actor, topic, "milestoned", milestone=title, was=was)


@transaction.atomic
def set_due(*, actor: Actor, topic: Topic, due_on: dt.date | None) -> None:
    """The topic is due on this day, or on none. Raises Invalid, Unauthenticated, Forbidden."""
    check_triage(actor, topic.repository)
    _hold(topic)
    old = topic.due_on
    if old == due_on:
        return
    topic.due_on = check_due(due_on)
    topic.save(update_fields=["due_on"])
    facts = {"due_on": due_on.isoformat() if due_on else "", "was": old.isoformat() if old else ""}
    note(actor=actor, topic=topic, verb="due", **facts)
    _tell(actor, topic, "edited", field="due_on", **facts)


def settled(repository: Repository, labels: Iterable[Label], *, had: Iterable[int] = ()) -> dict[int, Label]:
    """Labels by key, those that an exclusive scope pushes out left away: of a scope, a new one beats one in `had`.

    Raises Invalid for labels of elsewhere, too many, and two new ones of an exclusive scope.
    """
    had = set(had)
    chosen = {label.pk: label for label in labels}
    if any(label.repository_id != repository.pk for label in chosen.values()):
        raise Invalid("This label is of another repository.", field="labels")
    new = [label for label in chosen.values() if label.pk not in had]
    scopes: dict[str, Label] = {}
    for label in new:
        if label.is_exclusive and label.scope:
            other = scopes.setdefault(label.scope.lower(), label)
            if other is not label:
                raise Invalid(
                    f"“{other.name}” and “{label.name}” exclude each other.", field="labels", next_step="Choose one."
                )
    kept = {
        pk: label
        for pk, label in chosen.items()
        if pk not in had or not label.is_exclusive or label.scope.lower() not in scopes
    }
    if len(kept) > MOST_LABELS:
        raise Invalid(f"At most {MOST_LABELS} labels fit on one thing.", field="labels", next_step="Choose fewer.")
    return kept


def check_assignable(actor: Actor, repository: Repository, users: Iterable[User], topic: Topic | None = None) -> None:
    """Everybody of these can be given work here: people of the repository, the actor, the topic's author.

    Raises Invalid, naming who cannot.
    """
    wanted = {user.pk: user for user in users}
    if not wanted:
        return
    fine = set(members(repository).filter(pk__in=wanted).values_list("pk", flat=True))
    for pk, user in wanted.items():
        # SECURITY: who is assigned is told of it; a stranger must not learn of a private repository so.
        known = pk == actor.user_id or (topic is not None and pk == topic.author_id)
        if pk not in fine and not (known and level_for(Actor(user=user), repository) >= Level.READ):
            raise Invalid(
                f"{user.username} cannot be assigned: they have no access by name.",
                field="assignees",
                next_step="Let them into the repository first, under Settings, Access.",
            )


def check_due(due_on: dt.date | None) -> dt.date | None:
    """A day that something can be due on; raises Invalid for years nobody means."""
    if due_on is not None and not 2000 <= due_on.year <= 2100:
        raise Invalid("The day is outside of 2000 to 2100.", field="due_on", next_step="Check the year.")
    return due_on


def _hold(topic: Topic) -> None:
    """Others who change the same topic wait until this transaction ends; what they changed before is seen."""
    fresh = Topic.objects.select_for_update().only("milestone", "due_on").get(pk=topic.pk)
    topic.milestone_id, topic.due_on = fresh.milestone_id, fresh.due_on


def _label_facts(label: Label) -> dict[str, str]:
    return {"name": label.name, "colour": label.colour}


def _tell(actor: Actor, topic: Topic, word: str, **facts: Any) -> None:
    """Discussions are sorted quietly: only issues and pull requests have verbs for it."""
    verb = f"{word} {topic.word}"
    if verb in VERBS:
        tell(actor=actor, verb=verb, topic=topic, **facts)
