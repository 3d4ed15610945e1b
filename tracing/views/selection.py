"""What is done to the traces picked in a list: tag, add to a dataset, delete. Each asks once before it does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError, Invalid
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page
from tracing.forms import DatasetForm, TraceTagForm
from tracing.selectors.datasets import dataset_by_id, search_datasets
from tracing.selectors.traces import TraceDetail, traces_by_id
from tracing.services.dataset_traces import Added, add_traces
from tracing.services.datasets import create_dataset, dataset_not_found
from tracing.services.traces import delete_traces, set_trace_tag
from tracing.views.addresses import TAB, back_to, page_of
from tracing.views.trace import what_is_lost
from tracking.selectors.run_page import experiment_of

MOST_PICKED = 200
MOST_DATASETS = 200


def _picked(request: HttpRequest, repo: Repository, number: int) -> list[TraceDetail]:
    """The traces of the experiment that were picked. Raises Invalid for too many."""
    experiment_of(repo, number)
    wanted = list(dict.fromkeys(request.POST.getlist("trace")))
    if len(wanted) > MOST_PICKED:
        raise Invalid(f"At most {MOST_PICKED} traces at a time. Nothing was changed.")
    return traces_by_id(repo, [each for each in wanted if "\0" not in each], [number])


def _back(request: HttpRequest, repo: Repository, number: int) -> str:
    return back_to(request, page_of(repo, "traces", number=number))


def _none_picked(request: HttpRequest, back: str) -> HttpResponse:
    messages.warning(request, "No trace was picked, so nothing was changed.")
    return redirect(back)


@repo_page("POST", needs=Level.WRITE)
def tag(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Set a tag on the traces picked."""
    found, back = _picked(request, repo, number), _back(request, repo, number)
    if not found:
        return _none_picked(request, back)
    asked = "key" in request.POST
    form = TraceTagForm(request.POST if asked else None)
    if asked and form.is_valid():
        try:
            for each in found:
                set_trace_tag(repository=repo, trace_id=each.row.trace_id, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{_count(found)} tagged {form.cleaned_data['key']}.")
            return redirect(back)
    words = "A tag with the same key is replaced."
    return _ask(request, repo, found, f"Tag {_count(found)}", words, "Set tag", back, form=form)


@repo_page("POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Delete the traces picked, after a look at what goes with them."""
    found, back = _picked(request, repo, number), _back(request, repo, number)
    if not found:
        return _none_picked(request, back)
    if "confirm" in request.POST:
        ids = [each.row.trace_id for each in found]
        count = delete_traces(repository=repo, experiment_id=str(number), trace_ids=ids)
        messages.success(request, f"{count} trace{'s are' if count != 1 else ' is'} deleted.")
        return redirect(back)
    heading = f"Delete {_count(found)}"
    return _ask(request, repo, found, heading, what_is_lost(found), heading, back, danger=True)


@repo_page("POST", needs=Level.WRITE)
def dataset(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Make records of an evaluation dataset, there already or new, out of the traces picked."""
    found, back = _picked(request, repo, number), _back(request, repo, number)
    if not found:
        return _none_picked(request, back)
    chosen, form = request.POST.get("dataset", ""), DatasetForm(request.POST if "name" in request.POST else None)
    if chosen or (form.is_bound and form.is_valid()):
        try:
            made = _dataset(request, repo, number, chosen, form)
            added = add_traces(repository=repo, dataset_id=made, traces=found, user=actor_of(request).name)
        except HubError as error:
            messages.error(request, f"{error.message} Nothing was added.")
        else:
            messages.success(request, _told(added))
            return redirect(page_of(repo, "dataset", dataset=made))
    words = "What went in and came out, and what is expected, becomes a record; same inputs are one record."
    datasets = search_datasets(repo, [], order_by=["name ASC"], size=MOST_DATASETS).rows
    heading = f"Add {_count(found)} to a dataset"
    return _ask(request, repo, found, heading, words, "Add", back, form=form, datasets=datasets)


def _dataset(request: HttpRequest, repo: Repository, number: int, chosen: str, form: DatasetForm) -> str:
    """The id of the dataset that was chosen, or of a new one."""
    if not chosen:
        name = form.cleaned_data["name"]
        tags = {"mlflow.user": actor_of(request).name}
        return create_dataset(repository=repo, name=name, experiment_ids=[str(number)], tags=tags)
    if "\0" in chosen or dataset_by_id(repo, chosen) is None:
        raise dataset_not_found(chosen)
    return chosen


def _told(added: Added) -> str:
    words = [f"{added.new} record{'s are' if added.new != 1 else ' is'} new"]
    if added.joined:
        words.append(f"{added.joined} joined what was there")
    if added.skipped:
        words.append(f"{added.skipped} traces say nothing of what went in and were left out")
    return ", ".join(words) + "."


def _count(found: list[TraceDetail]) -> str:
    return f"{len(found)} trace{'s' if len(found) != 1 else ''}"


def _ask(
    request: HttpRequest, repo: Repository, found: list[TraceDetail], heading: str, words: str, verb: str, back: str,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    context = {
        "heading": heading,
        "words": words,
        "verb": verb,
        "back": back,
        "picked": [each.row.trace_id for each in found],
        **more,
    }
    form = more.get("form")
    status = 400 if form is not None and form.errors else 200
    return draw(request, repo, "tracing/selection.html", context, active=TAB, status=status)
