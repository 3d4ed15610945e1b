"""Places on the pages of experiments and runs that tracking and the rooms above fill: tabs, and parts of an overview.

Rooms above register in their `apps.py`; tracking never learns who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from repos.models import Repository
from tracking.models import Experiment, Run


@dataclass(frozen=True, slots=True)
class Place:
    """A tab: `url_name` is reversed with owner, name, number and, on pages of a run, run.

    `shown` decides for each run whether its pages have the tab; on pages of experiments it is not asked.
    `keeps_state`: the page reads the state of the runs table, so that links between such tabs carry it along.
    """

    key: str
    label: str
    icon: str
    url_name: str
    order: int
    shown: Callable[[Repository, Run], bool] | None = None
    keeps_state: bool = False


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A tab as the template needs it."""

    label: str
    icon: str
    url: str
    active: bool
    keeps_state: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a run's overview: `context` returns what `template` needs, or None where there is nothing to show."""

    template: str
    order: int
    context: Callable[[HttpRequest, Repository, Run], Mapping[str, Any] | None]
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that an experiment holds beside runs, said in its row of the list: words, and where it is."""

    words: str
    url: str


FactsOf = Callable[[Repository, Sequence[Experiment]], Mapping[int, Fact]]


_of_experiment: dict[str, Place] = {}
_of_run: dict[str, Place] = {}
_parts: list[Part] = []
_facts: list[FactsOf] = []


def offer_experiment_place(place: Place) -> None:
    """Put a tab on the pages of experiments. Offering a key twice replaces it."""
    _of_experiment[place.key] = place


def offer_run_place(place: Place) -> None:
    """Put a tab on the pages of runs. Offering a key twice replaces it."""
    _of_run[place.key] = place


def offer_run_part(part: Part) -> None:
    """Put a part on the overview of runs, in the side panel where `aside`."""
    if part not in _parts:
        _parts.append(part)


def offer_experiment_facts(facts: FactsOf) -> None:
    """Say something in the list about experiments, by their keys; those that hold nothing of it are left out."""
    if facts not in _facts:
        _facts.append(facts)


def experiment_facts(repo: Repository, experiments: Sequence[Experiment]) -> dict[int, list[Fact]]:
    """What rooms above say about the experiments of a list, by key."""
    found: dict[int, list[Fact]] = {}
    for facts in _facts:
        for key, fact in facts(repo, experiments).items():
            found.setdefault(key, []).append(fact)
    return found


def experiment_places(repo: Repository, experiment: Experiment, active: str) -> list[ShownPlace]:
    """The tabs of an experiment's pages, in order."""
    return _shown(_of_experiment, active, owner=repo.owner.slug, name=repo.name, number=experiment.number)


def run_places(repo: Repository, run: Run, active: str) -> list[ShownPlace]:
    """The tabs of a run's pages, in order."""
    number = run.experiment.number
    wanted = {
        key: place for key, place in _of_run.items() if place.shown is None or key == active or place.shown(repo, run)
    }
    return _shown(wanted, active, owner=repo.owner.slug, name=repo.name, number=number, run=run.uuid)


def run_parts(request: HttpRequest, repo: Repository, run: Run, *, aside: bool) -> list[tuple[str, Mapping[str, Any]]]:
    """The parts that have something to show about a run: template and what it needs, in order."""
    found = [(part.template, part.context(request, repo, run)) for part in _in_order() if part.aside == aside]
    return [(template, context) for template, context in found if context is not None]


def _in_order() -> list[Part]:
    return sorted(_parts, key=lambda part: part.order)


def _shown(places: Mapping[str, Place], active: str, **where: Any) -> list[ShownPlace]:
    return [
        ShownPlace(
            place.label, place.icon, reverse(place.url_name, kwargs=where), place.key == active, place.keeps_state
        )
        for place in sorted(places.values(), key=lambda place: place.order)
    ]
