"""traces/… as clients before 3.0 call it: a trace is started, its spans go among its files, then it is ended."""

from __future__ import annotations

from tracing.mlflow import answers, asks, present
from tracing.mlflow.traces import found_page
from tracing.selectors import traces as selectors
from tracing.services import legacy
from tracing.services.traces import TraceGiven, new_trace_id, start_trace
from tracking.clock import now_ms
from tracking.mlflow.wire import Call
from tracking.rules import missing

_STATES = {0: "STATE_UNSPECIFIED", 1: "OK", 2: "ERROR", 3: "IN_PROGRESS"}


def start(call: Call, body: asks.StartTraceV2) -> answers.OneTraceV2:
    """POST traces"""
    trace_id = new_trace_id()
    given = TraceGiven(
        trace_id=trace_id,
        experiment_id=body.experiment_id or "",
        request_time=now_ms() if body.timestamp_ms is None else body.timestamp_ms,
        state="IN_PROGRESS",
        metadata={pair.key: pair.value for pair in body.request_metadata or ()},
        tags={pair.key: pair.value for pair in body.tags or ()},
    )
    start_trace(repository=call.repository, given=given)
    return _shown(call, trace_id)


def end(call: Call, body: asks.EndTraceV2) -> answers.OneTraceV2:
    """PATCH traces/{request_id}"""
    status = _STATES.get(body.status, "") if isinstance(body.status, int) else body.status or ""
    legacy.end_trace(
        repository=call.repository,
        trace_id=call.path["trace_id"],
        ended=now_ms() if body.timestamp_ms is None else body.timestamp_ms,
        state="STATE_UNSPECIFIED" if status == "TRACE_STATUS_UNSPECIFIED" else status,
        metadata={pair.key: pair.value for pair in body.request_metadata or ()},
        tags={pair.key: pair.value for pair in body.tags or ()},
    )
    return _shown(call, call.path["trace_id"])


def get_info(call: Call, body: asks.ByTrace) -> answers.OneTraceV2:
    """GET traces/{request_id}/info"""
    return _shown(call, call.path["trace_id"])


def search(call: Call, body: asks.SearchTracesV2) -> answers.FoundTracesV2:
    """GET traces"""
    if not body.experiment_ids:
        raise missing("experiment_ids")
    page, token = found_page(call, body.experiment_ids, body)
    return answers.FoundTracesV2([present.trace_info_v2(each) for each in page.rows], token)


def _shown(call: Call, trace_id: str) -> answers.OneTraceV2:
    return answers.OneTraceV2(present.trace_info_v2(selectors.trace_detail(call.repository, trace_id)))
