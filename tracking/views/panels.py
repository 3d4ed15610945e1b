"""The numbers behind the panels of a board that are no lines, as JSON: values of runs side by side, and importance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page

from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import repo_page
from tracking.charts import colour_of
from tracking.charts.panels import MOST_COLUMNS, MOST_TEXT
from tracking.selectors.importance import importance_of
from tracking.selectors.panels import MOST_RUNS, Chosen, chosen_runs, values_of
from tracking.selectors.run_page import experiment_of
from tracking.table_state import LOGGED
from tracking.views.series import numbers, state_of

USUAL_COLUMNS = 8


@gzip_page
@repo_page()
def values(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """`column`, repeated: what of each run; the table's parameters choose the runs, MOST_RUNS at most.

    With `metric` in place of columns: the parameters that matter most for it, then the metric.
    """
    columns, metric = request.GET.getlist("column"), request.GET.get("metric", "")
    columns = columns or ([f"metrics.{metric}"] if metric else [])
    if not 0 < len(columns) <= MOST_COLUMNS + 1 or not all(map(_is_column, columns)):
        raise Invalid(
            f"`column` names 1 to {MOST_COLUMNS} of metrics.<key>, params.<key> and tags.<key>.", field="column"
        )
    runs, colours = _runs(request, repo, number)
    if metric and not request.GET.getlist("column"):
        columns = [f"params.{each.key}" for each in importance_of(repo, runs, metric)[:USUAL_COLUMNS]] + columns
    found = values_of(repo, runs, columns)
    rows = [[run.uuid, run.name[:200], colours[run.pk], cells] for run, cells in found.rows]
    return numbers(request, {"columns": found.columns, "numbers": found.numbers, "rows": rows})


@gzip_page
@repo_page()
def importance(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """`metric`: for which metric; the table's parameters choose the runs, MOST_RUNS at most."""
    metric = request.GET.get("metric", "")
    if not metric or len(metric) > MOST_TEXT or "\0" in metric:
        raise Invalid("`metric` names a metric.", field="metric")
    runs, _ = _runs(request, repo, number)
    found = [
        [
            each.key,
            round(each.importance, 4),
            None if each.correlation is None else round(each.correlation, 4),
            each.runs,
        ]
        for each in importance_of(repo, runs, metric)
    ]
    return numbers(request, {"metric": metric, "runs": len(runs), "params": found})


def _runs(request: HttpRequest, repo: Repository, number: int) -> tuple[list[Chosen], dict[int, int]]:
    """The runs shown, and the colour of each."""
    state = state_of(request, experiment_of(repo, number).is_deleted)
    runs = [run for run in chosen_runs(repo, number, state, MOST_RUNS) if not state.is_hidden(run.uuid)]
    return runs, {run.pk: state.colour_of(run.uuid, colour_of(run.pk)) for run in runs}


def _is_column(text: str) -> bool:
    kind, _, key = text.partition(".")
    return kind in LOGGED and 0 < len(key) <= MOST_TEXT and "\0" not in key
