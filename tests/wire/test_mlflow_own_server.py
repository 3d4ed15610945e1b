"""The same requests to MLflow's own server and to a hub: the same answers, where the hub computes them."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_server import Server, mlflow_server, of_hub
from tests.tracing.conftest import export_of, span, trace_id

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]

V2, V3, AJAX = "/api/2.0/mlflow/", "/api/3.0/mlflow/", "/ajax-api/2.0/mlflow/"
TRACES = 40
DAY = 1_795_000_000_000
MINUTE = 60_000
ODD = [0.1, -3.5, 2.0, "NaN", 1e-7, 1e300]


@pytest.fixture(scope="module")
def both(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """MLflow's own server and a repository of the hub, both with the same runs and traces."""
    with mlflow_server(tmp_path_factory.mktemp("own")) as theirs:
        ours = of_hub(hub, hub.new_repo("mlflow-own-server"))
        for server in (theirs, ours):
            experiment = server.ok("POST", f"{V2}experiments/create", {"name": "same"})["experiment_id"]
            assert experiment == "1"
            _log_traces(server)
        yield theirs, ours


def _log_traces(server: Server) -> None:
    pick = random.Random(11)
    for number in range(1, TRACES + 1):
        started = DAY + number * 7 * MINUTE
        server.ok("POST", "/v1/traces", export_of(*_spans(number, started, pick)), headers=_HEADERS)
        metadata = {
            **({"mlflow.trace.session": f"s{number % 4}"} if number % 3 else {}),
            **({"mlflow.sourceRun": f"{number % 2:032x}"} if number % 5 else {}),
        }
        server.ok("POST", f"{V3}traces", {
            "trace": {"trace_info": {
                "trace_id": trace_id(number),
                "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "1"}},
                "request_time": _rfc(started),
                "execution_duration": f"{pick.randrange(1, 5000) / 1000}s",
                "state": pick.choice(["OK", "OK", "ERROR"]),
                "trace_metadata": metadata,
                "tags": {"mlflow.traceName": pick.choice(["ask", "search"]), "team x": pick.choice(["a", "b", "a.b"])},
            }}
        })  # fmt: skip
        for place in range(number % 3):
            server.ok("POST", f"{V3}traces/{trace_id(number)}/assessments", {"assessment": _judgement(place, pick)})


_HEADERS = {"x-mlflow-experiment-id": "1"}


def _rfc(moment: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _spans(number: int, started: int, pick: random.Random) -> list[dict[str, Any]]:
    start = started * 1_000_000
    root = span(number, 1, start=start, end=start + 90_000_000, name="root", attributes={"mlflow.spanType": "CHAIN"})
    inner = [
        span(
            number,
            2 + place,
            1,
            name=pick.choice(["call", "fetch"]),
            start=start + place * 1_000_000,
            end=start + place * 1_000_000 + pick.randrange(1, 80) * 1_000_000,
            status=pick.choice([1, 2]),
            attributes={
                "mlflow.spanType": "LLM",
                "mlflow.llm.model": pick.choice(["big", "small"]),
                "mlflow.llm.provider": "acme",
                "mlflow.llm.cost": {"input_cost": pick.choice([0.25, 1e-06]), "total_cost": 0.75},
                "mlflow.chat.tokenUsage": {"input_tokens": place + number, "total_tokens": 9},
            },
        )
        for place in range(number % 4)
    ]  # fmt: skip
    return [root, *inner]


def _judgement(place: int, pick: random.Random) -> dict[str, Any]:
    name = pick.choice(["good", "grade"])
    kind = pick.choice(["feedback", "feedback", "expectation"])
    value = pick.choice([True, False, "yes", "No ", "maybe", 3, 4.5, 0.1])
    source = {"source_type": "HUMAN", "source_id": "ada"}
    return {"assessment_name": name, "source": source, kind: {"value": value}}


def same(both: tuple[Server, Server], method: str, path: str, body: Any = None, **more: Any) -> Any:
    """The answer that both give."""
    theirs, ours = (server.call(method, path, body, **more) for server in both)
    assert theirs.status_code == ours.status_code, (theirs.text, ours.text)
    if theirs.status_code == 200:
        assert _near(ours.json(), theirs.json()), (body, more, theirs.json(), ours.json())
    return ours.json()


def _near(mine: Any, other: Any) -> bool:
    """Equal, but for the last digit of numbers."""
    if isinstance(mine, dict) and isinstance(other, dict):
        return mine.keys() == other.keys() and all(_near(mine[key], other[key]) for key in mine)
    if isinstance(mine, list) and isinstance(other, list):
        return len(mine) == len(other) and all(map(_near, mine, other))
    if isinstance(mine, float) and isinstance(other, (int, float)):
        return mine == pytest.approx(other, rel=1e-9)
    return bool(mine == other)


AGGREGATIONS = {
    name: [{"aggregation_type": name}] for name in ("SUM", "AVG", "MIN", "MAX")
} | {"PERCENTILE": [{"aggregation_type": "PERCENTILE", "percentile_value": at} for at in (0, 12.5, 50, 95, 100)]}  # fmt: skip
TIMES = ["AVG", "MIN", "MAX", "PERCENTILE"]
ALL = ["SUM", *TIMES]
METRICS = [
    ("TRACES", "trace_count", ["COUNT"], ["trace_name", "trace_status"]),
    ("TRACES", "session_count", ["COUNT"], []),
    ("TRACES", "latency", TIMES, ["trace_name"]),
    ("TRACES", "input_tokens", ALL, ["trace_name"]),
    ("TRACES", "total_tokens", ALL, []),
    ("TRACES", "cache_read_input_tokens", ALL, []),
    ("SPANS", "span_count", ["COUNT"], ["span_name", "span_type", "span_status"]),
    ("SPANS", "span_count", ["COUNT"], ["span_model_name", "span_model_provider"]),
    ("SPANS", "latency", TIMES, ["span_name", "span_status"]),
    ("SPANS", "input_cost", ALL, ["span_model_name", "span_model_provider"]),
    ("SPANS", "total_cost", ALL, ["span_model_name"]),
    ("ASSESSMENTS", "assessment_count", ["COUNT"], ["assessment_name", "assessment_value"]),
    ("ASSESSMENTS", "assessment_value", TIMES, ["assessment_name"]),
]
FILTERS: list[tuple[str, list[str]]] = [
    ("", []),
    ("", ["trace.status = 'OK'"]),
    ("", ["trace.tag.`team x` = 'a'"]),
    ("", ["trace.tag.mlflow.traceName = 'ask'", "trace.metadata.`mlflow.trace.session` = 's1'"]),
    ("", [f"trace.metadata.mlflow.sourceRun = '{1:032x}'"]),
    ("SPANS", ["span.name = 'call'"]),
    ("SPANS", ["span.type = 'LLM'", "span.status = 'OK'"]),
    ("ASSESSMENTS", ["assessment.name = 'good'", "assessment.type = 'feedback'"]),
]


@pytest.mark.parametrize(("view", "name", "kinds", "dimensions"), METRICS)
def test_metrics_of_traces(
    both: tuple[Server, Server], view: str, name: str, kinds: list[str], dimensions: list[str]
) -> None:
    aggregations = [each for kind in kinds for each in AGGREGATIONS.get(kind, [{"aggregation_type": kind}])]
    points = 0
    for home, filters in FILTERS:
        if home not in ("", view):
            continue
        for parted, interval in itertools.product((False, True), (None, 3600)):
            body = {
                "experiment_ids": ["1"], "view_type": view, "metric_name": name, "aggregations": aggregations,
                "filters": filters, "dimensions": dimensions if parted else [],
            }  # fmt: skip
            if interval:
                body |= {"time_interval_seconds": interval, "start_time_ms": DAY + 60 * MINUTE}
                body |= {"end_time_ms": DAY + 200 * MINUTE}
            points += len(same(both, "POST", f"{V3}traces/metrics", body).get("data_points", []))
    assert points or name.startswith("cache"), "nothing was compared"


@pytest.mark.parametrize("change", [
    {"metric_name": "nothing"}, {"aggregations": [{"aggregation_type": "SUM"}]},
    {"dimensions": ["span_name"]}, {"time_interval_seconds": 60}, {"filters": ["trace.status != 'OK'"]},
    {"filters": ["span.name = 'x'"]}, {"filters": ["trace.nothing = 'x'"]}, {"filters": ["trace.tag = 'x'"]},
    {"filters": ["trace.status = 'OK' AND trace.status = 'OK'"]}, {"filters": ["trace.status = 1"]},
    {"filters": ["trace.status.x = 'OK'"]},
])  # fmt: skip
def test_metrics_refused(both: tuple[Server, Server], change: dict[str, Any]) -> None:
    body = {"experiment_ids": ["1"], "view_type": "TRACES", "metric_name": "trace_count",
            "aggregations": [{"aggregation_type": "COUNT"}]}  # fmt: skip
    assert "data_points" in same(both, "POST", f"{V3}traces/metrics", body)
    ours = both[1].call("POST", f"{V3}traces/metrics", body | change)
    assert (ours.status_code, ours.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert both[0].call("POST", f"{V3}traces/metrics", body | change).status_code in (400, 500)


PAIRS = [
    ("trace.status = 'OK'", "tag.`team x` = 'a'", ""),
    ("trace.status = 'ERROR'", "feedback.good = 'true'", ""),
    ("span.name = 'call'", "span.status = 'ERROR'", ""),
    ("span.name = 'call'", "span.status = 'ERROR'", "tag.`team x` != 'b'"),
    ("name = 'ask'", "name = 'ask'", "status = 'OK'"),
    ("name = 'ask'", "name = 'search'", ""),
    ("name = 'nobody'", "name = 'ask'", ""),
    ("timestamp_ms > 0", "timestamp_ms > 0", ""),
    ("name LIKE 'a%'", f"timestamp_ms > {DAY + 100 * MINUTE}", "metadata.`mlflow.trace.session` = 's1'"),
]


@pytest.mark.parametrize(("first", "second", "base"), PAIRS)
def test_correlation(both: tuple[Server, Server], first: str, second: str, base: str) -> None:
    body = {"experiment_ids": ["1"], "filter_string1": first, "filter_string2": second, "base_filter": base}
    found = same(both, "POST", f"{V3}traces/calculate-filter-correlation", body)
    assert ("npmi" in found) == bool(found["filter1_count"] and found["filter2_count"])


@pytest.mark.parametrize("filter", [
    "name RLIKE '^a'", "name RLIKE 's.*h$'", "tag.`team x` RLIKE 'a[.]b|^b$'", "status RLIKE '(?i)err'",
    f"request_id RLIKE '{5:032x}$'", "span.name RLIKE '^(call|fetch)$'", "span.type RLIKE 'L{2}M'",
    "metadata.`mlflow.trace.session` RLIKE 's[13]'", "feedback.good RLIKE 'a|e'", "run_id RLIKE '1$'",
])  # fmt: skip
def test_regular_expressions(both: tuple[Server, Server], filter: str) -> None:
    found = []
    for server in both:
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "1"}}
        answer = server.ok("POST", f"{V3}traces/search", {"locations": [place], "filter": filter})
        found.append([trace["trace_id"] for trace in answer.get("traces", [])])
    assert found[0] == found[1]
    assert 0 < len(found[0]) <= TRACES


@pytest.fixture(scope="module")
def runs(both: tuple[Server, Server]) -> list[tuple[str, str]]:
    """Runs with the same points in them: (id on MLflow's server, id here)."""
    pick = random.Random(3)
    made = []
    for count in (0, 1, 7, 137, 600):
        points = [
            {"key": "m", "value": pick.choice([*ODD, pick.random()]), "timestamp": 1000 + pick.randrange(9), "step": step // 3}
            for step in range(count)
        ]  # fmt: skip
        ids = []
        for server in both:
            run = server.ok("POST", f"{V2}runs/create", {"experiment_id": "1", "start_time": 1})["run"]["info"][
                "run_id"
            ]
            server.ok("POST", f"{V2}runs/log-batch", {"run_id": run, "metrics": points})
            ids.append(run)
        made.append((ids[0], ids[1]))
    return made


@pytest.mark.parametrize("more", [
    {}, {"max_results": 1}, {"max_results": 2}, {"max_results": 10}, {"max_results": 137}, {"max_results": 599},
    {"max_results": 50, "start_step": 10, "end_step": 90}, {"start_step": 5, "end_step": 5},
    {"max_results": 3, "start_step": -5, "end_step": 10_000},
])  # fmt: skip
def test_sampled_histories(both: tuple[Server, Server], runs: list[tuple[str, str]], more: dict[str, int]) -> None:
    found = []
    for place, server in enumerate(both):
        order = [*(run[place] for run in runs), "nobody"]
        query = {"run_ids": order, "metric_key": "m", **more}
        points = server.ok("GET", f"{V2}metrics/get-history-bulk-interval", params=query)["metrics"]
        found.append([{**point, "run_id": order.index(point["run_id"])} for point in points])
    assert found[0] == found[1]


@pytest.mark.parametrize("size", [None, 1, 140, 30_000])
def test_histories_of_many_runs(both: tuple[Server, Server], runs: list[tuple[str, str]], size: int | None) -> None:
    for pair in runs:  # One by one: in an answer about several they stand in the order of their ids.
        found = []
        for place, server in enumerate(both):
            query = {"run_id": [pair[place]], "metric_key": "m", **({"max_results": size} if size else {})}
            points = server.ok("GET", f"{AJAX}metrics/get-history-bulk", params=query)["metrics"]
            found.append([{**point, "run_id": "", "value": str(point["value"]).lower()} for point in points])
        assert found[0] == found[1]


@pytest.mark.parametrize("query", [
    {}, {"run_ids": ["x"] * 101, "metric_key": "m"}, {"metric_key": "m"}, {"run_ids": ["{run}"]},
    {"run_ids": ["{run}"], "metric_key": "m", "max_results": 0},
    {"run_ids": ["{run}"], "metric_key": "m", "max_results": 2501},
    {"run_ids": ["{run}"], "metric_key": "m", "start_step": 1},
    {"run_ids": ["{run}"], "metric_key": "m", "start_step": 2, "end_step": 1},
])  # fmt: skip
def test_sampled_histories_refused(
    both: tuple[Server, Server], runs: list[tuple[str, str]], query: dict[str, Any]
) -> None:
    found = []
    for place, server in enumerate(both):
        asked = {**query, "run_ids": [run.format(run=runs[0][place]) for run in query.get("run_ids", [])]}
        answer = server.call("GET", f"{V2}metrics/get-history-bulk-interval", params=asked)
        found.append((answer.status_code, answer.json()["error_code"]))
    assert found[0] == found[1]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_spans_as_a_file(both: tuple[Server, Server], number: int, version: str) -> None:
    path = f"/ajax-api/{version}/mlflow/get-trace-artifact"
    theirs, ours = (server.call("GET", path, params={"request_id": trace_id(number)}) for server in both)
    assert "attachment" in ours.headers["Content-Disposition"]
    kinds = "kind" in theirs.json()["spans"][0]  # told since 3.18
    assert _by_id(ours.json(), kinds) == _by_id(theirs.json(), kinds)


def _by_id(file: dict[str, Any], kinds: bool) -> list[dict[str, Any]]:
    spans = sorted(file["spans"], key=lambda each: str(each["span_id"]))
    spans = [{key: each[key] for key in each if kinds or key != "kind"} for each in spans]
    return [
        {**each, "attributes": {key: json.loads(text) for key, text in each["attributes"].items()}} for each in spans
    ]
