"""The page of a run: overview, metrics, machine, and what can be changed about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe

from accounts.levels import Level
from hub.lib.errors import HubError
from hub.lib.http import posted
from hub.lib.render import markdown
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.charts import colour_of
from tracking.forms import NotesForm, RunNameForm, TagForm
from tracking.models import Run, RunStatus, Thing
from tracking.places import run_parts, run_places
from tracking.selectors import run_page, run_table
from tracking.selectors.trash import is_doomed
from tracking.services.runs import delete_run, restore_run, update_run
from tracking.services.tags import delete_tag, set_tags
from tracking.views.experiments import TAB, home_of
from tracking.views.runs import run_url
from tracking.views.snippets import load_run

UNSETTLED = {RunStatus.RUNNING, RunStatus.SCHEDULED}


@repo_page()
def overview(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """What a run is, what it was told and what came out; the facts stay true while it goes on."""
    found = run_page.run_of(repo, number, run)
    tags = run_page.tags_of(found)
    models = run_page.models_of(found)
    commit = tags.get(run_table.COMMIT, "")
    context = {
        **run_context(repo, found, "overview"),
        "metrics": [each for each in run_page.latest_metrics(found) if not each.key.startswith(run_page.SYSTEM)],
        "params": run_page.params_of(found),
        "tags": [(key, value) for key, value in tags.items() if not key.startswith("mlflow.")],
        "tag_form": TagForm(),
        "notes": _notes_html(tags.get(run_page.NOTE, "")),
        "user": found.user_name or tags.get(run_table.USER, ""),
        "source": tags.get(run_table.SOURCE, ""),
        "commit": commit,
        "commit_known": bool(run_table.commits_here(repo, [commit])),
        "parent": run_page.parent_of(found, tags),
        "children": run_page.children_of(found),
        "datasets": run_page.datasets_of(found),
        "models": models,
        "parts": run_parts(request, repo, found, aside=False),
        "aside_parts": run_parts(request, repo, found, aside=True),
        "snippets": load_run(request, found, models),
    }
    return draw(request, repo, "tracking/run.html", context, part="tracking/_run_live.html", active=TAB)


def _notes_html(text: str) -> SafeString | None:
    return mark_safe(markdown.render(text)) if text else None  # noqa: S308 (hub.lib.render gives safe HTML only)


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
def notes(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """Write the notes of a run."""
    found = run_page.run_of(repo, number, run)
    form = NotesForm(posted(request), initial={"text": run_page.tags_of(found).get(run_page.NOTE, "")})
    if request.method == "POST" and form.is_valid():
        try:
            set_tags(repository=repo, run_id=run, tags=[(run_page.NOTE, form.cleaned_data["text"])])
        except HubError as error:
            form.add_error("text", error.message)
        else:
            return redirect(run_url(repo, number, run))
    heading, back = f"Notes on {found.name}", run_url(repo, number, run)
    context = {"form": form, "heading": heading, "verb": "Save notes", "back": back, "wide": True}
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
        "places": run_places(repo, run, page),
        "doomed": run.is_deleted and (is_doomed(Thing.RUN, run.pk) or is_doomed(Thing.EXPERIMENT, run.experiment_id)),
        "running": run.status in UNSETTLED and not run.is_deleted,
    }
