"""The page that lays facts, metrics, parameters and tags of runs side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from repos.models import Repository
from tracking.selectors.run_comparison_facts import facts_of
from tracking.selectors.run_comparison_rows import Ask, Cell, Row, compared_rows
from tracking.views.comparing.asking import BETTER, Compared, number_of
from tracking.views.comparing.cells import cell_html
from tracking.views.comparing.frame import ShownRun, comparing, shown_runs

LONGEST_TEXT = 200
MANY = 12
"""From this many runs on, runs are rows unless the reader says otherwise."""


@comparing("tracking/compare_values.html", "compare")
def compare(request: HttpRequest, repo: Repository, compared: Compared) -> dict[str, Any]:
    """What the runs are and logged: differing rows first, a page of keys at a time."""
    turned = request.GET.get("view", "rows" if len(compared.runs) > MANY else "columns") == "rows"
    ask = replace(_ask(request), facts_last=turned)
    page = compared_rows(compared.runs, compared.place, ask, facts_of(repo, compared.runs))
    return {
        "ask": ask,
        "page": page,
        "groups": [] if turned else _groups(page.rows),
        "view": "rows" if turned else "columns",
        "by_run": _by_run(repo, compared, page.rows) if turned and page.rows else [],
        "higher": [key for key, better in ask.turned.items() if better == "max"],
        "lower": [key for key, better in ask.turned.items() if better == "min"],
        "is_alone": len(compared.runs) == 1,
    }


def _ask(request: HttpRequest) -> Ask:
    given = request.GET
    turned = {**dict.fromkeys(given.getlist("higher"), "max"), **dict.fromkeys(given.getlist("lower"), "min")}
    return Ask(
        text=given.get("q", "").strip()[:LONGEST_TEXT],
        only=bool(given.get("only")),
        page=number_of(request, "page"),
        better=BETTER.get(given.get("better", ""), ""),
        turned={key: BETTER[better] for key, better in turned.items()},
    )


def _groups(rows: list[Row]) -> list[tuple[str, list[tuple[Row, SafeString]]]]:
    """Rows that follow one another and are of one kind, under its title, each with its cells."""
    groups: list[tuple[str, list[tuple[Row, SafeString]]]] = []
    for row in rows:
        if not groups or groups[-1][0] != row.title:
            groups.append((row.title, []))
        groups[-1][1].append((row, _cells(row.cells)))
    return groups


def _by_run(repo: Repository, compared: Compared, rows: list[Row]) -> list[tuple[ShownRun, SafeString]]:
    """The table turned round: each run with its cells, in the order of the rows."""
    cells = (_cells(of_run) for of_run in zip(*(row.cells for row in rows), strict=True))
    return list(zip(shown_runs(repo, compared), cells, strict=True))


def _cells(cells: Iterable[Cell]) -> SafeString:
    return mark_safe("".join(map(cell_html, cells)))  # noqa: S308 (cell_html escapes what it is given)
