"""What can be changed about a run: its name, tags, ending, whether it is in the trash; and the head of its pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, HubError
from hub.lib.http import posted
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.charts import colour_of
from tracking.clock import now_ms
from tracking.forms import EndingForm, RunNameForm, TagForm
from tracking.models import Run, RunStatus, Thing
from tracking.places import run_places
from tracking.selectors import run_page
from tracking.selectors.trash import is_doomed
from tracking.services.runs import delete_run, restore_run, update_run
from tracking.services.tags import delete_tag, set_tags
from tracking.views.experiments import TAB, home_of
from tracking.views.runs import run_url

SHORT = 8
"""Digits of a run's id that its pages show."""
UNSETTLED = {RunStatus.RUNNING, RunStatus.SCHEDULED}


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
