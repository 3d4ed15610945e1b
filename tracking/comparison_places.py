"""Parts of a comparison of runs that rooms above know of, such as results of evaluations: each is a tab of its own.

Rooms above register in their `apps.py`; tracking never learns who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from repos.models import Repository
from tracking.models import Run


@dataclass(frozen=True, slots=True)
class ComparisonPart:
    """A tab of the comparison. `key` is its word in the address.

    `context(request, repository, runs, baseline)` returns what `template` needs, or None where these runs have nothing
    of the kind. The runs are those of the repository, at most 200 and in the reader's order; the baseline is one of
    them, or None. The template stands inside a form that sends the choice of runs along: its own fields are named
    after the key, as in `key-page`.
    """

    key: str
    label: str
    icon: str
    template: str
    order: int
    context: Callable[[HttpRequest, Repository, Sequence[Run], Run | None], Mapping[str, Any] | None]


_parts: dict[str, ComparisonPart] = {}


def offer_comparison_part(part: ComparisonPart) -> None:
    """Put a tab on the comparison of runs. Offering a key twice replaces it."""
    _parts[part.key] = part


def comparison_parts() -> list[ComparisonPart]:
    """The parts, in order."""
    return sorted(_parts.values(), key=lambda part: part.order)


def comparison_part(key: str) -> ComparisonPart | None:
    """The part with this key, if a room above offers it."""
    return _parts.get(key)
