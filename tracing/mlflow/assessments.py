"""traces/{trace_id}/assessments/…: the handlers about judgements."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hub.lib.errors import Invalid
from tracing.mlflow import answers, asks, present
from tracing.rules import parse_timestamp
from tracing.selectors import assessments as selectors
from tracing.services import assessments as services
from tracing.services.assessments import KINDS, AssessmentGiven
from tracking.mlflow.answers import Empty
from tracking.mlflow.wire import Call

_SOURCES = {0: "SOURCE_TYPE_UNSPECIFIED", 1: "HUMAN", 2: "LLM_JUDGE", 3: "CODE"}
_humps = re.compile(r"([A-Z])")


def create(call: Call, body: asks.CreateAssessment) -> answers.OneAssessment:
    """POST traces/{trace_id}/assessments"""
    assert body.assessment is not None
    made = services.create_assessment(
        repository=call.repository, trace_id=call.path["trace_id"], given=given(body.assessment)
    )
    return _shown(call, made)


def get(call: Call, body: asks.ByTrace) -> answers.OneAssessment:
    """GET traces/{trace_id}/assessments/{assessment_id}"""
    return _shown(call, call.path["assessment_id"])


def update(call: Call, body: asks.UpdateAssessment) -> answers.OneAssessment:
    """PATCH traces/{trace_id}/assessments/{assessment_id}"""
    assert body.assessment is not None
    fields = [_snake(name.strip()) for name in (body.update_mask or "").split(",") if name.strip()]
    services.update_assessment(
        repository=call.repository,
        trace_id=call.path["trace_id"],
        assessment_id=call.path["assessment_id"],
        fields=fields,
        given=msgspec.structs.asdict(body.assessment),
    )
    return _shown(call, call.path["assessment_id"])


def delete(call: Call, body: asks.ByTrace) -> Empty:
    """DELETE traces/{trace_id}/assessments/{assessment_id}: one that is gone already is no error"""
    services.delete_assessment(
        repository=call.repository, trace_id=call.path["trace_id"], assessment_id=call.path["assessment_id"]
    )
    return Empty()


def given(found: asks.Assessment) -> AssessmentGiven:
    """A judgement as the service takes it; raises Invalid when it says nothing or two things."""
    kinds = [kind for kind in KINDS if getattr(found, kind) is not None]
    if len(kinds) != 1:
        raise Invalid("An assessment must have exactly one of feedback, expectation and issue.", field="assessment")
    source = found.source or asks.Source()
    kind = source.source_type if isinstance(source.source_type, str) else _SOURCES.get(source.source_type, "")
    return AssessmentGiven(
        kind=kinds[0],
        name=found.assessment_name,
        body=_body(found, kinds[0]),
        source_type=kind,
        source_id=source.source_id,
        assessment_id=found.assessment_id,
        span_id=found.span_id,
        rationale=found.rationale,
        metadata=found.metadata or {},
        overrides=found.overrides,
        valid=found.valid is not False,
        created_at=_time(found.create_time, "create_time"),
        updated_at=_time(found.last_update_time, "last_update_time"),
    )


def _body(found: asks.Assessment, kind: str) -> dict[str, Any]:
    """The object that says what is judged; older clients put the error beside it."""
    body: dict[str, Any] = getattr(found, kind)
    return {**body, "error": found.error} if found.error and kind == "feedback" and "error" not in body else body


def _time(text: str | None, name: str) -> int | None:
    return parse_timestamp(text, path=f"assessment.{name}") if text else None


def _snake(name: str) -> str:
    """Masks are written in camel case."""
    return _humps.sub(lambda match: f"_{match[1].lower()}", name)


def _shown(call: Call, assessment_id: str) -> answers.OneAssessment:
    trace_id = call.path["trace_id"]
    found = selectors.assessment(call.repository, trace_id, assessment_id)
    return answers.OneAssessment(present.assessment(found, trace_id))
