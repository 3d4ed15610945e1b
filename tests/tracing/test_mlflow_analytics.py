"""traces/metrics and traces/calculate-filter-correlation by HTTP. MLflow's own server agrees in tests/wire."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.tracing.conftest import V3, Tracing, span
from tests.tracking.conftest import Door, DoorFor
from tracing.correlation import SMOOTHING, Counts, npmi

HOUR = 3_600_000
NOON = 1_795_176_000_000


@pytest.fixture
def four(tracing: Tracing) -> Tracing:
    """Traces 1 to 4, an hour apart, which took 100, 200, 300 and 400 ms; two of them asked, two answered."""
    for number in range(1, 5):
        tracing.start(
            number,
            request_time=f"2026-11-20T{11 + number}:00:00Z",
            execution_duration=f"0.{number}s",
            state="OK" if number % 2 else "ERROR",
            tags={"mlflow.traceName": "ask" if number < 3 else "answer"},
            trace_metadata={
                "mlflow.trace.session": f"s{number % 2}",
                "mlflow.trace.tokenUsage": json.dumps({"input_tokens": number * 10}) if number < 4 else "no JSON",
            },
        )  # fmt: skip
    return tracing


def ask(tracing: Tracing, name: str, *kinds: Any, view: str = "TRACES", **more: Any) -> list[dict[str, Any]]:
    """The data points of a question; a number among the kinds is a percentile."""
    aggregations = [
        {"aggregation_type": kind} if isinstance(kind, str) else {"aggregation_type": "PERCENTILE", "percentile_value": kind}
        for kind in kinds
    ]  # fmt: skip
    body = {"experiment_ids": ["0"], "view_type": view, "metric_name": name, "aggregations": aggregations, **more}
    found: list[dict[str, Any]] = tracing.door.ok("POST", "traces/metrics", body, api=V3).get("data_points", [])
    return found


def test_sums_over_all(four: Tracing) -> None:
    (point,) = ask(four, "latency", "AVG", "MIN", "MAX", 50, 25.0)
    values = {"AVG": 250.0, "MIN": 100.0, "MAX": 400.0, "P50.0": 250.0, "P25.0": 175.0}
    assert point == {"metric_name": "latency", "values": values}


def test_parted_by_name_and_hour(four: Tracing) -> None:
    found = ask(
        four, "trace_count", "COUNT", dimensions=["trace_name", "trace_status"], time_interval_seconds=7200,
        start_time_ms=NOON - HOUR, end_time_ms=NOON + 4 * HOUR,
    )  # fmt: skip
    assert [(*point["dimensions"].values(), point["values"]["COUNT"]) for point in found] == [
        ("2026-11-20T12:00:00+00:00", "ask", "ERROR", 1.0),
        ("2026-11-20T12:00:00+00:00", "ask", "OK", 1.0),
        ("2026-11-20T14:00:00+00:00", "answer", "ERROR", 1.0),
        ("2026-11-20T14:00:00+00:00", "answer", "OK", 1.0),
    ]


def test_sessions_are_counted_once(four: Tracing) -> None:
    assert ask(four, "session_count", "COUNT")[0]["values"] == {"COUNT": 2.0}


def test_metadata_that_is_no_json_counts_for_nothing(four: Tracing) -> None:
    assert ask(four, "input_tokens", "SUM", "MAX")[0]["values"] == {"SUM": 60.0, "MAX": 30.0}
    assert ask(four, "output_tokens", "SUM") == []


def test_times_include_both_ends(four: Tracing) -> None:
    found = ask(four, "trace_count", "COUNT", start_time_ms=NOON, end_time_ms=NOON + 2 * HOUR)
    assert found[0]["values"] == {"COUNT": 3.0}


def test_only_the_experiments_and_repository_asked_for(four: Tracing, door_for: DoorFor) -> None:
    other = four.door.experiment("other")
    assert ask(four, "trace_count", "COUNT", experiment_ids=[other])[0]["values"] == {"COUNT": 0.0}
    assert ask(four, "trace_count", "COUNT", experiment_ids=["77"])[0]["values"] == {"COUNT": 0.0}


def test_judgements(four: Tracing) -> None:
    four.judge(1, feedback={"value": True})
    wrong = four.judge(2, feedback={"value": "no"})
    four.judge(3, feedback={"value": 4})
    four.judge(4, feedback={"value": "perhaps"})
    found = ask(four, "assessment_count", "COUNT", view="ASSESSMENTS", dimensions=["assessment_value"])
    assert {point["dimensions"]["assessment_value"] for point in found} == {"true", '"no"', "4.0", '"perhaps"'}
    (point,) = ask(four, "assessment_value", "AVG", view="ASSESSMENTS", dimensions=["assessment_name"])
    assert point["values"] == {"AVG": pytest.approx(5 / 3)}
    four.judge(2, feedback={"value": 1.0}, overrides=wrong)
    (point,) = ask(four, "assessment_value", "AVG", view="ASSESSMENTS")
    assert point["values"] == {"AVG": 2.0}


def test_spans(tracing: Tracing) -> None:
    dear = {"mlflow.llm.cost": {"total_cost": 0.25}, "mlflow.llm.model": '"big"'}
    tracing.export(
        span(1), span(1, 2, 1, attributes=dear), span(1, 3, 1, attributes={**dear, "mlflow.llm.model": "big"})
    )
    (point,) = ask(tracing, "total_cost", "SUM", 99, view="SPANS", dimensions=["span_model_name"])
    assert (point["dimensions"], point["values"]) == ({"span_model_name": "big"}, {"SUM": 0.5, "P99.0": 0.25})
    (point,) = ask(tracing, "latency", "MAX", view="SPANS", filters=["span.name = 'step 2'"])
    assert point["values"] == {"MAX": 1000.0}


def test_pages(four: Tracing) -> None:
    body = {
        "experiment_ids": ["0"], "view_type": "TRACES", "metric_name": "trace_count", "max_results": 1,
        "aggregations": [{"aggregation_type": "COUNT"}], "dimensions": ["trace_name"],
    }  # fmt: skip
    first = four.door.ok("POST", "traces/metrics", body, api=V3)
    token = first["next_page_token"]
    second = four.door.ok("POST", "traces/metrics", {**body, "page_token": token}, api=V3)
    names = [page["data_points"][0]["dimensions"]["trace_name"] for page in (first, second)]
    assert (names, "next_page_token" in second) == (["answer", "ask"], False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"view_type": "RUNS"}, "view_type must be one of"),
        ({"metric_name": "span_count"}, "metric_name must be one of"),
        ({"aggregations": []}, "aggregations"),
        ({"aggregations": [{"aggregation_type": "AVG"}]}, "Found invalid aggregation_type(s): ['AVG']"),
        ({"aggregations": [{"aggregation_type": "MEDIAN"}]}, "Unsupported aggregation type: MEDIAN"),
        ({"aggregations": [{"aggregation_type": "PERCENTILE"}]}, "Percentile value is required"),
        ({"aggregations": [{"aggregation_type": "PERCENTILE", "percentile_value": 100.5}]}, "between 0 and 100"),
        ({"aggregations": [{"aggregation_type": "COUNT", "percentile_value": 5}]}, "only allowed for PERCENTILE"),
        ({"dimensions": ["span_name"]}, "Found invalid dimension(s): ['span_name']"),
        ({"time_interval_seconds": 60}, "are required if time_interval_seconds is set"),
        ({"time_interval_seconds": -1, "start_time_ms": 0, "end_time_ms": 1}, "must be between 1 and"),
        ({"filters": ["trace.status != 'OK'"]}, "only '=' operator"),
        ({"filters": ["trace.status = 5"]}, "Expected a quoted string"),
        ({"filters": ["span.name = 'x'"]}, "only supported for SPANS view type"),
        ({"filters": ["trace.colour = 'x'"]}, "Invalid identifier 'trace.colour'"),
        ({"filters": ["trace.status = 'OK' AND trace.status = 'OK'"]}, "Expected one filter clause"),
        ({"filters": ["trace.status = 'OK'"] * 51}, "At most 50 filters"),
        ({"max_results": 0}, "max_results"),
        ({"experiment_ids": ["x"]}, "Invalid experiment ID 'x'"),
        ({"page_token": "nonsense"}, "Invalid page token"),
    ],
)
def test_metrics_refused(mlflow: Door, change: dict[str, Any], words: str) -> None:
    body = {"experiment_ids": ["0"], "view_type": "TRACES", "metric_name": "trace_count",
            "aggregations": [{"aggregation_type": "COUNT"}], **change}  # fmt: skip
    status, code, message = mlflow.refused("POST", "traces/metrics", body, api=V3)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert words in message


def test_correlation_by_http(four: Tracing) -> None:
    body = {"experiment_ids": ["0"], "filter_string1": "name = 'ask'", "filter_string2": "status = 'OK'"}
    found = four.door.ok("POST", "traces/calculate-filter-correlation", body, api=V3)
    assert found.pop("npmi_smoothed") == pytest.approx(0)
    assert found == {
        "filter1_count": 2, "filter2_count": 2, "joint_count": 1, "total_count": 4, "npmi": 0.0,
    }  # fmt: skip
    body["base_filter"] = "metadata.`mlflow.trace.session` = 's1' OR name = 'nobody'"
    found = four.door.ok("POST", "traces/calculate-filter-correlation", body, api=V3)
    assert (found["filter1_count"], found["filter2_count"], found["total_count"]) == (1, 2, 2)
    body["filter_string1"] = "name = 'nobody'"
    assert "npmi" not in four.door.ok("POST", "traces/calculate-filter-correlation", body, api=V3)
    for wrong in ({"filter_string1": "name ="}, {"base_filter": "("}, {"filter_string2": ""}):
        assert four.door.refused("POST", "traces/calculate-filter-correlation", {**body, **wrong}, api=V3)[0] == 400


@pytest.mark.parametrize(
    ("counts", "plain"),
    [
        (Counts(100, 10, 10, 10), 1.0), (Counts(100, 10, 10, 0), -1.0), (Counts(100, 50, 50, 25), 0.0),
        (Counts(10, 10, 10, 10), 1.0), (Counts(0, 0, 0, 0), math.nan), (Counts(10, 0, 5, 0), math.nan),
        (Counts(10, 3, 3, 4), math.nan),
    ],
)  # fmt: skip
def test_correlation_of_counts(counts: Counts, plain: float) -> None:
    assert npmi(counts) == pytest.approx(plain, nan_ok=True)
    smoothed = npmi(counts, smoothing=SMOOTHING)
    assert math.isnan(smoothed) == math.isnan(plain)
    assert math.isnan(smoothed) or -1 < smoothed <= 1


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("name RLIKE '^a[ns]'", [4, 3, 2, 1]), ("name RLIKE 'k$' AND status RLIKE '(?i)^ok'", [1]),
        ("NOT name RLIKE 'k$'", [4, 3]), ("metadata.`mlflow.trace.session` RLIKE '1'", [3, 1]),
        ("request_id RLIKE '2$'", [2]), ("client_request_id RLIKE '.*'", []), ("tag.none RLIKE ''", []),
    ],
)  # fmt: skip
def test_regular_expressions(four: Tracing, filter: str, found: list[int]) -> None:
    assert four.search(filter) == found


@pytest.mark.parametrize(
    "filter",
    [
        "name RLIKE '('",
        "name RLIKE '(a)\\1'",
        "name RLIKE 5",
        "text RLIKE 'x'",
        "timestamp_ms RLIKE '1'",
        "prompt RLIKE 'x'",
    ],
)
def test_regular_expressions_refused(tracing: Tracing, filter: str) -> None:
    status, code, _ = tracing.door.refused("POST", "traces/search", tracing.asked(filter), api=V3)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")


def test_other_searches_have_no_regular_expressions(mlflow: Door) -> None:
    body = {"experiment_ids": ["0"], "filter": "tags.a RLIKE 'x'"}
    assert "Invalid comparator 'RLIKE'" in mlflow.refused("POST", "runs/search", body)[2]
