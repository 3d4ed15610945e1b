"""Questions about judgements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from repos.models import Repository
from tracing.rules import assessment_not_found, trace_not_found
from tracking import sql

_COLUMNS = (
    "assessment_id, kind, name, body, source_type, source_id, span_id, rationale, metadata, overrides, valid, "
    "created_at, updated_at"
)


class AssessmentRow(msgspec.Struct, gc=False):
    """A judgement as it is kept; `body` and `metadata` are JSON, times in ms since 1970."""

    assessment_id: str
    kind: str
    name: str
    body: str
    source_type: str
    source_id: str
    span_id: str
    rationale: str | None
    metadata: str
    overrides: str
    valid: bool
    created_at: int
    updated_at: int


def assessments_of(traces: Sequence[int]) -> Iterator[tuple[int, AssessmentRow]]:
    """The judgements of the traces with these keys, oldest first, each with the key of its trace."""
    inside, value = sql.among("trace_id", traces)
    statement = f"SELECT trace_id, {_COLUMNS} FROM tracing_assessment WHERE {inside} ORDER BY created_at, id"
    for trace, *row in sql.rows(statement, (value,)):
        yield trace, AssessmentRow(*row)


def assessment(repository: Repository, trace_id: str, assessment_id: str) -> AssessmentRow:
    """One judgement of a trace; raises NotFound, telling which of the two is missing."""
    trace = sql.row("SELECT id FROM tracing_trace WHERE repository_id = ? AND trace_id = ?", (repository.pk, trace_id))
    if trace is None:
        raise trace_not_found(trace_id)
    found = sql.row(
        f"SELECT {_COLUMNS} FROM tracing_assessment WHERE trace_id = ? AND assessment_id = ?",
        (trace[0], assessment_id),
    )
    if found is None:
        raise assessment_not_found(trace_id, assessment_id)
    return AssessmentRow(*found)
