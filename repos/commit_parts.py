"""Parts of the page of a commit that rooms above fill: what came out of it.

Rooms above register in their `apps.py`; repos never learns who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from repos.models import Repository


@dataclass(frozen=True, slots=True)
class CommitPart:
    """`context` takes the repository and a commit's whole id; returns what `template` needs, or None for nothing."""

    template: str
    order: int
    context: Callable[[Repository, str], Mapping[str, Any] | None]


_parts: list[CommitPart] = []


def offer(part: CommitPart) -> None:
    """Put a part on the pages of commits."""
    if part not in _parts:
        _parts.append(part)


def parts_of(repository: Repository, commit: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The parts that have something to show about a commit: template and what it needs, in order."""
    found = [(part.template, part.context(repository, commit)) for part in sorted(_parts, key=lambda part: part.order)]
    return [(template, context) for template, context in found if context is not None]
