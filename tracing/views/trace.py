"""The page of one trace: its spans over time, one of them in full, what was said about it, and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError, NotFound, TooLarge
from hub.lib.http import untrusted, wants_part
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracing.export import trace_json
from tracing.forms import FeedbackForm, TraceTagForm
from tracing.rules import SESSION, TRACE_NAME, USER
from tracing.selectors.span_pages import linked_prompts, spans_size, steps_of
from tracing.selectors.trace_facts import run_of_model, runs_of
from tracing.selectors.traces import TraceDetail, spans_of, trace_detail
from tracing.services.traces import delete_trace_tag, delete_traces, set_trace_tag
from tracing.times import took_text, took_text_ms
from tracing.views.addresses import TAB, frame_of, page_of, prompt_url, run_url, trace_url
from tracing.views.judgements import judgements_of
from tracing.views.rows import moment, preview, state_of
from tracing.views.spans import LINES, lines_of, span_context
from tracing.waterfall import Waterfall, waterfall
from tracking.models import Experiment
from tracking.selectors.run_page import experiment_of
from tracking.selectors.run_table import COMMIT, commits_here

LARGEST_JSON = 64_000_000
TICKS = 3
_HIDDEN = "mlflow."
_MODEL = "mlflow.modelId"


def trace_of(repo: Repository, number: int, trace: str) -> tuple[Experiment, TraceDetail]:
    """The experiment and the trace in it; raises NotFound."""
    experiment = experiment_of(repo, number)
    if "\0" in trace:
        raise NotFound("This experiment has no such trace.")
    found = trace_detail(repo, trace)
    if found.row.experiment != number:
        raise NotFound("This experiment has no such trace.", next_step="Look for it among its traces.")
    return experiment, found


@repo_page()
def trace(request: HttpRequest, repo: Repository, number: int, trace: str) -> HttpResponse:
    """The whole page; `span` is the one shown in full, `from` the first line of long trees."""
    return draw_trace(request, repo, number, trace)


def draw_trace(
    request: HttpRequest, repo: Repository, number: int, trace: str, form: FeedbackForm | None = None
) -> HttpResponse:
    """The page, with a form that was not understood where there is one."""
    experiment, found = trace_of(repo, number, trace)
    fall = waterfall(steps_of(found.row.pk))
    wanted = request.GET.get("span", "")
    at = fall.place_of(wanted) if wanted else None
    begin = _begin(request.GET.get("from", ""), at, len(fall.lines))
    shown = fall.lines[at].step.span_id if at is not None else (fall.lines[0].step.span_id if fall.lines else "")
    here = trace_url(repo, number, trace)
    context = {
        **frame_of(repo, experiment, "traces"),
        **_facts(repo, found, fall),
        "trace_here": here,
        "lines": lines_of(fall, begin),
        "begin": begin,
        "end": min(begin + LINES, len(fall.lines)),
        "before": max(0, begin - LINES) if begin else None,
        "behind": begin + LINES if begin + LINES < len(fall.lines) else None,
        "ticks": ["0", *(took_text(fall.seconds * tick / (TICKS - 1)) for tick in range(1, TICKS))],
        "shown_span": shown,
        **(span_context(repo, found, shown, here) if shown else {}),
        "judgements": judgements_of(found, actor_of(request).name),
        "form": form or FeedbackForm(initial={"span": wanted}),
        "tag_form": TraceTagForm(),
    }
    return draw(request, repo, "tracing/trace.html", context, active=TAB, status=400 if form else 200)


def _begin(text: str, at: int | None, count: int) -> int:
    """The first line that is shown: as asked, or so that the span asked for is among them."""
    if text.isascii() and text.isdecimal() and len(text) < 7:
        return min(int(text), max(0, count - 1)) // LINES * LINES
    return 0 if at is None else at // LINES * LINES


@dataclass(frozen=True, slots=True)
class Link:
    """Something that the trace belongs to; without an address where it is not here."""

    label: str
    url: str


def _facts(repo: Repository, found: TraceDetail, fall: Waterfall) -> dict[str, Any]:
    row, said = found.row, found.metadata
    commit = said.get(COMMIT, "")
    runs = runs_of(repo, [found]).get(row.pk, [])
    prompts = linked_prompts(row.pk)
    return {
        "trace": row,
        "title": preview(row.request_preview) or found.tags.get(TRACE_NAME, "") or row.trace_id,
        "trace_name": found.tags.get(TRACE_NAME, ""),
        "state": state_of(row.state),
        "started": moment(row.request_time),
        "took": took_text_ms(row.duration),
        "tokens": found.tokens,
        "cost": found.cost,
        "span_count": len(fall.lines),
        "failed": sum(line.step.status == "ERROR" for line in fall.lines),
        "session": said.get(SESSION, ""),
        "user": said.get(USER, ""),
        "runs": [Link(run.name, run_url(run, repo)) for run in runs],
        "prompts": [Link(f"{name} v{version}", prompt_url(repo, name, version)) for name, version in prompts],
        "model_id": said.get(_MODEL, ""),
        "model_url": _model_url(repo, said.get(_MODEL, "")),
        "commit": commit,
        "commit_known": bool(commit and commits_here(repo, [commit])),
        "tags": [(key, value) for key, value in sorted(found.tags.items()) if not key.startswith(_HIDDEN)],
        "metadata": sorted(said.items()),
    }


def _model_url(repo: Repository, model: str) -> str:
    run = run_of_model(repo, model) if model else None
    return f"{run_url(run, repo)}/models/{model}" if run else ""


@repo_page()
def span(request: HttpRequest, repo: Repository, number: int, trace: str, span: str) -> HttpResponseBase:
    """One span in full, for the page that shows its trace already."""
    here = trace_url(repo, number, trace)
    if not wants_part(request):
        return redirect(f"{here}?span={span}")
    _, found = trace_of(repo, number, trace)
    context = {"trace_here": here, **span_context(repo, found, span, here)}
    return draw(request, repo, "tracing/_span.html", context, part="tracing/_span.html", active=TAB)


@repo_page()
def document(request: HttpRequest, repo: Repository, number: int, trace: str) -> HttpResponseBase:
    """The trace as JSON, all of it, or only one span with `span`."""
    _, found = trace_of(repo, number, trace)
    one = request.GET.get("span", "")[:16].replace("\0", "")
    if spans_size(found.row.pk, one) > LARGEST_JSON:
        raise TooLarge(
            "The trace is larger than is given as one file.", next_step="Read it with mlflow.get_trace(trace_id)."
        )
    spans = spans_of([found])[found.row.pk]
    content = b"".join(trace_json(found, [each for each in spans if not one or each.span_id == one]))
    return untrusted(
        request,
        filename=f"{trace}{f'-{one}' if one else ''}.json",
        size=len(content),
        open_range=lambda offset, length: iter([content[offset : offset + length]]),
        content_type="application/json",
        download=True,
    )


@repo_page("POST", needs=Level.WRITE)
def tags(request: HttpRequest, repo: Repository, number: int, trace: str) -> HttpResponse:
    """Set a tag, or remove the one that is named in `remove`."""
    _, found = trace_of(repo, number, trace)
    removed, form = request.POST.get("remove", ""), TraceTagForm(request.POST)
    try:
        if removed:
            if removed in found.tags:
                delete_trace_tag(repository=repo, trace_id=trace, key=removed)
        elif form.is_valid():
            set_trace_tag(repository=repo, trace_id=trace, **form.cleaned_data)
        else:
            messages.error(request, "A tag needs a key of at most 250 characters. Nothing was changed.")
    except HubError as error:
        messages.error(request, f"{error.message} Nothing was changed.")
    return redirect(trace_url(repo, number, trace) + "#tags")


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, number: int, trace: str) -> HttpResponse:
    """Delete a trace for ever, after a look at what goes with it."""
    _, found = trace_of(repo, number, trace)
    if request.method == "POST":
        delete_traces(repository=repo, experiment_id=str(number), trace_ids=[trace])
        messages.success(request, "The trace is deleted.")
        return redirect(page_of(repo, "traces", number=number))
    context = {
        "heading": "Delete this trace",
        "words": what_is_lost([found]),
        "verb": "Delete trace",
        "back": trace_url(repo, number, trace),
    }
    return draw(request, repo, "tracking/deletion.html", context, active=TAB)


def what_is_lost(found: list[TraceDetail]) -> str:
    """What deleting traces takes along, in words."""
    judged = sum(len(each.assessments) for each in found)
    count = f"{len(found)} traces are" if len(found) > 1 else "The trace is"
    also = f", and {judged} assessment{'s' if judged > 1 else ''}" if judged else ""
    return (
        f"{count} deleted for ever with spans, tags and files{also}. There is no trash for traces. "
        "Records of evaluation datasets that were made from them stay."
    )
