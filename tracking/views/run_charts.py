"""The charts of a run: its own metrics and those of its machine, by section, as many as a page can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.selectors import run_page
from tracking.selectors.run_charts import MOST_CHARTS, chart_sections
from tracking.selectors.run_lists import Asked, asked, listed
from tracking.selectors.run_page import Latest
from tracking.views.experiments import TAB
from tracking.views.run import run_context

FIND, SECTION, ONCE = "metric", "section", "once"


@repo_page()
def metrics(request: HttpRequest, repo: Repository, number: int, run: str, system: bool = False) -> HttpResponse:
    """A chart for each metric that has a curve, in sections by the folder in its name; `section` opens one of them."""
    found = run_page.run_of(repo, number, run)
    latest, curves = run_page.latest_metrics(found), run_page.curves_of(found)
    ours = [metric for metric in latest if metric.key.startswith(run_page.SYSTEM) == system]
    find = asked(request.GET, FIND)
    shown = listed(ours, find, lambda metric: metric.key, len(ours) + 1).rows
    opens = SECTION in request.GET
    context = {
        **run_context(repo, found, "system" if system else "metrics"),
        **_shown(request, [metric for metric in shown if metric.number in curves], opens=opens),
        "singles": listed(
            [metric for metric in shown if metric.number not in curves],
            Asked(ONCE, page=asked(request.GET, ONCE).page),
            lambda metric: metric.key,
        ),
        "find": find.find,
        "total": len(ours),
        "curves": sum(metric.number in curves for metric in ours),
        "system": system,
        "page_url": request.path,
        "x": "time" if request.GET.get("x") == "time" else "step",
    }
    part = "tracking/_run_charts_open.html" if opens else "tracking/_run_charts.html"
    answer = draw(request, repo, "tracking/run_charts.html", context, part=part, active=TAB)
    if wants_part(request):
        answer["Cache-Control"] = "private, no-cache"
    return answer


def _shown(request: HttpRequest, curves: Sequence[Latest], *, opens: bool) -> dict[str, Any]:
    """A page of the section that is opened, else the first charts of all."""
    if not opens:
        return {"sections": chart_sections(curves)}
    title = request.GET[SECTION]
    inside = [metric for metric in curves if metric.section == title]
    page = listed(inside, Asked(SECTION, page=asked(request.GET, SECTION).page), lambda metric: metric.key, MOST_CHARTS)
    return {"opened": page, "section": run_page.Section(title, page.rows)}
