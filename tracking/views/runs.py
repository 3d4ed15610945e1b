"""The runs table of an experiment, and what is done to the runs picked in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.forms import QUERY_LENGTH
from tracking.models import Experiment
from tracking.search.errors import FilterError
from tracking.selectors.run_page import experiment_of, runs_among
from tracking.selectors.run_table import ATTRIBUTES, PER_PAGE, Column, Table, TableQuery, run_table
from tracking.services.runs import delete_run, restore_run
from tracking.views.experiments import TAB, experiment_context, home_of
from tracking.views.snippets import first_run

EXAMPLES = (
    "metrics.loss < 0.5",
    "params.lr = '0.01' AND metrics.loss < 1",
    "attributes.status = 'FAILED'",
    "tags.team LIKE 'vis%'",
    "run_name ILIKE '%resnet%'",
    "metrics.`val/loss` < 0.4 OR NOT params.depth = '18'",
)
VIEWS = (("active", "Active"), ("deleted", "Trash"), ("all", "All"))
FIXED = (
    Column("run_name", "Run", ""),
    Column("start_time", "Started", ""),
    Column("", "Duration", ""),
    Column("user_id", "User", ""),
    Column("", "Source", ""),
)
KINDS = {"metrics": "metric", "params": "parameter", "tags": "tag"}
MOST_COLUMNS = 60
MOST_PICKED = 200


@repo_page()
def experiment(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The runs of an experiment as a table: filter, order, columns and page are in the address."""
    found = experiment_of(repo, number)
    query = table_query(request, found)
    table, fault = _table(found, query)
    context = {
        **experiment_context(repo, found, "runs"),
        "query": query,
        "views": VIEWS,
        "examples": EXAMPLES,
        "table": table,
        "heads": [head(each, query) for each in (*FIXED, *table.columns)],
        "shown": {each.key for each in table.columns},
        "fault": fault,
        "first": (query.page - 1) * PER_PAGE + 1,
        "last": (query.page - 1) * PER_PAGE + len(table.rows),
        "previous_page": query.page - 1,
        "next_page": query.page + 1,
        "snippets": [] if found.active_runs or found.deleted_runs else first_run(request, repo, found.name),
    }
    status = 400 if fault else 200
    return draw(
        request, repo, "tracking/experiment.html", context, part="tracking/_runs.html", active=TAB, status=status
    )


def table_query(request: HttpRequest, experiment: Experiment) -> TableQuery:
    """The query in the address; what makes no sense falls back to its default. The trash shows its own runs."""
    given = request.GET
    sort = given.get("sort", "")
    known = sort.lstrip("-") in ATTRIBUTES or sort.lstrip("-").partition(".")[0] in ("params", "metrics", "tags")
    usual = "deleted" if experiment.is_deleted else "active"
    page = given.get("page", "1")
    return TableQuery(
        text=given.get("q", "").strip()[:QUERY_LENGTH],
        sort=sort if known and len(sort) < 300 and "`" not in sort else "",
        view=given.get("view", usual) if given.get("view") in dict(VIEWS) else usual,
        columns=tuple(given.getlist("cols")[:MOST_COLUMNS]),
        page=int(page) if page.isdecimal() and len(page) < 6 and int(page) else 1,
    )


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: `next_sort` is what a click asks for, None where the column cannot be sorted by."""

    label: str
    kind: str
    next_sort: str | None
    direction: str
    is_number: bool


def head(column: Column, query: TableQuery) -> Head:
    """A click sorts ascending, then descending, then as usual: the newest first."""
    direction = ""
    if column.key and query.sort_key == column.key:
        direction = "descending" if query.descending else "ascending"
    following = {"": column.key, "ascending": f"-{column.key}", "descending": ""}[direction]
    number = column.is_number or column.label == "Duration"
    return Head(column.label, KINDS.get(column.kind, ""), following if column.key else None, direction, number)


def _table(experiment: Experiment, query: TableQuery) -> tuple[Table, FilterError | None]:
    """The table, and what is wrong with the filter: then the table is empty, never a guess."""
    try:
        return run_table(experiment, query), None
    except FilterError as error:
        unfiltered = run_table(experiment, replace(query, text="", sort="", page=1))
        return Table([], unfiltered.columns, unfiltered.choices, False, False), error


@repo_page("POST", needs=Level.WRITE)
def selection(request: HttpRequest, repo: Repository, number: int, *, restore: bool) -> HttpResponse:
    """Move the runs picked to the trash, or bring them back; then the table as it was looked at."""
    picked = request.POST.getlist("run")
    if len(picked) > MOST_PICKED:
        raise Invalid(f"At most {MOST_PICKED} runs at a time. Nothing was changed.")
    runs = runs_among(experiment_of(repo, number), picked)
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
