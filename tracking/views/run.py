"""The page of a run: overview, metrics, machine, and what can be changed about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, HubError
from hub.lib.http import posted, wants_part
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.charts import colour_of
from tracking.clock import now_ms
from tracking.forms import EndingForm, RunNameForm, TagForm
from tracking.models import Run, RunStatus, Thing
from tracking.places import run_parts, run_places
from tracking.selectors import run_page, run_table
from tracking.selectors.run_data import data_at, datasets_used
from tracking.selectors.run_family import family_of
from tracking.selectors.run_progress import progress_of
from tracking.selectors.run_ranges import ranges_of
from tracking.selectors.run_source import RunSource, source_of
from tracking.selectors.trash import is_doomed
from tracking.services.notes import NOTE
from tracking.services.runs import delete_run, restore_run, update_run
from tracking.services.tags import delete_tag, set_tags
from tracking.views.experiments import TAB, home_of
from tracking.views.run_notes import notes_html
from tracking.views.runs import run_url
from tracking.views.snippets import load_run

SHORT = 8
"""Digits of a run's id that its pages show."""
UNSETTLED = {RunStatus.RUNNING, RunStatus.SCHEDULED}


@repo_page()
def overview(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """What a run is, what it was told and what came out; the facts stay true while it goes on."""
    found = run_page.run_of(repo, number, run)
    context = {**run_context(repo, found, "overview"), **_live_context(repo, found)}
    if not wants_part(request):
        context |= _whole_context(request, repo, found, context)
    return draw(request, repo, "tracking/run.html", context, part="tracking/_run_live.html", active=TAB)


def _live_context(repo: Repository, run: Run) -> dict[str, Any]:
    """What a run that goes on changes, and what stands beside that."""
    tags, latest, params = run_page.tags_of(run), run_page.latest_metrics(run), run_page.params_of(run)
    ranges = ranges_of(run, latest)
    shown = [metric for metric in latest if not metric.key.startswith(run_page.SYSTEM)]
    return {
        "all_tags": tags,
        "params": params,
        "metrics": [(metric, ranges.get(metric.key)) for metric in shown],
        "progress": progress_of(run, latest, params) if run.status in UNSETTLED and not run.is_deleted else None,
        "user": run.user_name or tags.get(run_table.USER, ""),
        "source": source_of(repo, tags),
    }


def _whole_context(request: HttpRequest, repo: Repository, run: Run, live: Mapping[str, Any]) -> dict[str, Any]:
    """What else the overview shows, of which nothing changes by itself."""
    tags: Mapping[str, str] = live["all_tags"]
    source: RunSource = live["source"]
    models = run_page.models_of(run)
    commit = source.shown.id if source.shown else ""
    data = data_at(repo, commit) if commit else None
    datasets, more_datasets = datasets_used(repo, run, commit)
    return {
        "params_json": json.dumps(dict(live["params"]), indent=2, ensure_ascii=False),
        "tags": [(key, value) for key, value in tags.items() if not key.startswith("mlflow.")],
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


@repo_page()
def metrics(request: HttpRequest, repo: Repository, number: int, run: str, system: bool = False) -> HttpResponse:
    """A chart for each metric that has a curve, in sections by the folder in its name."""
    found = run_page.run_of(repo, number, run)
    latest = run_page.latest_metrics(found)
    ours = [metric for metric in latest if metric.key.startswith(run_page.SYSTEM) == system]
    context = {
        **run_context(repo, found, "system" if system else "metrics"),
        "sections": run_page.in_sections(ours),
        "singles": [metric for metric in ours if not metric.has_curve],
        "system": system,
        "x": "time" if request.GET.get("x") == "time" else "step",
    }
    return draw(request, repo, "tracking/run_metrics.html", context, active=TAB)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def name(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """Rename a run."""
    found = run_page.run_of(repo, number, run)
    form = RunNameForm(posted(request), initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        try:
            update_run(repository=repo, run_id=run, name=form.cleaned_data["name"])
        except HubError as error:
            form.add_error("name", error.message)
        else:
            return redirect(run_url(repo, number, run))
    context = {
        "form": form,
        "heading": f"Rename {found.name}",
        "verb": "Rename run",
        "back": run_url(repo, number, run),
    }
    return draw(request, repo, "tracking/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def ending(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """Say of a run whose program is gone how it ended."""
    found = run_page.run_of(repo, number, run)
    form = EndingForm(posted(request))
    if request.method == "POST" and form.is_valid():
        if found.status not in UNSETTLED:
            raise Conflict(f"The run has ended already: {found.get_status_display()}.")
        update_run(repository=repo, run_id=run, status=form.cleaned_data["status"], end_time=now_ms())
        return redirect(run_url(repo, number, run))
    context = {
        "form": form,
        "heading": f"End {found.name}",
        "words": "The run is marked as ended now. A program that is still at it is not stopped, and may go on logging.",
        "verb": "End run",
        "back": run_url(repo, number, run),
    }
    return draw(request, repo, "tracking/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("POST", needs=Level.WRITE)
def tags(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """Set a tag, or remove the one that is named in `remove`."""
    run_page.run_of(repo, number, run)
    removed, form = request.POST.get("remove", ""), TagForm(request.POST)
    if removed:
        delete_tag(repository=repo, run_id=run, key=removed)
    elif form.is_valid():
        set_tags(repository=repo, run_id=run, tags=[(form.cleaned_data["key"], form.cleaned_data["value"])])
    else:
        messages.error(request, "A tag needs a key of at most 250 characters. Nothing was changed.")
    return redirect(run_url(repo, number, run) + "#tags")


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """Move a run to the trash, after a look at what that means."""
    found = run_page.run_of(repo, number, run)
    if request.method == "POST":
        delete_run(repository=repo, run_id=run, actor=actor_of(request))
        messages.success(request, f"{found.name} is in the trash. It can be restored from there.")
        return redirect(home_of(repo, "experiment", number=number))
    context = {
        "heading": f"Delete {found.name}",
        "words": "The run goes to the trash with all it has logged. Until it is restored, nothing can be added.",
        "verb": "Delete run",
        "back": run_url(repo, number, run),
    }
    return draw(request, repo, "tracking/deletion.html", context, active=TAB)


@repo_page("POST", needs=Level.WRITE)
def restoration(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """Bring a run back from the trash."""
    run_page.run_of(repo, number, run)
    restore_run(repository=repo, run_id=run)
    messages.success(request, "The run is back.")
    return redirect(run_url(repo, number, run))


def run_context(repo: Repository, run: Run, page: str) -> dict[str, Any]:
    """What the head of every page of a run shows."""
    return {
        "run": run,
        "colour": colour_of(run.pk),
        "experiment": run.experiment,
        "experiment_url": home_of(repo, "experiment", number=run.experiment.number),
        "experiments_url": home_of(repo),
        "here": run_url(repo, run.experiment.number, run.uuid),
        "short_id": run.uuid[:SHORT],
        "places": run_places(repo, run, page),
        "doomed": run.is_deleted and (is_doomed(Thing.RUN, run.pk) or is_doomed(Thing.EXPERIMENT, run.experiment_id)),
        "running": run.status in UNSETTLED and not run.is_deleted,
    }
