"""Images that compared runs logged, side by side: a row for each run, a column for each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest

from repos.models import Repository
from tracking.selectors.compare_artifacts import PICTURES, files_of_runs
from tracking.selectors.compare_images import ALONE, ImageSeries, Window, image_series, window_of
from tracking.views.comparing.asking import Compared, number_of
from tracking.views.comparing.choosing import nearest
from tracking.views.comparing.frame import ShownRun, comparing, shown_runs

MOST_RUNS = 12
WIDTH = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a run: its page, its bytes, and a small copy."""

    page: str
    small: str
    name: str


@comparing("tracking/compare_images.html", "compare_images")
def images(request: HttpRequest, repo: Repository, compared: Compared) -> dict[str, Any]:
    """One series of images: `key` names it, `at` (or `to`) is the place of the step in the middle."""
    runs = nearest(compared, MOST_RUNS)
    listings = files_of_runs(repo, runs, ends=PICTURES)
    series = image_series([listing.files for listing in listings])
    # Those that most runs have say most.
    series.sort(key=lambda each: (each.name == ALONE, -each.runs))
    wanted = request.GET.get("key", "")
    chosen = next((each for each in series if each.name == wanted), series[0] if series else None)
    shown = {each.run.pk: each for each in shown_runs(repo, compared)}
    at = number_of(request, "to" if request.GET.get("to") else "at", least=0)
    window = window_of(chosen, at, WIDTH) if chosen else None
    columns = [shown[run.pk] for run in runs]
    return {
        "all_series": series,
        "series": chosen,
        "is_stepped": chosen is not None and chosen.name != ALONE,
        "window": window,
        "grid": _grid(columns, chosen, window) if chosen and window else [],
        "hidden_runs": len(compared.runs) - len(runs),
        "listing_cut": any(listing.cut for listing in listings),
    }


def _grid(columns: list[ShownRun], series: ImageSeries, window: Window) -> list[tuple[ShownRun, list[Picture | None]]]:
    return [
        (shown, [_picture(shown, paths.get(label)) for label in window.labels])
        for shown, paths in zip(columns, series.paths, strict=True)
    ]


def _picture(shown: ShownRun, path: str | None) -> Picture | None:
    if path is None:
        return None
    place = quote(path)
    return Picture(f"{shown.url}/artifacts/{place}", f"{shown.url}/files/{place}?small", path.rpartition("/")[2])
