"""A trace as a row of a list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from repos.models import Repository
from tracing.messages import messages_of
from tracing.models.assessments import AssessmentKind
from tracing.models.traces import TraceState
from tracing.rules import LAST_MS, SESSION, TRACE_NAME, USER
from tracing.selectors.assessments import AssessmentRow
from tracing.selectors.trace_facts import runs_of, span_counts
from tracing.selectors.traces import TraceDetail
from tracing.services.assessments import value_of
from tracing.times import took_text_ms
from tracing.views.addresses import run_url, trace_url

COLUMNS = {
    "response": "Response",
    "name": "Name",
    "time": "Time",
    "latency": "Latency",
    "tokens": "Tokens",
    "spans": "Spans",
    "assessments": "Assessments",
    "tags": "Tags",
    "user": "User",
    "session": "Session",
    "run": "Run",
    "version": "Version",
}
DEFAULT_COLUMNS = ("response", "time", "latency", "tokens", "spans", "assessments", "tags", "run")
_MODEL, _COMMIT = "mlflow.modelId", "mlflow.source.git.commit"
STATES = {
    TraceState.OK.value: ("circle-check", "good", "OK"),
    TraceState.ERROR.value: ("circle-x", "bad", "Error"),
    TraceState.IN_PROGRESS.value: ("loader", "info", "In progress"),
}


@dataclass(frozen=True, slots=True)
class State:
    """A state as it is drawn."""

    icon: str
    kind: str
    label: str


def state_of(word: str) -> State:
    """How a state of a trace is drawn."""
    return State(*STATES.get(word, ("circle-question-mark", "quiet", "Unknown")))


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement in few characters. `mood` is good, bad or nothing; `said` is the value."""

    name: str
    said: str
    mood: str
    error: str = ""
    kind: str = AssessmentKind.FEEDBACK.value


def judged(row: AssessmentRow) -> Judged:
    """A judgement of a trace in few characters."""
    body = json.loads(row.body)
    value = value_of(row.kind, body)
    error = body.get("error")
    if isinstance(error, dict):
        words = str(error.get("error_message") or error.get("error_code") or "It failed.")
        return Judged(row.name, "error", "bad", words, row.kind)
    return Judged(row.name, said(value), mood_of(value) if row.kind == AssessmentKind.FEEDBACK else "", "", row.kind)


def said(value: Any, longest: int = 60) -> str:
    """A judged value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def mood_of(value: Any) -> str:
    """Whether a value plainly says good or bad."""
    if isinstance(value, str):
        value = {"yes": True, "no": False, "true": True, "false": False, "pass": True, "fail": False}.get(value.lower())
    return {True: "good", False: "bad"}[value] if isinstance(value, bool) else ""


@dataclass(frozen=True, slots=True)
class Row:
    """A trace in a list. `took` is empty while it goes on, or where nobody said."""

    trace_id: str
    url: str
    state: State
    started: datetime
    request: str
    response: str
    name: str
    took: str
    tokens: int | float | None
    spans: int
    judgements: list[Judged]
    more_judgements: int
    tags: list[tuple[str, str]]
    user: str
    session: str
    runs: list[tuple[str, str]]
    version: str


MOST_CHIPS = 4


def rows_of(repo: Repository, found: Sequence[TraceDetail], *, run: str = "") -> list[Row]:
    """The traces as rows; on the list of a `run`, that run is not named again."""
    counts, runs = span_counts(found), runs_of(repo, found)
    shown = {pk: [(each.name, run_url(each, repo)) for each in of if each.uuid != run] for pk, of in runs.items()}
    return [_row(repo, each, counts.get(each.row.pk, 0), shown.get(each.row.pk, [])) for each in found]


def _row(repo: Repository, found: TraceDetail, spans: int, runs: list[tuple[str, str]]) -> Row:
    row, said_of = found.row, found.metadata
    valid = [each for each in found.assessments if each.valid]
    own = [(key, value[:80]) for key, value in sorted(found.tags.items()) if not key.startswith("mlflow.")]
    return Row(
        trace_id=row.trace_id,
        url=trace_url(repo, row.experiment, row.trace_id),
        state=state_of(row.state),
        started=moment(row.request_time),
        request=preview(row.request_preview),
        response=preview(row.response_preview),
        name=found.tags.get(TRACE_NAME, ""),
        took=took_text_ms(row.duration),
        tokens=found.tokens.get("total_tokens"),
        spans=spans,
        judgements=[judged(each) for each in valid[:MOST_CHIPS]],
        more_judgements=max(0, len(valid) - MOST_CHIPS),
        tags=own[:MOST_CHIPS],
        user=said_of.get(USER, ""),
        session=said_of.get(SESSION, ""),
        runs=runs,
        version=said_of.get(_MODEL) or said_of.get(_COMMIT, "")[:10],
    )


def moment(ms: int) -> datetime:
    """A time in ms since 1970."""
    return datetime.fromtimestamp(min(max(ms, 0), LAST_MS) / 1000, tz=UTC)


_ASKED = ("question", "query", "prompt", "input", "message", "text", "messages", "contents", "choices", "content")


def preview(text: str | None) -> str:
    """What a program was asked or said: of several arguments the one that asks, of a chat its last words."""
    if not text:
        return ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text[:300]
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, dict):
        value = next((value[name] for name in _ASKED if value.get(name)), value)
    spoken = [part.text for message in messages_of(value) for part in message.parts if part.kind == "text"]
    return (spoken[-1] if spoken else value if isinstance(value, str) else text)[:300]
