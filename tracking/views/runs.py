"""The runs table of an experiment, and what is done to the runs picked in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.models import Experiment
from tracking.search.errors import FilterError
from tracking.selectors.run_columns import Column
from tracking.selectors.run_page import runs_among
from tracking.selectors.run_table import Table, empty_table, run_table
from tracking.services.runs import delete_run, restore_run
from tracking.table_actions import act
from tracking.table_state import TableState, is_sortable
from tracking.views.experiments import TAB, experiment_context, home_of
from tracking.views.filtering import experiments_asked
from tracking.views.snippets import first_run

VIEWS = (("active", "Active"), ("archived", "Archived"), ("deleted", "Trash"), ("all", "All"))
KINDS = {"metrics": "metric", "params": "parameter", "tags": "tag"}
MOST_PICKED = 200


@repo_page()
def experiment(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The runs of one or several experiments as a table; all of what is looked at stands in the address.

    `do` is a click that changes what is looked at: it leads to the address of the outcome.
    """
    shown = experiments_asked(repo, number, request)
    state = state_of(request, shown[0])
    if "do" in request.GET or "find" in request.GET:
        wanted = act(state, request.GET.get("do", ""), request.GET.getlist("now"))
        return redirect(address(repo, number, wanted))
    table, fault = _table(repo, shown, state)
    context = {
        **experiment_context(repo, shown[0], "runs"),
        **table_context(repo, shown, state, table),
        "fault": fault,
        "snippets": [] if any(map(_was_used, shown)) else first_run(request, repo, shown[0].name),
    }
    status = 400 if fault else 200
    return draw(
        request, repo, "tracking/experiment.html", context, part="tracking/_runs.html", active=TAB, status=status
    )


def state_of(request: HttpRequest, experiment: Experiment) -> TableState:
    """The state in the address. The trash shows its own runs."""
    return TableState.from_query(request.GET, usual_view="deleted" if experiment.is_deleted else "active")


def address(repo: Repository, number: int, state: TableState) -> str:
    """The address of the table in this state."""
    query = state.to_query()
    return home_of(repo, "experiment", number=number) + (f"?{query}" if query else "")


def table_context(repo: Repository, shown: Sequence[Experiment], state: TableState, table: Table) -> dict[str, Any]:
    """What the table is drawn from."""
    page = table.page
    return {
        "state": state,
        "state_query": state.to_query(),
        "shown_experiments": shown,
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


def _table(repo: Repository, shown: Sequence[Experiment], state: TableState) -> tuple[Table, FilterError | None]:
    """The table, and what is wrong with the filter: then the table is empty, never a guess."""
    try:
        return run_table(repo, shown, state), None
    except FilterError as error:
        return empty_table(state), error


@repo_page("POST", needs=Level.WRITE)
def selection(request: HttpRequest, repo: Repository, number: int, *, restore: bool) -> HttpResponse:
    """Move the runs picked to the trash, or bring them back; then the table as it was looked at."""
    picked = request.POST.getlist("run")
    if len(picked) > MOST_PICKED:
        raise Invalid(f"At most {MOST_PICKED} runs at a time. Nothing was changed.")
    shown = experiments_asked(repo, number, request)
    runs = [run for experiment in shown for run in runs_among(experiment, picked)]
    for run in runs:
        if restore:
            restore_run(repository=repo, run_id=run.uuid)
        else:
            delete_run(repository=repo, run_id=run.uuid, actor=actor_of(request))
    _tell(request, len(runs), "back" if restore else "in the trash")
    query = request.GET.urlencode()
    return redirect(home_of(repo, "experiment", number=number) + (f"?{query}" if query else ""))


def _tell(request: HttpRequest, count: int, done: str) -> None:
    if count:
        messages.success(request, f"{count} run{' is' if count == 1 else 's are'} {done}.")
    else:
        messages.warning(request, "No run was picked, so nothing was changed.")


def run_url(repo: Repository, number: int, run: str, page: str = "run", **rest: Any) -> str:
    """The address of a page of a run."""
    where = {"owner": repo.owner.slug, "name": repo.name, "number": number, "run": run}
    return reverse(f"tracking:{page}", kwargs={**where, **rest})
