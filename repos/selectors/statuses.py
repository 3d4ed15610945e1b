"""What checks say about commits: the last word of each, one sign for all of them, and the checks known here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from repos.models import CommitStatus, Repository

State = CommitStatus.State
# The worst of them speaks for a commit.
_ORDER = (State.ERROR, State.FAILURE, State.PENDING, State.WARNING, State.SUCCESS)
_ICONS = {
    State.ERROR: ("circle-x", "bad", "failed"),
    State.FAILURE: ("circle-x", "bad", "failed"),
    State.PENDING: ("clock", "warn", "still going"),
    State.WARNING: ("triangle-alert", "warn", "with warnings"),
    State.SUCCESS: ("circle-check", "good", "passed"),
}
RECENT = 2000


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one commit taken together: the worst state, and the last word of each by name."""

    statuses: tuple[CommitStatus, ...]

    @property
    def state(self) -> str:
        """The state of all: the worst one. "" without any."""
        states = {row.state for row in self.statuses}
        return next((state.value for state in _ORDER if state in states), "")

    @property
    def icon(self) -> str:
        """The icon of the state."""
        return _ICONS[State(self.state)][0]

    @property
    def kind(self) -> str:
        """The colour of the icon: good, warn or bad."""
        return _ICONS[State(self.state)][1]

    @property
    def passed(self) -> int:
        """How many passed, those with warnings included."""
        return sum(row.state in {State.SUCCESS, State.WARNING} for row in self.statuses)

    @property
    def words(self) -> str:
        """`2 of 3 checks passed`."""
        count = len(self.statuses)
        return f"{self.passed} of {count} check{'' if count == 1 else 's'} passed"


def latest_statuses(repository: Repository, commit: str) -> list[CommitStatus]:
    """The last word of each check about a commit, by name; one query."""
    return list(_latest(repository, [commit]))


def checks_of(repository: Repository, commits: Iterable[str]) -> dict[str, Checks]:
    """The checks of those commits that have any, by commit; one query for all."""
    found: dict[str, list[CommitStatus]] = {}
    for row in _latest(repository, list(dict.fromkeys(commits))):
        found.setdefault(row.commit, []).append(row)
    return {commit: Checks(tuple(rows)) for commit, rows in found.items()}


def checks_part(repository: Repository, commit: str) -> Mapping[str, Any] | None:
    """What the page of a commit shows of its checks; None without any."""
    found = latest_statuses(repository, commit)
    return {"checks": Checks(tuple(found))} if found else None


def icon_of(status: CommitStatus) -> tuple[str, str, str]:
    """Icon, colour and word of one status."""
    return _ICONS[State(status.state)]


def recent_contexts(repository: Repository) -> list[str]:
    """The names of checks that spoke lately, for suggestions."""
    rows = CommitStatus.objects.filter(repository=repository).order_by("-id").values_list("context", flat=True)
    return sorted(set(rows[:RECENT]))


def _latest(repository: Repository, commits: list[str]) -> Iterable[CommitStatus]:
    if not commits:
        return []
    rows = CommitStatus.objects.filter(repository=repository, commit__in=commits)
    last = rows.order_by().values("commit", "context").annotate(last=Max("id")).values("last")
    return CommitStatus.objects.filter(pk__in=last).select_related("creator").order_by("context")
