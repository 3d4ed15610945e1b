"""Short ids of runs: as with commits of git, the first digits of an id stand for the run while no other begins so."""

from __future__ import annotations

import re

from repos.models import Repository
from tracking.models import Run

SHORTEST = 6
MOST_LISTED = 50
_digits = re.compile(rf"[0-9a-f]{{{SHORTEST},32}}")


def is_short_id(text: str) -> bool:
    """Whether a text can be a run id or the beginning of one: 6 to 32 hexadecimal digits."""
    return _digits.fullmatch(text) is not None


def runs_beginning(repository: Repository, digits: str) -> list[Run]:
    """The repository's runs, deleted or not, whose ids begin with the digits; at most MOST_LISTED."""
    if not is_short_id(digits):
        return []
    # One range of the index of ids, over the whole hub: with six digits few runs are in it. Asked for together with
    # the repository, SQLite would rather walk through all runs of that. "g" follows the last digit.
    ids = Run.objects.filter(uuid__gte=digits, uuid__lt=f"{digits}g").order_by("uuid")
    # SECURITY: the range holds runs of everybody; only those of this repository leave.
    found = [key for key, owner in ids.values_list("pk", "repository_id").iterator() if owner == repository.pk]
    return list(Run.objects.select_related("experiment").filter(pk__in=found[:MOST_LISTED]).order_by("uuid"))


def experiment_number(repository: Repository, uuid: str) -> int | None:
    """The number of the experiment that holds the repository's run with this id, deleted or not; None for no run."""
    found = Run.objects.filter(repository=repository, uuid=uuid).values_list("experiment__number", flat=True)
    return found.first()
