"""The pages of evaluation datasets: the list, the records of one, and what can be changed about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError, Invalid, NotFound
from hub.lib.http import posted
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page
from tracing.forms import DatasetForm, ExpectationsForm, TraceTagForm
from tracing.selectors.datasets import (
    DatasetRow,
    RecordRow,
    dataset_by_id,
    homes_of_traces,
    one_record,
    records_of,
    runs_with,
    search_datasets,
)
from tracing.services import datasets as services
from tracing.shapes import Shape, shape_of
from tracing.views.addresses import TAB, page_of, run_url, trace_url
from tracing.views.rows import moment
from tracing.views.snippets import first_dataset, load_dataset
from tracking.rules import HIGH

PER_PAGE = 50
RECORDS_PER_PAGE = 25
MOST_PICKED = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A dataset in the list."""

    row: DatasetRow
    url: str
    records: int
    changed: datetime


@repo_page()
def datasets(request: HttpRequest, repo: Repository) -> HttpResponse:
    """All evaluation datasets of the repository, the latest first; `q`: part of a name."""
    text, number = request.GET.get("q", "").strip()[:250], _page_number(request)
    found = search_datasets(repo, [], filter_text=_named_like(text), size=PER_PAGE, offset=(number - 1) * PER_PAGE)
    context = {
        "rows": [_listed(repo, row) for row in found.rows],
        "text": text,
        "here": page_of(repo, "datasets"),
        "previous_page": number - 1,
        "next_page": number + 1 if found.more else 0,
        "snippets": [] if found.rows or text or number > 1 else first_dataset(request, repo),
    }
    return draw(request, repo, "tracing/datasets.html", context, active=TAB)


def _named_like(text: str) -> str:
    """The filter for a part of a name; quotes cannot be said in the language, so they match any character."""
    word = "".join("_" if sign in "'\"\\\0" else sign for sign in text)
    return f"name ILIKE '%{word}%'" if text else ""


def _page_number(request: HttpRequest) -> int:
    page = request.GET.get("page", "1")
    return int(page) if page.isascii() and page.isdecimal() and len(page) < 6 and int(page) else 1


def _listed(repo: Repository, row: DatasetRow) -> Listed:
    url = page_of(repo, "dataset", dataset=row.dataset_id)
    return Listed(row, url, records_in(row), moment(row.updated_at))


def records_in(row: DatasetRow) -> int:
    """How many records a dataset has, as its profile says."""
    try:
        count = json.loads(row.profile or "{}").get("num_records", 0)
    except (ValueError, AttributeError):
        return 0
    return count if isinstance(count, int) else 0


def dataset_of(repo: Repository, dataset: str) -> DatasetRow:
    """The dataset with this id; raises NotFound."""
    found = None if "\0" in dataset else dataset_by_id(repo, dataset)
    if found is None:
        raise NotFound("There is no such evaluation dataset.", next_step="Look for it among the datasets.")
    return found


@dataclass(frozen=True, slots=True)
class Record:
    """A record as the page draws it; `trace` is the address of the trace that it came from, if that is still there."""

    id: str
    inputs: Shape
    outputs: Shape
    expectations: Shape
    source: str
    trace: str
    by: str
    created: datetime


@repo_page()
def dataset(request: HttpRequest, repo: Repository, dataset: str) -> HttpResponse:
    """A dataset: its records in the order of their arrival, its tags, its experiments, the runs that used it."""
    found = dataset_of(repo, dataset)
    page = records_of(found.pk, size=RECORDS_PER_PAGE, after=_after(request.GET.get("after", "")))
    homes = homes_of_traces(repo, [row.source_id for row in page.rows if row.source_id])
    last = page.rows[-1] if page.more else None
    context = {
        "dataset": found,
        "count": records_in(found),
        "here": page_of(repo, "dataset", dataset=dataset),
        "list_url": page_of(repo, "datasets"),
        "records": [_record(repo, row, homes) for row in page.rows],
        "after": request.GET.get("after", ""),
        "next_place": f"{last.created_at}~{last.record_id}" if last else "",
        "tags": [(key, value) for key, value in sorted(found.tags.items()) if not key.startswith("mlflow.")],
        "tag_form": TraceTagForm(),
        "experiments": [(number, page_of(repo, "evaluations", number=number)) for number in found.experiments],
        "runs": [(run.name, run_url(run, repo)) for run in runs_with(repo, found.name)],
        "changed": moment(found.updated_at),
        "created": moment(found.created_at),
        "snippets": load_dataset(request, repo, dataset),
    }
    return draw(request, repo, "tracing/dataset.html", context, active=TAB)


def _after(text: str) -> tuple[int, str] | None:
    time, _, record = text.partition("~")
    known = time.isascii() and time.isdecimal() and len(time) < 19 and int(time) <= HIGH and "\0" not in record
    return (int(time), record) if known and record else None


def _record(repo: Repository, row: RecordRow, homes: dict[str, int]) -> Record:
    home = homes.get(row.source_id)
    return Record(
        row.record_id, _shape(row.inputs), _shape(row.outputs), _shape(row.expectations), row.source_type,
        "" if home is None else trace_url(repo, home, row.source_id), row.created_by, moment(row.created_at),
    )  # fmt: skip


def _shape(text: str | None) -> Shape:
    return shape_of(None if text is None else json.loads(text))


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def new(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Make an empty dataset."""
    form = DatasetForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            tags = {services.USER_TAG: actor_of(request).name}
            made = services.create_dataset(repository=repo, name=form.cleaned_data["name"], tags=tags)
        except HubError as error:
            refuse(form, error)
        else:
            return redirect(page_of(repo, "dataset", dataset=made))
    back = page_of(repo, "datasets")
    context = {"form": form, "heading": "New evaluation dataset", "verb": "Create dataset", "back": back}
    return draw(request, repo, "tracking/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("POST", needs=Level.WRITE)
def tags(request: HttpRequest, repo: Repository, dataset: str) -> HttpResponse:
    """Set a tag, or remove the one that is named in `remove`."""
    dataset_of(repo, dataset)
    removed, form = request.POST.get("remove", ""), TraceTagForm(request.POST)
    try:
        if removed:
            services.delete_dataset_tag(repository=repo, dataset_id=dataset, key=removed.replace("\0", ""))
        elif form.is_valid():
            words = {form.cleaned_data["key"]: form.cleaned_data["value"]}
            services.set_dataset_tags(repository=repo, dataset_id=dataset, tags=words)
        else:
            messages.error(request, "A tag needs a key of at most 250 characters. Nothing was changed.")
    except HubError as error:
        messages.error(request, f"{error.message} Nothing was changed.")
    return redirect(page_of(repo, "dataset", dataset=dataset) + "#tags")


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def expectations(request: HttpRequest, repo: Repository, dataset: str, record: str) -> HttpResponse:
    """Say what is expected of a record."""
    found = dataset_of(repo, dataset)
    row = None if "\0" in record else one_record(found.pk, record)
    if row is None:
        raise NotFound("The dataset has no such record.")
    text = json.dumps(json.loads(row.expectations or "{}"), ensure_ascii=False, indent=2)
    form = ExpectationsForm(posted(request), initial={"expectations": text})
    back = page_of(repo, "dataset", dataset=dataset)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data["expectations"]
        try:
            services.set_expectations(
                repository=repo, dataset_id=dataset, record_id=record, expectations=said, user=actor_of(request).name
            )
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, "The expectations are saved.")
            return redirect(back)
    heading = f"Expectations in {found.name}"
    context = {"form": form, "heading": heading, "verb": "Save expectations", "back": back, "wide": True,
               "inputs": _shape(row.inputs)}  # fmt: skip
    return draw(request, repo, "tracing/expectations.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("POST", needs=Level.WRITE)
def records_deletion(request: HttpRequest, repo: Repository, dataset: str) -> HttpResponse:
    """Delete the records picked, after a look at what goes."""
    found = dataset_of(repo, dataset)
    picked = [each for each in request.POST.getlist("record") if "\0" not in each]
    if len(picked) > MOST_PICKED:
        raise Invalid(f"At most {MOST_PICKED} records at a time. Nothing was changed.")
    back = page_of(repo, "dataset", dataset=dataset)
    if not picked:
        messages.warning(request, "No record was picked, so nothing was changed.")
        return redirect(back)
    if "confirm" in request.POST:
        count = services.delete_records(repository=repo, dataset_id=dataset, record_ids=picked)
        messages.success(request, f"{count} record{'s are' if count != 1 else ' is'} deleted.")
        return redirect(back)
    heading = f"Delete {len(picked)} record{'s' if len(picked) != 1 else ''} of {found.name}"
    words = "Their inputs, outputs and expectations are deleted for ever. Traces that they came from stay."
    context = {"heading": heading, "words": words, "verb": "Delete records", "back": back, "picked": picked,
               "picked_name": "record", "danger": True}  # fmt: skip
    return draw(request, repo, "tracing/selection.html", context, active=TAB)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, dataset: str) -> HttpResponse:
    """Delete a dataset for ever, after its name was typed."""
    found = dataset_of(repo, dataset)
    error, home = "", page_of(repo, "dataset", dataset=dataset)
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == found.name.strip():
            services.delete_dataset(repository=repo, dataset_id=dataset)
            messages.success(request, f"{found.name} is deleted.")
            return redirect(page_of(repo, "datasets"))
        error = "This is not its name. Nothing was deleted."
    context = {"dataset": found, "count": records_in(found), "here": home, "error": error}
    page = "tracing/dataset_deletion.html"
    return draw(request, repo, page, context, active=TAB, status=400 if error else 200)
