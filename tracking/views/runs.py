"""The runs table of an experiment: its page, and the part of it that scripts replace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.models import Experiment
from tracking.search.errors import FilterError
from tracking.selectors.named_views import default_query
from tracking.selectors.run_columns import Column, column
from tracking.selectors.run_table import Table, empty_table, run_table
from tracking.table_actions import act
from tracking.table_state import TableState, is_sortable
from tracking.views.bulk import changes_context
from tracking.views.experiments import TAB, experiment_context, home_of
from tracking.views.filtering import experiments_asked
from tracking.views.groups import groups_context
from tracking.views.named_views import views_context
from tracking.views.snippets import first_run

VIEWS = (("active", "Active"), ("archived", "Archived"), ("deleted", "Trash"), ("all", "All"))
KINDS = {"metrics": "metric", "params": "parameter", "tags": "tag"}


@repo_page()
def experiment(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The runs of one or several experiments as a table; all of what is looked at stands in the address.

    `do` is a click that changes what is looked at: it leads to the address of the outcome.
    """
    shown = experiments_asked(repo, number, request)
    state = state_of(request, shown[0])
    elsewhere = _elsewhere(request, shown[0], state)
    if elsewhere is not None:
        return redirect(home_of(repo, "experiment", number=number) + (f"?{elsewhere}" if elsewhere else ""))
    table, fault = _table(request, repo, shown, state)
    context = {
        **experiment_context(repo, shown[0], "runs"),
        **views_context(request, repo, shown[0], state.changed().to_query()),
        **({} if wants_part(request) else changes_context(repo, shown[0])),
        **table,
        "fault": fault,
        "snippets": [] if any(map(_was_used, shown)) else first_run(request, repo, shown[0].name),
    }
    status = 400 if fault else 200
    return draw(
        request, repo, "tracking/experiment.html", context, part="tracking/_runs.html", active=TAB, status=status
    )


def _elsewhere(request: HttpRequest, experiment: Experiment, state: TableState) -> str | None:
    """The query of the state that is wanted in place of the address's, or None: after a click, and at the start."""
    given = request.GET
    if "do" in given or "find" in given:
        return act(state, given.get("do", ""), given.getlist("now")).to_query()
    return None if given else default_query(experiment) or None


def state_of(request: HttpRequest, experiment: Experiment) -> TableState:
    """The state in the address. The trash shows its own runs."""
    return TableState.from_query(request.GET, usual_view="deleted" if experiment.is_deleted else "active")


def table_context(repo: Repository, shown: Sequence[Experiment], state: TableState, table: Table) -> dict[str, Any]:
    """What the table is drawn from."""
    page = table.page
    return {
        "state": state,
        "place_query": state.changed().to_query(),
        "shown_experiments": shown,
        "grouped_by": [column(key) for key in state.groups],
        "base": home_of(repo),
        "views": VIEWS,
        "table": table,
        "heads": [head(each, state) for each in (Column("run_name", "Run", ""), *table.columns)],
        "first": page.first + 1,
        "last": page.first + table.top,
        "has_nested": any(row.children for row in table.rows),
    }


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: `next_sort` is what a click asks for, None where the column cannot be ordered by.

    `place` counts the columns ordered by from 1, 0 for others; `width` is in pixels.
    """

    key: str
    label: str
    kind: str
    next_sort: str | None
    direction: str
    place: int
    is_number: bool
    pinned: bool
    width: int | None


def head(column: Column, state: TableState) -> Head:
    """A click sorts ascending, then descending, then as usual: the newest first."""
    keys = [sort.key for sort in state.sorts]
    place = keys.index(column.key) + 1 if column.key in keys else 0
    direction = ("descending" if state.sorts[place - 1].descending else "ascending") if place else ""
    following = {"": column.key, "ascending": f"-{column.key}", "descending": ""}[direction]
    return Head(
        key=column.key,
        label=column.label,
        kind=KINDS.get(column.kind, ""),
        next_sort=following if is_sortable(column.key) else None,
        direction=direction,
        place=place if len(keys) > 1 else 0,
        is_number=column.is_number,
        pinned=column.key in state.pinned,
        width=state.width_of(column.key),
    )


def _was_used(experiment: Experiment) -> bool:
    return bool(experiment.active_runs or experiment.deleted_runs)


def _table(
    request: HttpRequest, repo: Repository, shown: Sequence[Experiment], state: TableState
) -> tuple[dict[str, Any], FilterError | None]:
    """The table, or its groups, and what is wrong with the filter: then the table is empty, never a guess."""
    empty = table_context(repo, shown, state, empty_table(state))
    try:
        if state.groups:
            return {**empty, **groups_context(request, repo, shown, state)}, None
        return table_context(repo, shown, state, run_table(repo, shown, state)), None
    except FilterError as error:
        return empty, error


def run_url(repo: Repository, number: int, run: str, page: str = "run", **rest: Any) -> str:
    """The address of a page of a run."""
    where = {"owner": repo.owner.slug, "name": repo.name, "number": number, "run": run}
    return reverse(f"tracking:{page}", kwargs={**where, **rest})
