"""The overview of a run: what it is, what it was told, what came out; long lists by the page, facts live."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from hub.lib.http import wants_part
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.forms import TagForm
from tracking.models import Run
from tracking.places import run_parts
from tracking.selectors import run_page, run_table
from tracking.selectors.run_data import data_at, datasets_used
from tracking.selectors.run_family import family_of
from tracking.selectors.run_lists import asked, listed
from tracking.selectors.run_progress import progress_of
from tracking.selectors.run_ranges import ranges_of
from tracking.selectors.run_source import source_of
from tracking.services.notes import NOTE
from tracking.views.experiments import TAB
from tracking.views.run import UNSETTLED, run_context
from tracking.views.run_live import is_known, tag_of
from tracking.views.run_notes import notes_html
from tracking.views.snippets import load_run

MOST_TAGS = 20
MOST_COPIED = 16_000
"""Characters of parameters that a button of the page copies; more are downloaded."""
METRICS, PARAMS, TAGS = "metric", "param", "tag"
LISTS = {"run-list-param": "tracking/_run_params_rows.html", "run-list-tag": "tracking/_run_tags_rows.html"}
"""Lists that HTMX narrows and turns over, by the id of their element; metrics are what the live part shows too."""


@repo_page()
def overview(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """What a run is, what it was told and what came out; the facts stay true while it goes on."""
    found = run_page.run_of(repo, number, run)
    tags = run_page.tags_of(found)
    context = {**run_context(repo, found, "overview"), **_lists(request, found, tags), **_facts(repo, found, tags)}
    part = LISTS.get(request.headers.get("HX-Target", ""), "tracking/_run_live.html")
    if not wants_part(request):
        context |= _whole_context(request, repo, found, tags, context)
    elif part in LISTS.values():
        return draw(request, repo, "tracking/run.html", context, part=part, active=TAB)
    return _live(request, repo, found, context)


@repo_page()
def params(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """All parameters of a run as one JSON object, to download."""
    found = run_page.run_of(repo, number, run)
    answer = HttpResponse(_as_json(run_page.params_of(found)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="params-{found.uuid}.json"'
    return answer


def _live(request: HttpRequest, repo: Repository, run: Run, context: dict[str, Any]) -> HttpResponse:
    """The page, or what a run that goes on changes of it: 304 while it has changed nothing."""
    metrics, source, progress = context["metrics"], context["source"], context["progress"]
    heard = (progress.heard, progress.step, progress.total, progress.done) if progress else None
    commit = source.shown.id if source.shown else ""
    tag = tag_of(run.status, run.end_time, metrics, heard, context["user"], commit, context["running"])
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "HX-Request, Cookie"}
    if wants_part(request) and is_known(request, tag):
        return HttpResponse(status=304, headers=headers)
    ranges = ranges_of(run, metrics.rows)
    context["metric_rows"] = [(metric, ranges.get(metric.key)) for metric in metrics.rows]
    answer = draw(request, repo, "tracking/run.html", context, part="tracking/_run_live.html", active=TAB)
    for name, value in headers.items() if wants_part(request) else ():
        answer[name] = value
    return answer


def _lists(request: HttpRequest, run: Run, tags: dict[str, str]) -> dict[str, Any]:
    """The page of each list that the address asks for, and how far a run that goes on has come by all of them."""
    latest, params = run_page.latest_metrics(run), run_page.params_of(run)
    shown = [metric for metric in latest if not metric.key.startswith(run_page.SYSTEM)]
    ours = [(key, value) for key, value in tags.items() if not key.startswith("mlflow.")]
    copied = _as_json(params)
    return {
        "metrics": listed(shown, asked(request.GET, METRICS), lambda metric: metric.key),
        "params": listed(params, asked(request.GET, PARAMS), " ".join),
        "params_json": copied if len(copied) <= MOST_COPIED else "",
        "tags": listed(ours, asked(request.GET, TAGS), " ".join, MOST_TAGS),
        "progress": progress_of(run, latest, params) if run.status in UNSETTLED and not run.is_deleted else None,
    }


def _facts(repo: Repository, run: Run, tags: dict[str, str]) -> dict[str, Any]:
    return {"user": run.user_name or tags.get(run_table.USER, ""), "source": source_of(repo, tags)}


def _whole_context(
    request: HttpRequest, repo: Repository, run: Run, tags: dict[str, str], live: dict[str, Any]
) -> dict[str, Any]:
    """What else the overview shows, of which nothing changes by itself."""
    models = run_page.models_of(run)
    source = live["source"]
    commit = source.shown.id if source.shown else ""
    data = data_at(repo, commit) if commit else None
    datasets, more_datasets = datasets_used(repo, run, commit)
    return {
        "tag_form": TagForm(),
        "notes": notes_html(tags.get(NOTE, "")),
        "family": family_of(repo, run, tags),
        "datasets": datasets,
        "more_datasets": more_datasets,
        "data": data,
        "models": models,
        "parts": run_parts(request, repo, run, aside=False),
        "aside_parts": run_parts(request, repo, run, aside=True),
        "snippets": load_run(request, run, models, commit, with_dvc=bool(data and data.outs)),
    }


def _as_json(params: list[tuple[str, str]]) -> str:
    return json.dumps(dict(params), indent=2, ensure_ascii=False)
