"""Families of forks: nobody is more open than their parent, and what becomes of forks when a parent goes or hides."""

from __future__ import annotations

from django.db.models import F

from hub.lib.errors import Invalid
from repos.models import Repository, Visibility

_WIDTH = {Visibility.PRIVATE: 0, Visibility.INTERNAL: 1, Visibility.PUBLIC: 2}


def check_width(parent: Repository, visibility: str) -> None:
    """Raise Invalid when `visibility` is unknown or wider than that of the parent."""
    if visibility not in Visibility.values:
        raise Invalid("Visibility is public, internal or private.", field="visibility")
    # SECURITY: a fork holds the parent's code; it must not show it to people whom the parent does not.
    if _WIDTH[Visibility(visibility)] > _WIDTH[Visibility(parent.visibility)]:
        raise Invalid(
            f"A fork cannot be more open than {parent.full_name}, which is {parent.visibility}.", field="visibility"
        )


def is_wider(visibility: str, other: str) -> bool:
    """Whether more people may see the one than the other."""
    return _WIDTH[Visibility(visibility)] > _WIDTH[Visibility(other)]


def hand_on_family(*, repository: Repository) -> None:
    """Before a repository goes: its forks get its own parent, or the widest and oldest of them becomes the first.

    Call it in the transaction that deletes.
    """
    if repository.parent_id is not None:
        Repository.objects.filter(pk=repository.parent_id).update(
            forks_count=F("forks_count") - 1 + repository.forks.count()
        )
        repository.forks.update(parent=repository.parent_id)
        return
    forks = sorted(repository.forks.all(), key=lambda fork: (-_WIDTH[Visibility(fork.visibility)], fork.pk))
    if not forks:
        return
    heir, others = forks[0], [fork.pk for fork in forks[1:]]
    Repository.objects.filter(pk__in=others).update(parent=heir)
    Repository.objects.filter(family=repository).exclude(pk=heir.pk).update(family=heir)
    Repository.objects.filter(pk=heir.pk).update(parent=None, family=None, forks_count=F("forks_count") + len(others))


def part_wider_forks(*, repository: Repository) -> int:
    """After a repository was made less open: forks that are more open stand by themselves; how many.

    What everybody could see was copied then; but such a fork asks for nothing here any more. In the caller's
    transaction.
    """
    parted = [fork for fork in repository.forks.all() if is_wider(fork.visibility, repository.visibility)]
    for fork in parted:
        below = _descendants(fork.pk)
        Repository.objects.filter(pk=fork.pk).update(parent=None, family=None)
        Repository.objects.filter(pk__in=below).update(family=fork.pk)
    Repository.objects.filter(pk=repository.pk).update(forks_count=F("forks_count") - len(parted))
    return len(parted)


def _descendants(pk: int) -> list[int]:
    found: list[int] = []
    layer = [pk]
    while layer:
        layer = list(Repository.objects.filter(parent__in=layer).values_list("pk", flat=True))
        found += layer
    return found
