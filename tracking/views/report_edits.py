"""Writing reports in the browser: new ones, changes, a preview, and blocks made of a runs table's address."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid, TooLarge
from hub.lib.http import posted
from repos.git import objects
from repos.git.objects import Missing, Place
from repos.models import Repository
from repos.paths import git_dir
from repos.services import protection
from repos.views.frame import READING, actor_of, draw, refuse, repo_page
from tracking.forms import ReportForm
from tracking.models import Experiment
from tracking.reports.blocks import LONGEST_BLOCK, MOST_CURVES, MOST_ROWS, Chosen, as_text, in_list
from tracking.reports.document import LONGEST, read_report
from tracking.selectors.reports import ReportFile, chosen_runs, differing, path_of, report_at, reports_at
from tracking.selectors.run_page import experiment_of
from tracking.services.reports import save_report
from tracking.table_state import SORTABLE, TableState
from tracking.views.report_blocks import logged
from tracking.views.report_samples import first_text, samples
from tracking.views.reports import TAB, body_context, report_url

BOTH = (*READING, "POST")


@repo_page(*BOTH, needs=Level.WRITE)
def new_report(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Write a report; `add` is a block to begin with."""
    place = _branch(repo, request.GET.get("at", ""))
    added = _added(request)
    text = f"# \n\n{added}" if added else first_text(repo)
    form = ReportForm(posted(request), initial={"content": text, **_target(request, repo, place)})
    if request.method == "POST" and form.is_valid():
        done = _save(request, repo, place, form, form.cleaned_data["name"], "")
        if done:
            return done
    return _page(request, repo, place, form, None)


@repo_page(*BOTH, needs=Level.WRITE)
def edit_report(request: HttpRequest, repo: Repository, report: str) -> HttpResponse:
    """Change a report; `add` is a block to put at its end."""
    place = _branch(repo, request.GET.get("at", ""))
    try:
        found = report_at(repo, place.ref, report)
    except Missing:
        return _vanished(request, repo, place, report)
    added = _added(request)
    text = f"{found.text.rstrip()}\n\n{added}" if added else found.text
    initial = {"content": text, "seen": found.entry.id, **_target(request, repo, place)}
    form = ReportForm(posted(request), initial=initial)
    del form.fields["name"]  # The address says it.
    if request.method == "POST" and form.is_valid():
        done = _save(request, repo, place, form, report, form.cleaned_data["seen"] or found.entry.id)
        if done:
            return done
    return _page(request, repo, place, form, found)


@repo_page("POST", needs=Level.WRITE)
def report_preview(request: HttpRequest, repo: Repository) -> HttpResponse:
    """The text that is being written, drawn; nothing is kept."""
    text = request.POST.get("content", "")
    if len(text) > LONGEST:
        raise TooLarge(f"A report has at most {LONGEST // 1024} KiB.", field="content")
    place = None
    if not repo.is_empty:
        place = objects.resolve(git_dir(repo), repo.default_branch)
    parsed = read_report(text)
    context = {**body_context(repo, place, parsed), "title": parsed.title or "Preview", "is_preview": True}
    part = "tracking/_report_body.html"
    return draw(request, repo, "tracking/report_preview.html", context, part=part, active=TAB)


@repo_page()
def report_snippet(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The runs table of this address as blocks to copy, or to put into a report."""
    experiment = experiment_of(repo, number)
    state = TableState.from_query(request.GET)
    order = [sort.text for sort in state.sorts if sort.key in SORTABLE[:-1] or "." in sort.key]
    which = {"experiment": experiment.name, "filter": state.text, "order": [_bare(each) for each in order]}
    columns = [_bare(each) for each in logged(state.columns)]
    blocks = [("Table", as_text("runs", {**which, "columns": columns, "limit": str(min(state.size, MOST_ROWS))}))]
    shown = logged(state.columns) or ([] if experiment.is_deleted else _shown(repo, experiment))
    metrics = [each.partition(".")[2] for each in shown if each.startswith("metrics.")]
    if metrics:
        blocks.append(("Chart", as_text("chart", {**which, "metric": [in_list(each) for each in metrics[:4]]})))
    place = None if repo.is_empty else objects.resolve(git_dir(repo), repo.default_branch)
    context = {
        "experiment": experiment,
        "blocks": blocks,
        "rows": [(row, report_url(repo, "edit_report", report=row.name)) for row in reports_at(repo, place)]
        if place
        else [],
        "new_url": report_url(repo, "new_report"),
    }
    return draw(request, repo, "tracking/report_snippet.html", context, active=TAB)


def _shown(repo: Repository, experiment: Experiment) -> list[str]:
    """The columns that a table shows where nobody has chosen any."""
    runs, _ = chosen_runs(repo, Chosen(runs=(), experiment=experiment.name, limit=MOST_CURVES))
    return differing(runs)


def _bare(key: str) -> str:
    """A column or an order as blocks write it."""
    kind, dot, label = key.partition(".")
    return f"{kind}.{in_list(label)}" if dot else key


def _added(request: HttpRequest) -> str:
    return request.GET.get("add", "")[:LONGEST_BLOCK].replace("\r\n", "\n")


def _branch(repo: Repository, ref: str) -> Place:
    """The branch that a commit goes to; the one that is not born yet while the repository is empty."""
    if repo.is_empty and ref in ("", repo.default_branch):
        return Place("branch", repo.default_branch, "")
    place = objects.resolve(git_dir(repo), ref or repo.default_branch)
    if place.kind != "branch" or place.path:
        raise Invalid("Commits go to branches; that is a tag or a commit.", next_step="Choose a branch first.")
    return place


def _save(
    request: HttpRequest, repo: Repository, place: Place, form: ReportForm, name: str, seen: str
) -> HttpResponse | None:
    """Commit and lead to the report; None when it was refused, the reason then stands in the form."""
    values = form.cleaned_data
    try:
        update = save_report(
            actor=actor_of(request),
            repository=repo,
            branch=place.ref,
            name=name,
            text=values["content"],
            seen=seen,
            message=form.full_message(f"{'Update' if seen else 'Add'} report {name}"),
            new_branch=values["new_branch"],
        )
    except HubError as error:
        form.refusal = error  # type: ignore[attr-defined]
        refuse(form, error)
        return None
    messages.success(request, f"Committed {update.new[:10]} to {update.name}.")
    at = "" if update.name == repo.default_branch else update.name
    return redirect(report_url(repo, "report", report=name, at=at))


def _page(
    request: HttpRequest,
    repo: Repository,
    place: Place,
    form: ReportForm,
    found: ReportFile | None,
    status: int = 0,
    name: str = "",
) -> HttpResponse:
    """The form; after a refusal with its status, the text kept, and the report's present state as the new start."""
    refusal: HubError | None = getattr(form, "refusal", None)
    status = status or (refusal.status if refusal else 400 if form.is_bound and form.errors else 200)
    if isinstance(refusal, Conflict) and found:
        form.data = cast(QueryDict, form.data).copy()
        form.data["seen"] = found.entry.id
    default = place.ref == repo.default_branch
    context: dict[str, Any] = {
        "form": form,
        "place": place,
        "report": found,
        "name": name,
        "is_stale": isinstance(refusal, Conflict) and found is not None,
        "may_commit": _may_commit(request, repo, place),
        "samples": samples(repo, place),
        "preview_url": report_url(repo, "report_preview"),
        "cancel_url": report_url(repo, "report", report=found.name, at="" if default else place.ref)
        if found
        else report_url(repo, at="" if default else place.ref),
        "placeholder": f"Update report {found.name}" if found else "Add a report",
    }
    return draw(request, repo, "tracking/report_edit.html", context, active=TAB, status=status)


def _vanished(request: HttpRequest, repo: Repository, place: Place, name: str) -> HttpResponse:
    """The report was deleted while somebody wrote: their text is kept, to be committed as a new one."""
    if request.method != "POST":
        raise Missing(path_of(name))
    data = request.POST.copy()
    data["seen"] = ""
    form = ReportForm(data, initial=_target(request, repo, place))
    del form.fields["name"]
    if form.is_valid() and not request.POST.get("seen"):
        done = _save(request, repo, place, form, name, "")
        if done:
            return done
    elif form.is_valid():
        form.add_error(None, "The report was deleted meanwhile. Your text is kept below; commit it as a new one.")
    return _page(request, repo, place, form, None, status=409, name=name)


def _target(request: HttpRequest, repo: Repository, place: Place) -> dict[str, str]:
    """Where a commit goes unless its writer says otherwise: to a new branch when this one is protected."""
    direct = _may_commit(request, repo, place)
    return {"target": "branch" if direct else "new", "new_branch": f"{actor_of(request).name}-report-1"}


def _may_commit(request: HttpRequest, repo: Repository, place: Place) -> bool:
    try:
        protection.check_branch(actor=actor_of(request), repository=repo, branch=place.ref)
    except Forbidden:
        return False
    return True
