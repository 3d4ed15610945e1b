"""The numbers behind charts, as JSON: a metric of one run or of several, and what is new in a running one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse

from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import repo_page
from tracking import rules
from tracking.charts import Series, colour_of, read_series
from tracking.models import Run
from tracking.selectors.run_page import experiment_of, latest_metrics, metric_key, run_of, runs_among
from tracking.views.run import UNSETTLED

MOST_COMPARED = 20


@repo_page()
def run_series(request: HttpRequest, repo: Repository, number: int, run: str) -> JsonResponse:
    """`key`: the metric; `x`: step or time; `after`: only points of later steps."""
    found = run_of(repo, number, run)
    series = _series(repo, found, request)
    return JsonResponse(
        {
            "x": series.x,
            "series": [_shown(found, series)],
            "last": series.last_step,
            "done": found.status not in UNSETTLED,
        }
    )


@repo_page()
def run_latest(request: HttpRequest, repo: Repository, number: int, run: str) -> JsonResponse:
    """The latest step and value of each metric: a page that is looked at learns which charts to go on with."""
    found = run_of(repo, number, run)
    latest = {metric.key: [metric.step, metric.text] for metric in latest_metrics(found) if metric.has_curve}
    return JsonResponse({"latest": latest, "done": found.status not in UNSETTLED})


@repo_page()
def compared_series(request: HttpRequest, repo: Repository, number: int) -> JsonResponse:
    """`key`: the metric; `run`, repeated: the runs whose curves are laid over one another."""
    runs = runs_among(experiment_of(repo, number), request.GET.getlist("run")[:MOST_COMPARED])
    found = [(run, _series(repo, run, request)) for run in runs]
    drawn = [(run, series) for run, series in found if series.points]
    # One axis for all: what was logged without steps makes the whole chart run over time.
    over_time = any(series.x == "time" for _, series in drawn)
    if over_time:
        drawn = [(run, _series(repo, run, request, x="time")) for run, _ in drawn]
    done = all(run.status not in UNSETTLED for run in runs)
    x = "time" if over_time else "step"
    return JsonResponse({"x": x, "series": [_shown(run, series) for run, series in drawn], "done": done})


def _series(repo: Repository, run: Run, request: HttpRequest, *, x: str = "") -> Series:
    given = request.GET
    after = given.get("after", "")
    if after and not (
        after.removeprefix("-").isdecimal() and len(after) < 40 and rules.LOW <= int(after) <= rules.HIGH
    ):
        raise Invalid("`after` is a step, a whole number of at most 64 bits.", field="after")
    x = x or ("time" if given.get("x") == "time" else "step")
    key = metric_key(repo, given.get("key", ""))
    if key is None:
        return Series(x, [])
    return read_series(run.pk, key, x=x, after=int(after) if after else None)


def _shown(run: Run, series: Series) -> dict[str, Any]:
    return {"name": run.name[:200], "color": colour_of(run.pk), "points": series.points}
