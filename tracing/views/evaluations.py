"""Evaluations of an experiment: runs with what each scorer said, and their rows side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracing.comparing import SHOWS, SORTS, Joined, Side, compare
from tracing.selectors.datasets import search_datasets
from tracing.selectors.evaluation_rows import MOST_ROWS, eval_rows
from tracing.selectors.evaluations import Evaluation, evaluating, evaluation_runs, evaluations_of, runs_to_compare
from tracing.selectors.scorers import latest_scorers
from tracing.views.addresses import TAB, frame_of, page_of, run_url, trace_url
from tracing.views.scorers import describe
from tracing.views.snippets import first_evaluation
from tracking.charts import colour_of
from tracking.models import Experiment, Run
from tracking.selectors.run_page import experiment_of

PER_PAGE = 25
ROWS_PER_PAGE = 50
MOST_COMPARED = 6
SORT_LABELS = {"regression": "Worst first", "improvement": "Best first", "input": "By input"}
SHOW_LABELS = {"all": "All", "differ": "Differing", "worse": "Worse"}
MOST_SCORERS = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """An evaluation in the list."""

    run: Run
    url: str
    traces_url: str
    rows_url: str
    colour: int
    evaluation: Evaluation


@repo_page()
def evaluations(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The runs that evaluated something, with their sums; the datasets and scorers of the experiment beside them."""
    experiment = experiment_of(repo, number)
    page = _page_number(request)
    found = evaluation_runs(experiment, offset=(page - 1) * PER_PAGE)
    for run in found.rows:
        run.experiment = experiment
    rows = [_shown(repo, experiment, each) for each in evaluations_of(experiment, list(found.rows))]
    names = dict.fromkeys(each.name for row in rows for each in row.evaluation.sums)
    columns = list(names)[:MOST_SCORERS]
    context = {
        **frame_of(repo, experiment, "evaluations"),
        "rows": [(row, _in_columns(row.evaluation, columns)) for row in rows],
        "columns": columns,
        "more_columns": len(names) - len(columns),
        "compare_url": page_of(repo, "compare_evaluations", number=number),
        "datasets": [
            (each.name, page_of(repo, "dataset", dataset=each.dataset_id)) for each in _datasets(repo, number)
        ],
        "datasets_url": page_of(repo, "datasets"),
        "scorers": [describe(each) for each in latest_scorers(repo, [number])],
        "scorers_url": page_of(repo, "scorers", number=number),
        "previous_page": page - 1,
        "next_page": page + 1 if found.more else 0,
        "snippets": [] if rows or page > 1 else first_evaluation(request, repo, experiment),
    }
    return draw(request, repo, "tracing/evaluations.html", context, active=TAB)


def _datasets(repo: Repository, number: int) -> list[Any]:
    return list(search_datasets(repo, [number], size=PER_PAGE).rows)


def _page_number(request: HttpRequest, key: str = "page") -> int:
    page = request.GET.get(key, "1")
    return int(page) if page.isascii() and page.isdecimal() and len(page) < 6 and int(page) else 1


def _shown(repo: Repository, experiment: Experiment, found: Evaluation) -> Shown:
    run = found.run
    return Shown(
        run,
        run_url(run, repo),
        page_of(repo, "run_traces", number=experiment.number, run=run.uuid),
        f"{page_of(repo, 'compare_evaluations', number=experiment.number)}?run={run.uuid}",
        colour_of(run.pk),
        found,
    )


def _in_columns(found: Evaluation, columns: list[str]) -> list[Any]:
    sums = {each.name: each for each in found.sums}
    return [sums.get(name) for name in columns]


@repo_page()
def compared(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The rows of one run's results, or those of several joined by what went in; the first is the base."""
    experiment = experiment_of(repo, number)
    wanted = list(dict.fromkeys(request.GET.getlist("run")))
    if len(wanted) > MOST_COMPARED:
        raise Invalid(f"At most {MOST_COMPARED} evaluations are compared at once. {len(wanted)} were picked.")
    runs = runs_to_compare(repo, experiment, wanted)
    if not runs:
        raise Invalid("No evaluation was picked.", next_step="Tick some in the list of evaluations.")
    context = {
        **frame_of(repo, experiment, "evaluations"),
        "part": rows_side_by_side(request, repo, runs),
        "list_url": page_of(repo, "evaluations", number=number),
    }
    return draw(request, repo, "tracing/evaluation.html", context, active=TAB)


def rows_side_by_side(request: HttpRequest, repo: Repository, runs: Sequence[Run], prefix: str = "") -> dict[str, Any]:
    """What the part about rows shows; `prefix` stands before its words in the address."""
    tables = [eval_rows(run.experiment, run) for run in runs]
    found = compare(tables)
    show, sort = _one_of(request, f"{prefix}show", SHOWS), _one_of(request, f"{prefix}sort", SORTS)
    picked, page = found.picked(show=show, sort=sort), _page_number(request, f"{prefix}page")
    rows = picked[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    homes = {run.experiment_id: run.experiment for run in runs}
    sums = {
        each.run.pk: each
        for home in homes.values()
        for each in evaluations_of(home, [run for run in runs if run.experiment_id == home.pk])
    }
    shows = [] if len(runs) == 1 else [(key, SHOW_LABELS[key]) for key in SHOWS]
    return {
        "heads": [
            (run, run_url(run, repo), colour_of(run.pk), sums[run.pk], len(table))
            for run, table in zip(runs, tables, strict=True)
        ],
        "rows": [_with_links(repo, runs, row) for row in rows],
        "count": len(picked),
        "all": len(found.rows),
        "cut": any(len(table) == MOST_ROWS for table in tables),
        "most": MOST_ROWS,
        "shows": [_way(request, prefix, "show", key, label, show) for key, label in shows],
        "sorts": [_way(request, prefix, "sort", key, SORT_LABELS[key], sort) for key in SORTS],
        "previous": _link(request, prefix, page=page - 1) if page > 1 else "",
        "next": _link(request, prefix, page=page + 1) if page * ROWS_PER_PAGE < len(picked) else "",
    }


def _way(request: HttpRequest, prefix: str, word: str, key: str, label: str, chosen: str) -> tuple[str, str, bool]:
    """A choice: where it leads, its words, and whether it is the one that holds."""
    return _link(request, prefix, **{word: key}), label, key == chosen


def _link(request: HttpRequest, prefix: str, **words: Any) -> str:
    """This page with some words of the address changed, from its first page on unless another is named."""
    given = request.GET.copy()
    given.pop(f"{prefix}page", None)
    for key, value in words.items():
        given[f"{prefix}{key}"] = str(value)
    return f"?{given.urlencode()}"


def _one_of(request: HttpRequest, key: str, words: tuple[str, ...]) -> str:
    given = request.GET.get(key, "")
    return given if given in words else words[0]


def _with_links(repo: Repository, runs: Sequence[Run], row: Joined) -> dict[str, Any]:
    sides = [(side, _trace_of(repo, run, side)) for run, side in zip(runs, row.sides, strict=True)]
    return {"row": row, "sides": sides}


def _trace_of(repo: Repository, run: Run, side: Side) -> str:
    trace = side.row.trace if side.row else ""
    fits = trace and "/" not in trace and "\0" not in trace
    return trace_url(repo, run.experiment.number, trace) if fits else ""


def comparison_part(
    request: HttpRequest, repo: Repository, runs: Sequence[Run], baseline: Run | None
) -> dict[str, Any] | None:
    """Rows of evaluations on the comparison of runs; None where fewer than two of them evaluated something."""
    found = evaluating(runs)
    if baseline in found:
        found = [baseline, *(run for run in found if run != baseline)]  # type: ignore[list-item]
    if len(found) < 2:
        return None
    shown = found[:MOST_COMPARED]
    left = len(found) - len(shown)
    return {"evaluated": {**rows_side_by_side(request, repo, shown, "evaluations-"), "left": left}}
