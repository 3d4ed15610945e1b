"""The shape of a source, and of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from search.models import Kind


@dataclass(frozen=True, slots=True)
class Found:
    """One thing for the index; see SearchEntry for what the words mean."""

    kind: Kind
    repository_id: int
    object_id: int
    title: str
    url: str
    icon: str
    body: str = ""
    facts: str = ""
    stamp: str = ""
    changed_at: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some things that changed, and the place (a moment or number, and a key) up to which the source has been read."""

    found: Sequence[Found]
    at: int
    key: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Source:
    """`read` takes a place and how many rows to read at most.

    `overlap` is how far before the last place it starts again: rows of slower transactions appear behind it.
    """

    name: str
    read: Callable[[int, int, int], Batch]
    overlap: int
