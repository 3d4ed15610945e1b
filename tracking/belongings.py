"""Places offered to rooms above: what they hang on experiments and runs goes with these, or keeps these.

Rooms above register in their `apps.py`; tracking never learns who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from repos.models import Repository
from tracking.models import Thing

MOST_ROWS = 2000
"""How many rows one call of `Belonging.free` may delete: others wait for their turn to write meanwhile."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """Rows of a room above that end with the experiments or runs they hang on.

    `word` names one of them ("trace"). `count` tells how many hang on things with these keys; where it is None, they
    are too slight to be told. `free` deletes at most MOST_ROWS rows of things with these keys, and returns how many:
    0 when nothing is left. It is called inside a transaction, may be called again, and leaves the things alone.
    """

    of: Thing
    word: str
    free: Callable[[Sequence[int]], int]
    count: Callable[[Sequence[int]], int] | None = None


Needed = Callable[[Repository], Mapping[str, str]]
"""Which runs and logged models (ids as clients see them) must keep their files, each with what needs them."""

Bound = Callable[[Sequence[int]], set[int]]
"""Which of the runs with these keys have something that stays behind when a run moves to another experiment."""

_belongings: list[Belonging] = []
_needs: list[Needed] = []
_bounds: dict[str, Bound] = {}


def register(belonging: Belonging) -> None:
    """Rows of this kind go with what they hang on."""
    _belongings.append(belonging)


def register_need(needed: Needed) -> None:
    """What this finds stays in the trash until it is not needed any more."""
    _needs.append(needed)


def belongings_of(kind: Thing) -> list[Belonging]:
    """All kinds of rows that hang on things of a kind."""
    return [each for each in _belongings if each.of == kind]


def needed(repository: Repository) -> dict[str, str]:
    """Ids of runs and logged models of the repository that somebody above needs, each with what needs them."""
    found: dict[str, str] = {}
    for ask in _needs:
        found.update(ask(repository))
    return found


def register_bound(reason: str, bound: Bound) -> None:
    """Runs that this finds are not moved to another experiment, for this reason."""
    _bounds[reason] = bound


def bound(runs: Sequence[int]) -> dict[int, str]:
    """Those of the runs with these keys that have to stay in their experiment, each with the reason."""
    return {run: reason for reason, find in _bounds.items() for run in find(runs)}
