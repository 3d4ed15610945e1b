"""The page that lays runs side by side."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.charts import colour_of
from tracking.selectors.run_comparison import compare_runs
from tracking.selectors.run_page import experiment_of, runs_among
from tracking.views.experiments import TAB, home_of
from tracking.views.series import MOST_COMPARED


@repo_page()
def compare(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Two to twenty runs: what differs first, and their curves over one another."""
    experiment = experiment_of(repo, number)
    asked = list(dict.fromkeys(request.GET.getlist("run")))
    here = home_of(repo, "experiment", number=number)
    runs = runs_among(experiment, asked[: MOST_COMPARED + 1])
    if not 2 <= len(runs) <= MOST_COMPARED:
        raise Invalid(
            f"Pick 2 to {MOST_COMPARED} runs of {experiment.name} to compare.",
            next_step="Go back to the runs and tick the boxes at their left.",
        )
    context = {
        "experiment": experiment,
        "here": here,
        "experiments_url": home_of(repo),
        "runs": [(run, colour_of(run.pk)) for run in runs],
        "comparison": compare_runs(runs),
        "series_url": f"{here}/series?{urlencode([('run', run.uuid) for run in runs])}",
        "x": "time" if request.GET.get("x") == "time" else "step",
    }
    return draw(request, repo, "tracking/compare.html", context, active=TAB)
