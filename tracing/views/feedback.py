"""What people say about a trace on its page: give, change, override, take back. The rows are those that clients see."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Forbidden, HubError, NotFound
from hub.lib.http import posted
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page
from tracing.forms import FeedbackForm
from tracing.models.assessments import AssessmentKind
from tracing.selectors.assessments import AssessmentRow, assessment
from tracing.services.assessments import (
    AssessmentGiven,
    create_assessment,
    delete_assessment,
    update_assessment,
    value_of,
)
from tracing.views.addresses import TAB, trace_url
from tracing.views.judgements import HUMAN, is_own
from tracing.views.trace import draw_trace, trace_of

_PLAIN = (str, int, float, bool)
_JSON = "JSON_FORMAT"


@repo_page("POST", needs=Level.WRITE)
def feedback(request: HttpRequest, repo: Repository, number: int, trace: str) -> HttpResponse:
    """Say something about a trace, or about one of its spans."""
    trace_of(repo, number, trace)
    form = FeedbackForm(request.POST)
    if form.is_valid():
        try:
            create_assessment(repository=repo, trace_id=trace, given=_given(form, actor_of(request).name))
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved.")
            return redirect(_back(repo, number, trace))
    return draw_trace(request, repo, number, trace, form)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def change(request: HttpRequest, repo: Repository, number: int, trace: str, assessment_id: str) -> HttpResponse:
    """Change what one has said oneself."""
    row = _own(request, repo, number, trace, assessment_id)
    form = _form(request, row)
    if request.method == "POST" and form.is_valid():
        given = _given(form, "")
        fields = {row.kind: given.body, "assessment_name": given.name, "rationale": given.rationale}
        try:
            update_assessment(
                repository=repo, trace_id=trace, assessment_id=assessment_id, fields=list(fields), given=fields
            )
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{given.name} is changed.")
            return redirect(_back(repo, number, trace))
    return _page(request, repo, form, f"Change {row.name}", "Save changes", _back(repo, number, trace))


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def override(request: HttpRequest, repo: Repository, number: int, trace: str, assessment_id: str) -> HttpResponse:
    """Say otherwise than somebody or something else did: theirs is kept, and no longer counts."""
    row = _row(repo, number, trace, assessment_id)
    form = _form(request, row)
    if request.method == "POST" and form.is_valid():
        given = _given(form, actor_of(request).name, overrides=assessment_id)
        try:
            create_assessment(repository=repo, trace_id=trace, given=given)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"Your {given.name} counts now. The one before is kept below it.")
            return redirect(_back(repo, number, trace))
    return _page(request, repo, form, f"Override {row.name}", "Override", _back(repo, number, trace))


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def removal(request: HttpRequest, repo: Repository, number: int, trace: str, assessment_id: str) -> HttpResponse:
    """Take back what one has said oneself; what it overrode counts again."""
    row = _own(request, repo, number, trace, assessment_id)
    if request.method == "POST":
        delete_assessment(repository=repo, trace_id=trace, assessment_id=assessment_id)
        messages.success(request, f"{row.name} is deleted.")
        return redirect(_back(repo, number, trace))
    again = " The one that it overrode counts again." if row.overrides else ""
    context = {
        "heading": f"Delete {row.name}",
        "words": f"Your {AssessmentKind(row.kind).label.lower()} is deleted for ever with its rationale.{again}",
        "verb": "Delete",
        "back": _back(repo, number, trace),
    }
    return draw(request, repo, "tracking/deletion.html", context, active=TAB)


def _back(repo: Repository, number: int, trace: str) -> str:
    return trace_url(repo, number, trace) + "#assessments"


def _row(repo: Repository, number: int, trace: str, assessment_id: str) -> AssessmentRow:
    trace_of(repo, number, trace)
    if "\0" in assessment_id:
        raise NotFound("This trace has no such assessment.")
    row = assessment(repo, trace, assessment_id)
    if row.kind == AssessmentKind.ISSUE:
        raise NotFound("Issues are changed by the program that found them.")
    return row


def _own(request: HttpRequest, repo: Repository, number: int, trace: str, assessment_id: str) -> AssessmentRow:
    row = _row(repo, number, trace, assessment_id)
    if not is_own(row, actor_of(request).name):
        raise Forbidden("This is not yours to change.", next_step="Override it: what was said before is kept.")
    return row


def _form(request: HttpRequest, row: AssessmentRow) -> FeedbackForm:
    """The form with what was said; the kind stays, and the name unless it is one's own."""
    value = value_of(row.kind, json.loads(row.body))
    shown, text = _as_form(value)
    initial = {"kind": row.kind, "name": row.name, "form": shown, "value": text, "rationale": row.rationale or ""}
    data = posted(request)
    if data is not None:
        data = data.copy()
        data["kind"], data["span"] = row.kind, row.span_id
    form = FeedbackForm(data, initial={**initial, "span": row.span_id})
    form.fields["kind"].disabled = True
    return form


def _as_form(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "yesno", "yes" if value else "no"
    if isinstance(value, (int, float)):
        return "number", f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, str):
        return "text", value
    return "json", "" if value is None else json.dumps(value, ensure_ascii=False)


def _given(form: FeedbackForm, user: str, *, overrides: str = "") -> AssessmentGiven:
    said = form.cleaned_data
    body: dict[str, Any] = {"value": said["judged"]}
    if said["kind"] == AssessmentKind.EXPECTATION and not isinstance(said["judged"], _PLAIN):
        body = {"serialized_value": {"serialization_format": _JSON, "value": json.dumps(said["judged"])}}
    return AssessmentGiven(
        kind=said["kind"],
        name=said["name"],
        body=body,
        source_type=HUMAN,
        source_id=user,
        span_id=said.get("span") or "",
        rationale=said["rationale"] or None,
        overrides=overrides,
    )


def _page(
    request: HttpRequest, repo: Repository, form: FeedbackForm, heading: str, verb: str, back: str
) -> HttpResponse:
    context = {"form": form, "heading": heading, "verb": verb, "back": back}
    return draw(request, repo, "tracking/form.html", context, active=TAB, status=400 if form.errors else 200)
