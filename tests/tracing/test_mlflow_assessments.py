"""Judgements through the MLflow door: each kind, changes, what overrides what, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tracing.conftest import V3, Tracing, trace_id

pytestmark = pytest.mark.django_db

PATH = f"traces/{trace_id(1)}/assessments"


@pytest.fixture
def judged(tracing: Tracing) -> Tracing:
    """A trace to judge."""
    tracing.start(1)
    return tracing


def create(tracing: Tracing, **assessment: Any) -> Any:
    body = {"assessment": {"assessment_name": "good", **assessment}}
    return tracing.door.ok("POST", PATH, body, api=V3)["assessment"]


def get(tracing: Tracing, assessment_id: str) -> Any:
    return tracing.door.ok("GET", f"{PATH}/{assessment_id}", api=V3)["assessment"]


@pytest.mark.parametrize(
    "said",
    [
        {"feedback": {"value": True}},
        {"feedback": {"value": None, "error": {"error_code": "E", "error_message": "m", "stack_trace": "s"}}},
        {"feedback": {"value": {"a": [1, "x"]}}},
        {"feedback": {}},
        {"expectation": {"value": "Paris"}},
        {"expectation": {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": '{"a": 1}'}}},
        {"issue": {"issue_name": "broken"}},
    ],
)
def test_each_kind_comes_back_as_it_went(judged: Tracing, said: dict[str, Any]):
    made = create(judged, **said, rationale="because", metadata={"k": "v"}, span_id="s")
    assert made["assessment_id"].startswith("a-")
    assert {key: made[key] for key in said} == said
    assert (made["rationale"], made["metadata"], made["span_id"], made["valid"]) == ("because", {"k": "v"}, "s", True)
    assert made["create_time"] == made["last_update_time"]
    assert made["source"] == {"source_type": "SOURCE_TYPE_UNSPECIFIED", "source_id": ""}
    assert get(judged, made["assessment_id"]) == made
    assert judged.get(1)["assessments"] == [made]


def test_a_description_brings_judgements_and_repeats_them(tracing: Tracing):
    given = {
        "assessment_name": "good",
        "assessment_id": "a-1",
        "source": {"source_type": "AI_JUDGE", "source_id": "m"},
        "create_time": "2026-01-01T00:00:00Z",
        "feedback": {"value": 1},
    }
    for value in (1, 2):
        tracing.start(1, assessments=[{**given, "feedback": {"value": value}}])
    (found,) = tracing.get(1)["assessments"]
    assert (found["feedback"], found["source"]["source_type"]) == ({"value": 2}, "LLM_JUDGE")
    assert found["create_time"] == "2026-01-01T00:00:00.000Z"


def test_changes(judged: Tracing):
    made = create(judged, feedback={"value": 1}, metadata={"a": "1"}, rationale="first")
    path = f"{PATH}/{made['assessment_id']}"

    def change(mask: str, **fields: Any) -> Any:
        body = {"assessment": fields, "update_mask": mask}
        return judged.door.ok("PATCH", path, body, api=V3)["assessment"]

    changed = change("feedback,metadata", feedback={"value": 2}, metadata={"b": "2"}, rationale="not in the mask")
    assert (changed["feedback"], changed["metadata"]) == ({"value": 2}, {"a": "1", "b": "2"})
    assert (changed["rationale"], changed["create_time"]) == ("first", made["create_time"])
    assert change("assessmentName", assessment_name="better")["assessment_name"] == "better"
    assert change("rationale,valid", rationale="second", valid=False)["valid"] is False
    assert judged.search("feedback.better IS NULL") == [1]
    for mask, message in (("expectation", "Cannot update expectation"), ("span_id", "Cannot update span_id")):
        body = {"assessment": {"expectation": {"value": 1}}, "update_mask": mask}
        status, code, said = judged.door.refused("PATCH", path, body, api=V3)
        assert (status, code, message in said) == (400, "INVALID_PARAMETER_VALUE", True)
    body = {"assessment": {"rationale": "x"}, "update_mask": "rationale"}
    assert judged.door.refused("PATCH", f"{PATH}/a-none", body, api=V3)[0] == 404


def test_overriding_and_deleting(judged: Tracing):
    first = create(judged, feedback={"value": 1})["assessment_id"]
    second = create(judged, feedback={"value": 2}, overrides=first)
    assert second["overrides"] == first
    assert get(judged, first)["valid"] is False
    assert judged.search("feedback.good <= 1") == []
    for _ in range(2):
        assert judged.door.ok("DELETE", f"{PATH}/{second['assessment_id']}", api=V3) == {}
    assert get(judged, first)["valid"] is True
    body = {"assessment": {"assessment_name": "x", "feedback": {"value": 1}, "overrides": "a-none"}}
    assert judged.door.refused("POST", PATH, body, api=V3)[:2] == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("assessment", "message"),
    [
        ({"feedback": {"value": 1}}, "Missing value for required parameter 'assessment.assessment_name'"),
        ({"assessment_name": "x"}, "exactly one of feedback, expectation and issue"),
        ({"assessment_name": "x", "feedback": {}, "issue": {}}, "exactly one of"),
        ({"assessment_name": "x" * 251, "feedback": {}}, "maximum length of 250"),
        ({"assessment_name": "x", "feedback": {}, "source": {"source_type": "GOD"}}, "source_type"),
        ({"assessment_name": "x", "feedback": {}, "create_time": "now"}, "assessment.create_time"),
        ({"assessment_name": "x", "feedback": {"value": "\0"}}, "NUL"),
        ({"assessment_name": "x", "expectation": {"serialized_value": {"value": "{"}}}, "serialized_value"),
        ({"assessment_name": "x", "feedback": 5}, "'assessment.feedback'"),
    ],
)
def test_what_is_refused(judged: Tracing, assessment: dict[str, Any], message: str):
    status, code, said = judged.door.refused("POST", PATH, {"assessment": assessment}, api=V3)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message in said


def test_judgements_that_are_not_there(judged: Tracing):
    body = {"assessment": {"assessment_name": "x", "feedback": {"value": 1}}}
    status, _, message = judged.door.refused("POST", "traces/tr-none/assessments", body, api=V3)
    assert (status, message) == (404, "Trace with ID 'tr-none' not found.")
    status, _, message = judged.door.refused("GET", f"{PATH}/a-none", api=V3)
    assert (status, message) == (404, f"Assessment with ID 'a-none' not found for trace '{trace_id(1)}'")
    assert judged.door.refused("DELETE", "traces/tr-none/assessments/a-none", api=V3)[0] == 404
