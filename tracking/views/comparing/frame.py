"""What every page of a comparison shows round its part: the runs, the tabs, what is odd, and code to paste."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.charts import colour_of
from tracking.comparison_places import comparison_parts
from tracking.models import Run
from tracking.views.comparing.asking import NO_BASELINE, Compared, read_compared, rearranged
from tracking.views.comparing.snippets import load_runs
from tracking.views.experiments import TAB, home_of
from tracking.views.runs import run_url

TABS = (
    ("compare", "Values", "table-2"),
    ("compare_charts", "Charts", "chart-line"),
    ("compare_images", "Images", "image"),
    ("compare_files", "Tables and files", "file-spreadsheet"),
    ("compare_code", "Code", "file-diff"),
    ("compare_environment", "Environment", "package"),
)
SHOWN_UNKNOWN = 5

Part = Callable[[HttpRequest, Repository, Compared], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run as heads of columns and rows need it."""

    run: Run
    colour: int
    url: str
    is_baseline: bool


def comparing(template: str, tab: str) -> Callable[[Part], Callable[..., HttpResponseBase]]:
    """Make a page of a comparison of a function that says what its part (a template) needs."""

    def bind(part: Part) -> Callable[..., HttpResponseBase]:
        @repo_page()
        @wraps(part)
        def page(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
            changed = rearranged(request)
            if changed is not None:
                return changed
            compared = read_compared(request, repo, number)
            return draw_part(request, repo, compared, template, tab, part(request, repo, compared))

        return page

    return bind


def draw_part(
    request: HttpRequest, repo: Repository, compared: Compared, template: str, tab: str, context: dict[str, Any]
) -> HttpResponse:
    """The page with this part of the comparison, or the part alone for HTMX."""
    shared = {**frame_context(request, repo, compared, tab), "part": template}
    return draw(
        request, repo, "tracking/compare.html", {**shared, **context}, part="tracking/_compared_part.html", active=TAB
    )


def shown_runs(repo: Repository, compared: Compared) -> list[ShownRun]:
    """The runs with their colours and addresses."""
    return [
        ShownRun(run, colour_of(run.pk), run_url(repo, run.experiment.number, run.uuid), run == compared.baseline)
        for run in compared.runs
    ]


def frame_context(request: HttpRequest, repo: Repository, compared: Compared, tab: str) -> dict[str, Any]:
    """What the frame and the choice of runs in it need; `tab` is the key of the page."""
    number = compared.experiment.number
    pairs = [("run", run.uuid) for run in compared.runs]
    if "baseline" in request.GET:
        pairs.append(("baseline", compared.baseline.uuid if compared.baseline else NO_BASELINE))
    query = urlencode(pairs)
    tabs = [(label, icon, f"{home_of(repo, key, number=number)}?{query}", key == tab) for key, label, icon in TABS]
    for place in comparison_parts():
        where = {"owner": repo.owner.slug, "name": repo.name, "number": number, "key": place.key}
        url = reverse("tracking:compare_part", kwargs=where)
        tabs.append((place.label, place.icon, f"{url}?{query}", place.key == tab))
    return {
        "experiment": compared.experiment,
        "here": home_of(repo, "experiment", number=number),
        "compared": compared,
        "runs": shown_runs(repo, compared),
        "tabs": tabs,
        "query": query,
        "unknown": [word[:40] for word in compared.unknown[:SHOWN_UNKNOWN]],
        "more_unknown": max(0, len(compared.unknown) - SHOWN_UNKNOWN),
        "in_trash": sum(run.is_deleted for run in compared.runs),
        "snippets": load_runs(request, repo, compared.runs),
    }
