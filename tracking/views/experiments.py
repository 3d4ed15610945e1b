"""Pages of experiments: the list, and making, renaming and deleting one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from hub.lib.errors import HubError
from hub.lib.http import posted
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.forms import ExperimentForm
from tracking.models import Experiment, Thing
from tracking.places import experiment_facts, experiment_places
from tracking.selectors.experiment_list import experiments_with_newest_run, has_runs, newest_run_at
from tracking.selectors.run_page import experiment_of
from tracking.selectors.trash import is_doomed
from tracking.services.experiments import (
    DEFAULT_NUMBER,
    create_experiment,
    delete_experiment,
    ensure_default,
    rename_experiment,
)
from tracking.table_state import TableState
from tracking.views.snippets import first_run

PER_PAGE = 50
TAB = "experiments"


def home_of(repo: Repository, page: str = "experiments", **rest: Any) -> str:
    """The address of a page of tracking in the repository."""
    return reverse(f"tracking:{page}", kwargs={"owner": repo.owner.slug, "name": repo.name, **rest})


def experiment_context(repo: Repository, experiment: Experiment, page: str) -> dict[str, Any]:
    """What the head of every page of an experiment shows; `page` is the key of its tab."""
    return {
        "experiment": experiment,
        "doomed": experiment.is_deleted and is_doomed(Thing.EXPERIMENT, experiment.pk),
        "here": home_of(repo, "experiment", number=experiment.number),
        "places": experiment_places(repo, experiment, page),
    }


@repo_page()
def experiments(request: HttpRequest, repo: Repository) -> HttpResponse:
    """All experiments; while no run has come, how to send the first one. `with` opens those picked in one table."""
    picked = TableState.from_query(request.GET).experiments
    if picked:
        others = TableState(experiments=picked[1:]).to_query()
        return redirect(home_of(repo, "experiment", number=picked[0]) + (f"?{others}" if others else ""))
    page = Paginator(experiments_with_newest_run(repo), PER_PAGE).get_page(request.GET.get("page"))
    facts = experiment_facts(repo, list(page))
    started = has_runs(repo) or bool(facts)
    shown = [each for each in page if each.pk in facts or not _is_untouched_default(each)]
    context = {
        "page": page,
        "rows": [(each, newest_run_at(each), facts.get(each.pk, [])) for each in shown],
        "waiting": not started,
        "snippets": [] if started else first_run(request, repo),
    }
    return draw(request, repo, "tracking/experiments.html", context, part="tracking/_experiments.html", active=TAB)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def new_experiment(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Make an experiment."""
    form = ExperimentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            ensure_default(repository=repo)
            made = create_experiment(repository=repo, name=form.cleaned_data["name"], actor=actor_of(request))
        except HubError as error:
            form.add_error("name", said(error, form.cleaned_data["name"]))
        else:
            return redirect(home_of(repo, "experiment", number=made.number))
    context = {"form": form, "heading": "New experiment", "verb": "Create experiment", "back": home_of(repo)}
    return draw(request, repo, "tracking/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def rename(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Rename an experiment."""
    experiment = experiment_of(repo, number)
    form = ExperimentForm(posted(request), initial={"name": experiment.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_experiment(repository=repo, number=number, name=form.cleaned_data["name"])
        except HubError as error:
            form.add_error("name", said(error, form.cleaned_data["name"]))
        else:
            return redirect(home_of(repo, "experiment", number=number))
    back = home_of(repo, "experiment", number=number)
    context = {"form": form, "heading": f"Rename {experiment.name}", "verb": "Rename experiment", "back": back}
    return draw(request, repo, "tracking/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Move an experiment with its runs to the trash, after a look at what that means."""
    experiment = experiment_of(repo, number)
    if request.method == "POST":
        delete_experiment(repository=repo, number=number, actor=actor_of(request))
        messages.success(request, f"{experiment.name} and its runs are in the trash. They can be restored from there.")
        return redirect(home_of(repo))
    context = {
        "heading": f"Delete {experiment.name}",
        "words": _what_deletion_means(experiment),
        "verb": "Delete experiment",
        "back": home_of(repo, "experiment", number=number),
    }
    return draw(request, repo, "tracking/deletion.html", context, active=TAB)


def _is_untouched_default(experiment: Experiment) -> bool:
    """Experiment 0, which every repository has, is worth a row once somebody has used it."""
    return experiment.number == DEFAULT_NUMBER and not experiment.active_runs and not experiment.deleted_runs


def _what_deletion_means(experiment: Experiment) -> str:
    runs = experiment.active_runs
    what = f"Its {runs} runs go with it." if runs > 1 else "Its one run goes with it." if runs else "It has no runs."
    kept = f"for {settings.TRASH_DAYS} days" if settings.TRASH_DAYS else "until somebody empties it"
    return f"{what} Everything is kept in the trash {kept} and can be restored. The name is free for others at once."


def said(error: HubError, name: str) -> str:
    """What a service refused, in the words of a form."""
    if error.status == 409:
        return f"There is an experiment {name} already. Choose another name."
    return f"{error.message} {error.next_step}".strip()
