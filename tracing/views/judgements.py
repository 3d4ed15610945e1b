"""What was said about a trace, as its page shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from tracing.models.assessments import AssessmentKind
from tracing.selectors.assessments import AssessmentRow
from tracing.selectors.traces import TraceDetail
from tracing.services.assessments import value_of
from tracing.shapes import LONGEST, Shape, shape_of
from tracing.views.rows import Judged, judged, moment

HUMAN = "HUMAN"
SOURCES = {"HUMAN": ("user", "Person"), "LLM_JUDGE": ("bot", "LLM judge"), "CODE": ("code-xml", "Code")}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement in full. `own`: the reader gave it, so that they may change it."""

    id: str
    name: str
    kind: str
    short: Judged
    value: Shape | None
    source: str
    source_icon: str
    source_id: str
    span_id: str
    rationale: str
    metadata: list[tuple[str, str]]
    error: str
    stack: str
    valid: bool
    own: bool
    created: datetime
    changed: bool
    overrides: str


def judgements_of(found: TraceDetail, reader: str) -> list[Judgement]:
    """All judgements, those that hold first, each group oldest first."""
    return sorted((_judgement(each, reader) for each in found.assessments), key=lambda each: not each.valid)


def is_own(row: AssessmentRow, reader: str) -> bool:
    """Whether the reader gave it by hand."""
    return bool(reader) and row.source_type == HUMAN and row.source_id == reader


def _judgement(row: AssessmentRow, reader: str) -> Judgement:
    body = json.loads(row.body)
    value = value_of(row.kind, body)
    error = body.get("error") if isinstance(body.get("error"), dict) else {}
    icon, source = SOURCES.get(row.source_type, ("circle-question-mark", "Unknown source"))
    long = not isinstance(value, (bool, int, float)) and value is not None and len(str(value)) > 50
    return Judgement(
        id=row.assessment_id,
        name=row.name,
        kind=AssessmentKind(row.kind).label,
        short=judged(row),
        value=shape_of(value) if long or isinstance(value, (dict, list)) else None,
        source=source,
        source_icon=icon,
        source_id=row.source_id,
        span_id=row.span_id,
        rationale=(row.rationale or "")[:LONGEST],
        metadata=[(key, str(said)[:2000]) for key, said in json.loads(row.metadata).items()][:50],
        error=str(error.get("error_message") or error.get("error_code") or "")[:LONGEST],
        stack=str(error.get("stack_trace") or "")[:LONGEST],
        valid=bool(row.valid),
        own=is_own(row, reader),
        created=moment(row.created_at),
        changed=row.updated_at > row.created_at + 1000,
        overrides=row.overrides,
    )
