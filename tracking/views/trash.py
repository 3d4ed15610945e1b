"""The trash of a repository: what lies there, restoring it, and deleting it for ever."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, HubError, Invalid
from hub.lib.http import posted
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.forms import RestoreForm
from tracking.models import Thing
from tracking.selectors.run_page import experiment_of
from tracking.selectors.trash import Trash, in_trash_with_keys, latest_purges
from tracking.selectors.trash_sizes import loss_of, trash_rows
from tracking.services.experiments import restore_experiment
from tracking.services.logged_models import restore_model
from tracking.services.purge_asking import ask_purge
from tracking.services.purge_work import told
from tracking.services.runs import restore_run
from tracking.views.experiments import TAB, home_of, said

PER_PAGE = 25
MOST_PICKED = 200
LABELS = {Thing.EXPERIMENT: "Experiments", Thing.RUN: "Runs", Thing.MODEL: "Logged models"}


@repo_page()
def trash(request: HttpRequest, repo: Repository) -> HttpResponse:
    """What lies in the trash by kind, and the purges of late; while one goes on, its part of the page is asked for."""
    found = Trash(repo)
    counts = found.counts()
    kind = _kind(request.GET.get("kind", ""), next((kind for kind in Thing if counts[kind]), Thing.EXPERIMENT))
    purges = latest_purges(repo)
    context: dict[str, Any] = {
        "purges": [(each, told(each)) for each in purges],
        "busy": any(each.finished_at is None for each in purges),
        "here": home_of(repo, "trash"),
    }
    if request.GET.get("part") == "purges":
        return draw(request, repo, "tracking/_purges.html", context, part="tracking/_purges.html", active=TAB)
    page = Paginator(found.things(kind), PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "kind": kind.value,
        "kinds": [(each.value, LABELS[each], counts[each], each is kind) for each in Thing],
        "rows": trash_rows(repo, kind, list(page)),
        "any": any(counts.values()),
        "days": settings.TRASH_DAYS,
        "experiments_url": home_of(repo),
    }
    return draw(request, repo, "tracking/trash.html", context, active=TAB)


@repo_page("POST", needs=Level.WRITE)
def restoration(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Bring back what was picked, all of one kind; an experiment whose name is taken asks for another."""
    kind, keys = _picked(request)
    things = in_trash_with_keys(repo, kind, keys)
    for thing in things:
        try:
            _restore(request, repo, kind, thing)
        except Conflict:
            return redirect(home_of(repo, "restore_experiment", number=thing.number))
    if things:
        what = things[0].name if len(things) == 1 else f"{len(things)} {LABELS[kind].lower()}"
        messages.success(request, f"Restored {what}.")
    else:
        messages.warning(request, "Nothing was picked that lies in the trash, so nothing was changed.")
    return redirect(home_of(repo, "trash") + f"?kind={kind.value}")


def _restore(request: HttpRequest, repo: Repository, kind: Thing, thing: Any) -> None:
    if kind is Thing.EXPERIMENT:
        restore_experiment(repository=repo, number=thing.number, actor=actor_of(request))
    elif kind is Thing.RUN:
        restore_run(repository=repo, run_id=thing.uuid)
    else:
        restore_model(repository=repo, model_id=thing.uuid)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def experiment_restoration(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Bring an experiment and all its runs back, under another name when its own is taken."""
    experiment = experiment_of(repo, number)
    form = RestoreForm(posted(request), initial={"name": experiment.name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"] or experiment.name
        try:
            restore_experiment(repository=repo, number=number, name=name, actor=actor_of(request))
        except Conflict as error:
            form = RestoreForm({"name": name})
            form.add_error("name", said(error, name))
        except HubError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The experiment and all its runs are back.")
            return redirect(home_of(repo, "experiment", number=number))
    context = {
        "form": form,
        "heading": f"Restore {experiment.name}",
        "verb": "Restore experiment",
        "back": home_of(repo, "trash"),
    }
    return draw(request, repo, "tracking/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("GET", "HEAD", "POST", needs=Level.ADMIN)
def purge(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Delete for ever what was picked, or all: first what that means, then, once the name is typed, it begins."""
    everything = "all" in (request.POST or request.GET)
    if everything:
        found = Trash(repo)
        chosen = {kind: found.keys(kind) for kind in Thing}
    else:
        kind, keys = _picked(request)
        chosen = {kind: keys}
    error = ""
    if "confirm" in request.POST:
        if request.POST["confirm"].strip() == repo.full_name:
            ask_purge(repository=repo, chosen=chosen, actor=actor_of(request))
            return redirect(home_of(repo, "trash"))
        error = f"Type {repo.full_name} to confirm."
    context = {
        "loss": loss_of(repo, chosen),
        "everything": everything,
        "picked": [] if everything else keys,
        "kind": "" if everything else kind.value,
        "back": home_of(repo, "trash") + ("" if everything else f"?kind={kind.value}"),
        "error": error,
    }
    return draw(request, repo, "tracking/purge.html", context, active=TAB, status=400 if error else 200)


def _kind(word: str, usual: Thing) -> Thing:
    return Thing(word) if word in Thing.values else usual


def _picked(request: HttpRequest) -> tuple[Thing, list[int]]:
    """The kind and keys in a form, or only the one whose own button was pressed. Raises Invalid for too many."""
    given = request.POST or request.GET
    picked = [given["only"]] if "only" in given else given.getlist("pick")
    if len(picked) > MOST_PICKED:
        raise Invalid(f"At most {MOST_PICKED} things at a time. Nothing was changed.")
    keys = [int(each) for each in picked if each.isascii() and each.isdecimal() and len(each) < 19]
    return _kind(given.get("kind", ""), Thing.EXPERIMENT), keys
