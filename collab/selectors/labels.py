"""The labels of a repository, and how many topics have each."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from collab.models import Label, Topic
from hub.lib.errors import NotFound
from repos.models import Repository


def labels_of(repository: Repository) -> QuerySet[Label]:
    """All of them, by name."""
    return Label.objects.filter(repository=repository).order_by("name")


def labels_counted(repository: Repository, words: str = "") -> QuerySet[Label]:
    """Those with these words in name or description; `topics_count` and `open_count` say how many have each."""
    rows = labels_of(repository)
    for word in words.split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    is_open = Q(topics__state=Topic.State.OPEN)
    return rows.annotate(topics_count=Count("topics"), open_count=Count("topics", filter=is_open))


def find_label(repository: Repository, key: int) -> Label:
    """A label by its key, with its counts; raises NotFound."""
    found = labels_counted(repository).filter(pk=min(key, 2**63 - 1)).first()
    if found is None:
        raise NotFound("There is no such label here.", next_step="Look for it in the list of labels.")
    return found


def labels_by_key(repository: Repository, keys: list[int]) -> list[Label]:
    """Labels of a repository by key; raises NotFound when one is not there any more."""
    found = list(labels_of(repository).filter(pk__in=keys))
    if len(found) != len(set(keys)):
        raise NotFound("One of these labels is not there any more.", next_step="Reload the page and choose again.")
    return found


def labels_named(repository: Repository, names: list[str]) -> list[Label]:
    """Those of these names that there are, compared without case."""
    wanted = {name.strip().casefold() for name in names}
    return [label for label in labels_of(repository) if label.name.casefold() in wanted] if wanted else []
