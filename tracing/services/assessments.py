"""Creates, changes and deletes judgements about traces."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import transaction

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracing import rules
from tracing.models.assessments import MAX_NAME, AssessmentKind
from tracing.services.holding import hold_trace
from tracking import sql
from tracking.clock import now_ms
from tracking.rules import check_text, invalid_value, missing, too_long

KINDS = tuple(kind.value for kind in AssessmentKind)
SOURCES = ("HUMAN", "LLM_JUDGE", "AI_JUDGE", "CODE", "SOURCE_TYPE_UNSPECIFIED")
FIELDS = ("assessment_name", "expectation", "feedback", "issue", "rationale", "metadata", "valid")
MAX_ID = 64
MAX_SOURCE_ID = 250
MAX_BODY = 1_000_000

_COLUMNS = (
    "trace_id, assessment_id, kind, name, body, word, number, source_type, source_id, span_id, rationale, metadata, "
    "overrides, valid, created_at, updated_at"
)
_INSERT = f"INSERT INTO tracing_assessment ({_COLUMNS})"
_CHANGED = ("name", "body", "word", "number", "rationale", "metadata", "valid", "updated_at")
_REPLACE = "ON CONFLICT (trace_id, assessment_id) DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}" for column in _CHANGED
)


class AssessmentGiven(msgspec.Struct):
    """A judgement as a client describes it. `body` is the object of the field that `kind` names; times in ms."""

    kind: str
    name: str
    body: dict[str, Any]
    source_type: str = "SOURCE_TYPE_UNSPECIFIED"
    source_id: str = ""
    assessment_id: str = ""
    span_id: str = ""
    rationale: str | None = None
    metadata: dict[str, str] = {}
    overrides: str = ""
    valid: bool = True
    created_at: int | None = None
    updated_at: int | None = None


def create_assessment(*, repository: Repository, trace_id: str, given: AssessmentGiven) -> str:
    """The trace has the judgement; returns its id. One that it overrides is no longer valid.

    Raises NotFound for no trace or nothing to override, Invalid for what cannot be stored.
    """
    with transaction.atomic():
        trace = hold_trace(repository, trace_id)
        if given.overrides:
            _set_valid(trace, given.overrides, valid=False, must=True)
        return write_assessments(trace, [given])[0]


def write_assessments(trace: int, given: Sequence[AssessmentGiven]) -> list[str]:
    """Write judgements of a held trace, those with an id that is known again in place; returns their ids."""
    now = now_ms()
    rows = [_row(trace, each, now) for each in given]
    sql.insert(_INSERT, rows, _REPLACE)
    return [row[1] for row in rows]


def update_assessment(
    *, repository: Repository, trace_id: str, assessment_id: str, fields: Sequence[str], given: Mapping[str, Any]
) -> None:
    """The named fields have the values of `given`; metadata joins what is there.

    Raises NotFound; Invalid for other fields, or when another kind of judgement would come of it.
    """
    unknown = [name for name in fields if name not in FIELDS]
    if unknown or not fields:
        raise Invalid(f"Cannot update {', '.join(unknown) or 'nothing'}. Name some of {', '.join(FIELDS)}.")
    with transaction.atomic():
        trace = hold_trace(repository, trace_id)
        found = sql.row(
            "SELECT kind, metadata FROM tracing_assessment WHERE trace_id = ? AND assessment_id = ?",
            (trace, assessment_id),
        )
        if found is None:
            raise rules.assessment_not_found(trace_id, assessment_id)
        changes: dict[str, Any] = {"updated_at": now_ms()}
        for name in fields:
            changes.update(_change(name, given.get(name), found[0], found[1]))
        assigned = ", ".join(f"{column} = ?" for column in changes)
        sql.change(
            f"UPDATE tracing_assessment SET {assigned} WHERE trace_id = ? AND assessment_id = ?",
            (*changes.values(), trace, assessment_id),
        )


def _change(name: str, value: Any, kind: str, metadata: str) -> dict[str, Any]:
    """The columns that an updated field changes."""
    if name in KINDS:
        if name != kind:
            raise Invalid(f"Cannot update {name} value on a{'n' if kind[0] in 'aei' else ''} {kind} assessment.")
        return _value_columns(kind, value if isinstance(value, dict) else {})
    if name == "assessment_name":
        return {"name": _checked_name(value or "")}
    if name == "metadata":
        return {"metadata": _json({**json.loads(metadata), **(value or {})}, "metadata")}
    if name == "valid":
        return {"valid": bool(value)}
    return {"rationale": None if value is None else check_text(value, path="rationale")}


def delete_assessment(*, repository: Repository, trace_id: str, assessment_id: str) -> None:
    """There is no such judgement any more; one that it overrode is valid again. Raises NotFound for no trace."""
    with transaction.atomic():
        trace = hold_trace(repository, trace_id)
        found = sql.row(
            "DELETE FROM tracing_assessment WHERE trace_id = ? AND assessment_id = ? RETURNING overrides",
            (trace, assessment_id),
        )
        if found and found[0]:
            _set_valid(trace, found[0], valid=True, must=False)


def _set_valid(trace: int, assessment_id: str, *, valid: bool, must: bool) -> None:
    touched = sql.change(
        "UPDATE tracing_assessment SET valid = ? WHERE trace_id = ? AND assessment_id = ?",
        (valid, trace, assessment_id),
    )
    if must and not touched:
        raise NotFound(f"Assessment with ID '{assessment_id}' not found", field="overrides")


def _row(trace: int, given: AssessmentGiven, now: int) -> tuple[Any, ...]:
    value = _value_columns(given.kind, given.body)
    source = given.source_type.upper()
    if source not in SOURCES:
        raise invalid_value("assessment.source.source_type", given.source_type)
    created = now if given.created_at is None else given.created_at
    return (
        trace,
        _bounded(given.assessment_id, "assessment_id", MAX_ID) or f"a-{secrets.token_hex(16)}",
        given.kind,
        _checked_name(given.name),
        value["body"],
        value["word"],
        value["number"],
        "LLM_JUDGE" if source == "AI_JUDGE" else source,
        _bounded(given.source_id, "source_id", MAX_SOURCE_ID),
        _bounded(given.span_id, "span_id", MAX_ID),
        None if given.rationale is None else check_text(given.rationale, path="rationale"),
        _json(given.metadata, "metadata"),
        _bounded(given.overrides, "overrides", MAX_ID),
        given.valid,
        created,
        created if given.updated_at is None else given.updated_at,
    )


def _value_columns(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    value = value_of(kind, body)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    number = float(value) if is_number else None
    word = value if isinstance(value, str) else _json(value if number is None else number, kind)
    return {"body": _json(dict(body), kind), "word": check_text(word, path=kind), "number": number}


def value_of(kind: str, body: Mapping[str, Any]) -> Any:
    """What a judgement says, out of the object that the protocol wraps it in. Raises Invalid for a broken one."""
    if kind == AssessmentKind.ISSUE:
        return body.get("issue_name") or ""
    serialized = body.get("serialized_value")
    if not isinstance(serialized, dict):
        return body.get("value")
    try:
        return json.loads(serialized.get("value") or "null")
    except (ValueError, TypeError, RecursionError):
        raise invalid_value(f"assessment.{kind}.serialized_value", serialized) from None


def _json(value: Any, path: str) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise Invalid(f"The value of '{path}' has no form in JSON.", field=path) from None
    if len(text) > MAX_BODY:
        raise too_long(path, MAX_BODY)
    return check_text(text, path=path)


def _checked_name(name: str) -> str:
    if not name:
        raise missing("assessment.assessment_name")
    return _bounded(name, "assessment_name", MAX_NAME)


def _bounded(text: str, path: str, limit: int) -> str:
    if len(text) > limit:
        raise too_long(path, limit)
    return check_text(text, path=path)
