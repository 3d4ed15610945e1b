"""Kinds of things in a repository that can be talked about: rooms offer theirs, the room of talk asks what they are.

A page that shows such a thing draws the talk about it with `{% talk_about repo kind key %}` (templatetags/talking.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository


@dataclass(frozen=True, slots=True)
class Found:
    """A thing as lists name it; `url` is below the repository's own, quoted."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Start:
    """What talk about a thing begins on: the commit whose text is shown ("" for none), and that text's lines."""

    commit: str = ""
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing. `wheres` are the places on it that can be named (collab.talk_places says what they are).

    `named` finds many by their keys in a constant number of queries; what is not there is left out. `start` finds
    one at a ref ("" for no certain one) and raises NotFound.
    """

    kind: str
    label: str
    icon: str
    wheres: tuple[str, ...]
    named: Callable[[Repository, Sequence[str]], Mapping[str, Found]]
    start: Callable[[Repository, str, str], Start] | None = None


_subjects: dict[str, Subject] = {}
_holders: list[Callable[[Repository, str, str], bool]] = []


def offer(subject: Subject) -> None:
    """Let a kind of thing be talked about; called in `apps.py` of its room. Offering a kind twice replaces it."""
    _subjects[subject.kind] = subject


def offer_holder(holds: Callable[[Repository, str, str], bool]) -> None:
    """Say which paths of a commit are files though git does not hold them: `holds(repository, commit, path)`."""
    if holds not in _holders:
        _holders.append(holds)


def is_held(repository: Repository, commit: str, path: str) -> bool:
    """Whether a room above keeps a file at a path of a commit."""
    return any(holds(repository, commit, path) for holds in _holders)


def all_subjects() -> list[Subject]:
    """Every kind, in the order of their labels."""
    return sorted(_subjects.values(), key=lambda subject: subject.label)


def subject_of(kind: str) -> Subject:
    """The kind with a name; raises Invalid."""
    found = _subjects.get(kind)
    if found is None:
        raise Invalid("There is no such kind of thing to talk about.", field="subject")
    return found


def start_of(repository: Repository, subject: Subject, key: str, ref: str) -> Start:
    """What talk about a thing begins on; raises NotFound when it is not there."""
    if "\0" in key or not key or len(key) > 500:
        raise NotFound("There is nothing of this name to talk about.")
    if subject.start is not None:
        return subject.start(repository, key, ref)
    if key not in subject.named(repository, [key]):
        raise NotFound(f"This {subject.label.lower()} is not here any more.")
    return Start()
