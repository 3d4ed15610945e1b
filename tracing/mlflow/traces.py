"""traces/…: the handlers about traces of version 3, and what both versions share."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hub.lib.errors import Invalid, NotFound
from tracing import rules
from tracing.mlflow import answers, asks, present
from tracing.mlflow.assessments import given as given_assessment
from tracing.selectors import traces as selectors
from tracing.selectors.traces import SpanRow, TraceDetail
from tracing.services import links
from tracing.services import traces as services
from tracing.services.traces import TraceGiven
from tracking.clock import now_ms
from tracking.mlflow import wire
from tracking.mlflow.answers import Empty
from tracking.mlflow.wire import Call
from tracking.rules import invalid_value, missing, parse_number
from tracking.selectors.paging import Page

DEFAULT_RESULTS = 100
# Spans that are on their way get this many seconds, in two steps: programs ask right after a trace has ended.
PATIENCE: Sequence[float] = (0.2, 0.8)
_STATES = {0: "STATE_UNSPECIFIED", 1: "OK", 2: "ERROR", 3: "IN_PROGRESS"}


class NotKept(NotFound):
    """The spans are not kept by the hub but lie among the trace's files, where the client finds them."""


def start(call: Call, body: asks.StartTrace) -> answers.OneTrace:
    """POST traces"""
    info = body.trace.trace_info if body.trace else None
    if info is None:
        raise missing("trace.trace_info")
    services.start_trace(repository=call.repository, given=_given(info))
    return answers.OneTrace(answers.Trace(_info(call, info.trace_id)))


def _given(info: asks.TraceInfo) -> TraceGiven:
    numbered = info.trace_location.mlflow_experiment if info.trace_location else None
    if numbered is None or not numbered.experiment_id:
        raise missing("trace.trace_info.trace_location.mlflow_experiment.experiment_id")
    duration = info.execution_duration
    return TraceGiven(
        trace_id=info.trace_id,
        experiment_id=numbered.experiment_id,
        request_time=rules.parse_timestamp(info.request_time, path="request_time") if info.request_time else now_ms(),
        duration=None if duration is None else rules.parse_duration(duration, path="execution_duration"),
        state=_STATES.get(info.state, "") if isinstance(info.state, int) else info.state or "",
        client_request_id=info.client_request_id,
        request_preview=info.request_preview,
        response_preview=info.response_preview,
        metadata=info.trace_metadata or {},
        tags=info.tags or {},
        assessments=[given_assessment(each) for each in info.assessments or ()],
    )


def get_info(call: Call, body: asks.ByTrace) -> answers.OneTrace:
    """GET traces/{trace_id}: without spans"""
    return answers.OneTrace(answers.Trace(_info(call, call.path["trace_id"])))


def _info(call: Call, trace_id: str) -> answers.TraceInfo:
    return present.trace_info(selectors.trace_detail(call.repository, trace_id))


def get(call: Call, body: asks.GetTrace) -> answers.OneTrace:
    """GET traces/get: with its spans, all of them unless `allow_partial`"""
    trace_id = body.trace_id or ""
    for seconds in (*(() if body.allow_partial else PATIENCE), None):
        found, spans = _with_spans(call, trace_id)
        if body.allow_partial or _is_whole(found, spans):
            return answers.OneTrace(present.trace(found, spans))
        if seconds is not None:
            time.sleep(seconds)
    if not found.row.has_spans:
        raise NotKept("Trace data not stored in tracking store", next_step="Read the trace's artifact traces.json.")
    raise NotFound(f"Trace with ID {trace_id} is not fully exported yet, please try again later.", field="trace_id")


def _with_spans(call: Call, trace_id: str) -> tuple[TraceDetail, list[SpanRow]]:
    found = selectors.traces_by_id(call.repository, [trace_id])
    if not found:
        raise NotFound(f"Trace with ID {trace_id} is not found.", field="trace_id")
    return found[0], selectors.spans_of(found)[found[0].row.pk]


def _is_whole(found: TraceDetail, spans: Sequence[SpanRow]) -> bool:
    return bool(spans) and len(spans) >= found.expected_spans


def batch_get(call: Call, body: asks.ManyTraces) -> answers.Traces:
    """GET traces/batchGet: those that are there with all their spans, in the order asked for"""
    found = _many(call, body)
    spans = selectors.spans_of(found)
    whole = [each for each in found if _is_whole(each, spans[each.row.pk])]
    return answers.Traces([present.trace(each, spans[each.row.pk]) for each in whole])


def batch_get_infos(call: Call, body: asks.ManyTraces) -> answers.TraceInfos:
    """POST traces/batchGetInfos"""
    return answers.TraceInfos([present.trace_info(each) for each in _many(call, body)])


def _many(call: Call, body: asks.ManyTraces) -> list[TraceDetail]:
    ids = body.trace_ids or []
    if len(ids) > rules.MAX_RESULTS:
        raise Invalid(f"At most {rules.MAX_RESULTS} traces are given at once. Got {len(ids)}.", field="trace_ids")
    numbers = None if body.experiment_ids is None else [parse_number(each) for each in body.experiment_ids if each]
    return selectors.traces_by_id(call.repository, ids, numbers)


def search(call: Call, body: asks.SearchTraces) -> answers.FoundTraces:
    """POST traces/search"""
    places = [place.mlflow_experiment for place in body.locations or () if place.mlflow_experiment]
    if not places and body.locations != []:
        raise Invalid("At least one location must be specified for searching traces.", field="locations")
    page, token = found_page(call, [place.experiment_id for place in places], body)
    return answers.FoundTraces([present.trace_info(each) for each in page.rows], token)


def found_page(
    call: Call, experiment_ids: Sequence[str], body: asks.SearchTraces | asks.SearchTracesV2
) -> tuple[Page[TraceDetail], str]:
    """A page of a search and the token of the next."""
    size = DEFAULT_RESULTS if body.max_results is None else body.max_results
    if not 1 <= size <= rules.MAX_RESULTS:
        why = f"It must be a positive integer, at most {rules.MAX_RESULTS}"
        raise invalid_value("max_results", size, why)
    offset = wire.offset_of(body.page_token)
    page = selectors.search_traces(
        call.repository,
        [parse_number(each) for each in experiment_ids],
        filter_text=body.filter or "",
        order_by=body.order_by or (),
        size=size,
        offset=offset,
    )
    return page, wire.token_for(offset + size, page.more)


def set_tag(call: Call, body: asks.TraceTag) -> Empty:
    """PATCH traces/{trace_id}/tags"""
    services.set_trace_tag(
        repository=call.repository, trace_id=call.path["trace_id"], key=body.key or "", value=body.value or ""
    )
    return Empty()


def delete_tag(call: Call, body: asks.TraceTag) -> Empty:
    """DELETE traces/{trace_id}/tags"""
    services.delete_trace_tag(repository=call.repository, trace_id=call.path["trace_id"], key=body.key or "")
    return Empty()


def delete(call: Call, body: asks.DeleteTraces) -> answers.Deleted:
    """POST traces/delete-traces: by ids, or the oldest up to a time"""
    count = services.delete_traces(
        repository=call.repository,
        experiment_id=body.experiment_id or "",
        trace_ids=body.request_ids or (),
        before=body.max_timestamp_millis,
        most=body.max_traces,
    )
    return answers.Deleted(count)


def link_to_run(call: Call, body: asks.LinkToRun) -> Empty:
    """POST traces/link-to-run"""
    links.link_traces_to_run(repository=call.repository, trace_ids=body.trace_ids or (), run_id=body.run_id or "")
    return Empty()


def link_prompts(call: Call, body: asks.LinkPrompts) -> Empty:
    """POST traces/link-prompts"""
    links.link_prompts_to_trace(
        repository=call.repository,
        trace_id=body.trace_id or "",
        prompts=[(prompt.name, prompt.version) for prompt in body.prompt_versions or ()],
    )
    return Empty()
