"""The stock mlflow client's tracing: spans by OTLP, traces, judgements, searches, deletion."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-tracing")


@pytest.fixture
def calls(hub: LiveHub, home: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """mlflow, pointed there, that sends traces before it goes on."""
    import mlflow

    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    with tracking_on(hub, home) as made:
        mlflow.tracing.reset()
        yield made
        mlflow.tracing.reset()


def experiment(name: str) -> str:
    """A fresh experiment, which following traces go to."""
    import mlflow

    return str(mlflow.set_experiment(name).experiment_id)


def traced(x: int = 1, **tags: str) -> str:
    """A trace of two spans; its id."""
    import mlflow

    @mlflow.trace(span_type="TOOL")
    def inner(y: int) -> dict[str, Any]:
        span = mlflow.get_current_active_span()
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
        span.set_attribute("depth", y)
        return {"doubled": 2 * y, "text": f"needle-{y}"}

    @mlflow.trace(name="outer")
    def outer(x: int) -> dict[str, Any]:
        mlflow.update_current_trace(tags=tags, metadata={"mlflow.trace.session": f"session-{x}"})
        if x < 0:
            raise ValueError("negative")
        return inner(x)

    with contextlib.suppress(ValueError):
        outer(x)
    return str(mlflow.get_last_active_trace_id())


def test_decorated_functions_come_back_as_they_went(calls: Calls) -> None:
    import mlflow

    place = experiment("decorated")
    trace_id = traced(5, colour="red")
    assert calls.to("/v1/traces") >= 1
    assert calls.to("/api/3.0/mlflow/traces") >= 1
    mlflow.tracing.reset()
    found = mlflow.get_trace(trace_id)
    assert found.info.experiment_id == place
    assert found.info.state == "OK"
    assert found.info.tags["colour"] == "red"
    assert found.info.tags["mlflow.traceName"] == "outer"
    assert found.info.trace_metadata["mlflow.trace.session"] == "session-5"
    assert found.info.request_preview == '{"x": 5}'
    assert found.info.token_usage == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    root, child = found.data.spans
    assert (root.name, root.parent_id, root.inputs) == ("outer", None, {"x": 5})
    assert (child.name, child.span_type, child.parent_id) == ("inner", "TOOL", root.span_id)
    assert child.outputs == {"doubled": 10, "text": "needle-5"}
    assert child.get_attribute("depth") == 5
    assert child.start_time_ns <= child.end_time_ns <= root.end_time_ns
    assert found.info.execution_duration is not None


def test_failures(calls: Calls) -> None:
    import mlflow

    experiment("failures")
    trace_id = traced(-1)
    found = mlflow.get_trace(trace_id)
    assert found.info.state == "ERROR"
    (root,) = found.data.spans
    assert root.status.status_code == "ERROR"
    (event,) = root.events
    assert event.name == "exception"
    assert event.attributes["exception.message"] == "negative"


def test_searches(calls: Calls) -> None:
    import mlflow

    place = experiment("searched")
    ids = [traced(x, kind="odd" if x % 2 else "even") for x in range(1, 6)]
    assert calls.to("/v1/traces") >= 5

    def found(filter_string: str = "", **more: Any) -> list[str]:
        traces = mlflow.search_traces(locations=[place], filter_string=filter_string, return_type="list", **more)
        return [str(ids.index(trace.info.trace_id) + 1) for trace in traces]

    assert found() == ["5", "4", "3", "2", "1"]
    assert found("tag.kind = 'odd'", order_by=["timestamp_ms ASC"]) == ["1", "3", "5"]
    assert found("trace.status = 'ERROR'") == []
    assert found("name = 'outer' AND metadata.`mlflow.trace.session` = 'session-2'") == ["2"]
    assert found("span.name = 'inner' AND span.type = 'TOOL'", max_results=2) == ["5", "4"]
    assert found("span.name = 'outer' AND span.type = 'TOOL'") == []
    assert found("trace.text LIKE '%needle-3%'") == ["3"]
    assert found("span.attributes.depth = '4'") == ["4"]
    table = mlflow.search_traces(locations=[place])
    assert list(table["trace_id"]) == ids[::-1]
    assert [len(spans) for spans in table["spans"]] == [2] * 5
    client = mlflow.MlflowClient()
    first = client.search_traces(locations=[place], max_results=3)
    second = client.search_traces(locations=[place], max_results=3, page_token=first.token)
    assert [trace.info.trace_id for trace in [*first, *second]] == ids[::-1]
    assert second.token is None
    with pytest.raises(mlflow.MlflowException, match="Invalid attribute key 'nothing'"):
        found("nothing = 'x'")


def test_tags_and_deletion(calls: Calls) -> None:
    import mlflow

    place = experiment("deleted")
    ids = [traced(x) for x in range(1, 5)]
    mlflow.set_trace_tag(ids[0], "checked", "yes")
    assert mlflow.get_trace(ids[0]).info.tags["checked"] == "yes"
    mlflow.delete_trace_tag(ids[0], "checked")
    assert "checked" not in mlflow.get_trace(ids[0]).info.tags
    with pytest.raises(mlflow.MlflowException, match="No trace tag with key 'checked'"):
        mlflow.MlflowClient().delete_trace_tag(ids[0], "checked")
    client = mlflow.MlflowClient()
    assert client.delete_traces(place, trace_ids=[ids[0], "tr-unknown"]) == 1
    assert client.delete_traces(place, max_timestamp_millis=2**42, max_traces=1) == 1
    left = mlflow.search_traces(locations=[place], return_type="list")
    assert [trace.info.trace_id for trace in left] == [ids[3], ids[2]]
    assert client.delete_traces(place, max_timestamp_millis=2**42) == 2
    assert mlflow.get_trace(ids[3]) is None


def test_judgements(calls: Calls) -> None:
    import mlflow
    from mlflow.entities import AssessmentSource, Feedback

    place = experiment("judged")
    trace_id = traced(2)
    judge = AssessmentSource(source_type="HUMAN", source_id="ada")
    feedback = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, source=judge, rationale="well")
    expected = mlflow.log_expectation(trace_id=trace_id, name="answer", value={"a": [1, 2]}, source=judge)
    mlflow.log_feedback(trace_id=trace_id, name="score", value=5, source=judge)
    got = mlflow.get_assessment(trace_id, feedback.assessment_id)
    assert (got.name, got.value, got.rationale, got.source.source_id) == ("good", True, "well", "ada")
    assert mlflow.get_assessment(trace_id, expected.assessment_id).value == {"a": [1, 2]}
    mlflow.update_assessment(trace_id, feedback.assessment_id, Feedback(name="good", value=False, rationale="no"))
    changed = mlflow.get_assessment(trace_id, feedback.assessment_id)
    assert (changed.value, changed.rationale) == (False, "no")

    def found(filter_string: str) -> int:
        return len(mlflow.search_traces(locations=[place], filter_string=filter_string, return_type="list"))

    assert found("feedback.good = 'false'") == 1
    assert found("feedback.score >= 5") == 1
    assert found("feedback.score > 5") == 0
    assert found("feedback.other IS NULL") == 1
    over = mlflow.override_feedback(trace_id=trace_id, assessment_id=feedback.assessment_id, value=True, source=judge)
    assert mlflow.get_assessment(trace_id, feedback.assessment_id).valid is False
    mlflow.delete_assessment(trace_id, over.assessment_id)
    assert mlflow.get_assessment(trace_id, feedback.assessment_id).valid is True
    assert {each.name for each in mlflow.get_trace(trace_id).info.assessments} == {"good", "answer", "score"}
    with pytest.raises(mlflow.MlflowException, match="not found"):
        mlflow.get_assessment(trace_id, over.assessment_id)
