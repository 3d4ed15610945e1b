"""Pages of a history, whose length git would have to count: only whether there is an older and a newer one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from repos.git.history import Commit

PER_PAGE = 30
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Commits of one page, grouped by day, and the numbers of its neighbours (None: there is none)."""

    number: int
    commits: list[Commit]
    newer: int | None
    older: int | None

    @property
    def days(self) -> list[tuple[str, list[Commit]]]:
        """The commits by the day they were committed, newest first, as (2026-01-31, commits)."""
        groups: dict[str, list[Commit]] = {}
        for commit in self.commits:
            groups.setdefault(commit.committer.when.date().isoformat(), []).append(commit)
        return list(groups.items())


def history_page(request: HttpRequest, fetch: Callable[[int, int], list[Commit]]) -> HistoryPage:
    """The page that `?page=` asks for; `fetch(skip, limit)` reads one commit more than is shown."""
    word = request.GET.get("page", "1")
    number = min(max(int(word), 1), MOST_PAGES) if word.isdecimal() and len(word) < 8 else 1
    found = fetch((number - 1) * PER_PAGE, PER_PAGE + 1)
    return HistoryPage(
        number=number,
        commits=found[:PER_PAGE],
        newer=number - 1 if number > 1 else None,
        older=number + 1 if len(found) > PER_PAGE else None,
    )
