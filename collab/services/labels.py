"""Makes, changes and deletes labels."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from collab.access import check_triage
from collab.models import Label, Topic
from hub.lib.errors import Conflict, Invalid
from repos.models import Repository

MOST_LABELS = 300
_COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")
# The usual words for sorting work, those of ML among them: name, colour, meaning, whether its scope has one at most.
USUAL = (
    ("bug", "#d1453b", "Something does not work as it should", False),
    ("documentation", "#4a7bd0", "Words that are missing or wrong", False),
    ("duplicate", "#8c8a86", "It is written down elsewhere already", False),
    ("enhancement", "#3f9c9c", "Something new, or better", False),
    ("good first issue", "#7a5cd6", "Small and clear enough to begin with", False),
    ("help wanted", "#0f8a5f", "Somebody who knows this is needed", False),
    ("question", "#c2549d", "More must be known first", False),
    ("wontfix", "#b5b2ad", "It stays as it is", False),
    ("data", "#c98a1b", "Data sets: collecting, cleaning, labelling", False),
    ("experiment", "#d9691e", "Something to try, and to measure", False),
    ("model", "#3d8f3a", "Architecture, training, weights", False),
    ("evaluation", "#2f86b8", "Metrics, benchmarks, what is compared with what", False),
    ("reproducibility", "#9a6b4f", "The same run gives another result", False),
    ("priority/high", "#c2362b", "Before everything else", True),
    ("priority/medium", "#d39a2d", "Soon", True),
    ("priority/low", "#7d9a6b", "When there is time", True),
)


@transaction.atomic
def create_label(
    *, actor: Actor, repository: Repository, name: str, colour: str, description: str = "", is_exclusive: bool = False
) -> Label:
    """A new label. Raises Invalid, Conflict when the name is taken, Unauthenticated, Forbidden."""
    check_triage(actor, repository)
    if Label.objects.filter(repository=repository).count() >= MOST_LABELS:
        raise Invalid(f"A repository has at most {MOST_LABELS} labels.", next_step="Delete those that nothing has.")
    label = Label(repository=repository)
    return _written(label, name, colour, description, is_exclusive)


@transaction.atomic
def edit_label(
    *, actor: Actor, label: Label, name: str, colour: str, description: str = "", is_exclusive: bool = False
) -> Label:
    """The label is called and looks so from now on; what has it keeps it. Raises like create_label."""
    check_triage(actor, label.repository)
    return _written(label, name, colour, description, is_exclusive)


@transaction.atomic
def delete_label(*, actor: Actor, label: Label) -> int:
    """The label is gone, also from what had it; how many topics that were. Raises Unauthenticated, Forbidden."""
    check_triage(actor, label.repository)
    count = Topic.objects.filter(labels=label).count()
    label.delete()
    return count


@transaction.atomic
def add_usual_labels(*, actor: Actor, repository: Repository) -> list[Label]:
    """The usual labels that are not there yet; those that are stay as they are. Raises Unauthenticated, Forbidden."""
    check_triage(actor, repository)
    there = {name.casefold() for name in Label.objects.filter(repository=repository).values_list("name", flat=True)}
    new = [
        Label(repository=repository, name=name, colour=colour, description=about, is_exclusive=exclusive)
        for name, colour, about, exclusive in USUAL
        if name.casefold() not in there
    ]
    return Label.objects.bulk_create(new)


def _written(label: Label, name: str, colour: str, description: str, is_exclusive: bool) -> Label:
    label.name = _clean_name(name)
    label.colour = _clean_colour(colour)
    label.description = " ".join(description.replace("\0", "").split())
    label.is_exclusive = is_exclusive
    if len(label.description) > 200:
        raise Invalid("The description is longer than 200 characters.", field="description", next_step="Shorten it.")
    if is_exclusive and not label.scope:
        raise Invalid(
            "Only labels with a scope can exclude each other.", field="name", next_step="Write it as scope/name."
        )
    try:
        with transaction.atomic():
            label.save()
    except IntegrityError:
        raise Conflict(
            f"There is a label {label.name} already.", field="name", next_step="Choose another name, or edit that one."
        ) from None
    return label


def _clean_name(text: str) -> str:
    name = " ".join(text.replace("\0", "").split())
    if not name:
        raise Invalid("A label needs a name.", field="name", next_step="One or two words will do.")
    if len(name) > 60:
        raise Invalid("The name is longer than 60 characters.", field="name", next_step="Shorten it.")
    return name


def _clean_colour(text: str) -> str:
    match = _COLOUR.fullmatch(text.strip())
    if not match:
        raise Invalid("This is no colour.", field="colour", next_step="Write it as #d1453b: red, green and blue.")
    return f"#{match[1].lower()}"
