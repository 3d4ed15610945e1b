"""The curves that compared runs have in common, each drawn when it comes into sight."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, JsonResponse

from repos.models import Repository
from repos.views.frame import repo_page
from tracking.charts import Asked, colour_of, read_many
from tracking.selectors.compare_curves import shared_curves
from tracking.selectors.run_page import metric_key
from tracking.views.comparing.asking import Compared, number_of, read_compared
from tracking.views.comparing.frame import comparing
from tracking.views.comparing.values import LONGEST_TEXT
from tracking.views.experiments import home_of
from tracking.views.run import UNSETTLED

PER_PAGE = 12


@comparing("tracking/compare_charts.html", "compare_charts")
def charts(request: HttpRequest, repo: Repository, compared: Compared) -> dict[str, Any]:
    """A chart for each metric with a curve, those that most runs share first."""
    text = request.GET.get("q", "").strip()[:LONGEST_TEXT]
    x = "time" if request.GET.get("x") == "time" else "step"
    pairs = [("run", run.uuid) for run in compared.runs] + ([("x", x)] if x == "time" else [])
    url = home_of(repo, "compare_series", number=compared.experiment.number)
    page = Paginator(shared_curves(compared.runs, text), PER_PAGE).get_page(number_of(request, "page"))
    return {"curves": page, "text": text, "x": x, "series_url": f"{url}?{urlencode(pairs)}"}


@repo_page()
def series(request: HttpRequest, repo: Repository, number: int) -> JsonResponse:
    """`key`: the metric; `run`, repeated; `x`: step or time. The curves of all these runs, as charts take them."""
    compared = read_compared(request, repo, number)
    x = "time" if request.GET.get("x") == "time" else "step"
    key = metric_key(repo, request.GET.get("key", ""))
    asked = [Asked(run.pk, start=run.start_time) for run in compared.runs]
    found = [] if key is None else list(zip(compared.runs, read_many(asked, key, x=x), strict=True))
    drawn = [(run, curve) for run, curve in found if curve.points]
    return JsonResponse(
        {
            "x": drawn[0][1].x if drawn else x,
            "series": [
                {"name": run.name[:200], "color": colour_of(run.pk), "points": curve.points} for run, curve in drawn
            ],
            "done": all(run.status not in UNSETTLED for run in compared.runs),
        }
    )
