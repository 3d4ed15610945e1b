"""Keeps the spans of a batch, and what they say about their traces."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from repos.models import Repository
from tracing import rules
from tracing.models.traces import TraceState
from tracing.otlp.conventions import translate
from tracing.otlp.encode import content_of
from tracing.otlp.facts import Facts, facts_of
from tracing.otlp.spans import COST, SPAN_TYPE, TOKENS, UNKNOWN, SpanGiven, as_text, unwrap
from tracing.otlp.totals import Node, numbers_of, total_cost, total_tokens
from tracing.services.holding import elsewhere, experiment_named
from tracing.services.links import write_links
from tracing.services.words import write_metadata, write_tags
from tracking import sql

MAX_TYPE = 250
_OPEN = (TraceState.IN_PROGRESS.value, TraceState.STATE_UNSPECIFIED.value)
_NEW_TRACE = (
    "INSERT INTO tracing_trace (repository_id, experiment_id, trace_id, request_time, state, finalized, has_spans)"
)
_NEW_SPAN = (
    "INSERT INTO tracing_span "
    "(trace_id, span_id, parent_id, name, type, status, start_ns, end_ns, tokens, cost, content)"
)
_REPLACE_SPAN = (
    "ON CONFLICT (trace_id, span_id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name, "
    "type = excluded.type, status = excluded.status, start_ns = excluded.start_ns, end_ns = excluded.end_ns, "
    "tokens = excluded.tokens, cost = excluded.cost, content = excluded.content"
)


class Held(msgspec.Struct):
    """A trace as it was before the batch."""

    pk: int
    trace_id: str
    experiment: int
    request_time: int
    duration: int | None
    state: str
    request_preview: str | None
    response_preview: str | None
    finalized: bool


def log_spans(*, repository: Repository, experiment_id: str, spans: Sequence[SpanGiven], run_id: str = "") -> None:
    """The spans are kept, each once by its id, and their traces exist and say what their spans say.

    What a description of the trace said before (see start_trace) holds against what is read out of spans. Traces
    whose root span is in the batch are linked to `run_id`. Raises NotFound for no experiment, Invalid for a trace
    that lives in another one or a name that is too long; nothing is kept then.
    """
    for span in spans:
        translate(span)
    batch = facts_of(spans)
    with transaction.atomic():
        home = experiment_named(repository, experiment_id)
        held = _hold(repository, home.pk, batch)
        _write_spans(batch, held)
        for facts in batch:
            _tell(facts, held[facts.trace_id])
        _write_totals([held[facts.trace_id] for facts in batch if _has_numbers(facts)])
        if run_id:
            write_links([held[facts.trace_id].pk for facts in batch if facts.state], run_id)


def _hold(repository: Repository, experiment: int, batch: Sequence[Facts]) -> dict[str, Held]:
    """The traces of a batch, made where they are missing, held until the end of the transaction."""
    new = [
        (repository.pk, experiment, facts.trace_id, facts.start, TraceState.IN_PROGRESS.value, False, False)
        for facts in batch
    ]
    sql.insert(_NEW_TRACE, new, "ON CONFLICT (repository_id, trace_id) DO NOTHING")
    inside, ids = sql.among("trace_id", [facts.trace_id for facts in batch])
    lock = " FOR NO KEY UPDATE" if sql.is_postgres() else ""
    found = sql.rows(
        "SELECT id, trace_id, experiment_id, request_time, duration, state, request_preview, response_preview, "
        f"finalized FROM tracing_trace WHERE repository_id = ? AND {inside} ORDER BY trace_id{lock}",
        (repository.pk, ids),
    )
    held = {row[1]: Held(*row) for row in found}
    for trace in held.values():
        if trace.experiment != experiment:
            raise elsewhere(trace.trace_id)
    return held


def _write_spans(batch: Sequence[Facts], held: dict[str, Held]) -> None:
    rows = [_row(held[facts.trace_id].pk, span) for facts in batch for span in facts.spans]
    sql.insert(_NEW_SPAN, rows, _REPLACE_SPAN)


def _row(trace: int, span: SpanGiven) -> tuple[Any, ...]:
    kind = as_text(unwrap(span.attributes.get(SPAN_TYPE)) or UNKNOWN)[:MAX_TYPE]
    return (
        trace,
        span.span_id,
        span.parent_id,
        span.name,
        kind,
        span.status,
        span.start_ns,
        span.end_ns,
        _numbers(span, TOKENS),
        _numbers(span, COST),
        content_of(span),
    )


def _numbers(span: SpanGiven, name: str) -> str | None:
    found = numbers_of(unwrap(span.attributes.get(name)))
    return json.dumps(found) if found else None


def _has_numbers(facts: Facts) -> bool:
    return any(TOKENS in span.attributes or COST in span.attributes for span in facts.spans)


def _tell(facts: Facts, held: Held) -> None:
    """Write what the batch says about a trace."""
    start, duration = held.request_time, held.duration
    if not held.finalized:
        start, duration = _widened(facts, held)
    state = facts.state if facts.state and held.state in _OPEN else held.state
    sql.change(
        "UPDATE tracing_trace SET request_time = ?, duration = ?, state = ?, request_preview = ?, "
        "response_preview = ?, has_spans = ? WHERE id = ?",
        (
            start,
            duration,
            state,
            facts.request_preview if held.request_preview is None else held.request_preview,
            facts.response_preview if held.response_preview is None else held.response_preview,
            True,
            held.pk,
        ),
    )
    write_tags(held.pk, rules.told_tags(facts.tags))
    if facts.name:
        write_tags(held.pk, dict([rules.check_tag(rules.TRACE_NAME, facts.name)]), replace=False)
    said = {rules.SESSION: rules.check_session(facts.session), rules.USER: facts.user}
    write_metadata(held.pk, rules.given_metadata({key: text for key, text in said.items() if text}), replace=False)


def _widened(facts: Facts, held: Held) -> tuple[int, int | None]:
    """Start and duration of a trace with the spans of the batch in it."""
    start = min(held.request_time, facts.start)
    ends = [end for end in (facts.end, _end(held)) if end is not None]
    return start, max(0, max(ends) - start) if ends else None


def _end(held: Held) -> int | None:
    return None if held.duration is None else held.request_time + held.duration


def _write_totals(traces: Sequence[Held]) -> None:
    """Sum up tokens and cost over all spans that are kept, since a parent and its children may come apart.

    What a description of the trace said stays.
    """
    if not traces:
        return
    inside, keys = sql.among("trace_id", [trace.pk for trace in traces])
    nodes: dict[int, list[tuple[str, str, str | None, str | None]]] = defaultdict(list)
    for trace, *node in sql.rows(
        f"SELECT trace_id, span_id, parent_id, tokens, cost FROM tracing_span WHERE {inside}", (keys,)
    ):
        nodes[trace].append((node[0], node[1], node[2], node[3]))
    for trace in traces:
        found = nodes[trace.pk]
        tokens = total_tokens(Node(span, parent, _read(said)) for span, parent, said, _ in found)
        cost = total_cost(Node(span, parent, _read(said)) for span, parent, _, said in found)
        sums = {rules.TOKENS: tokens, rules.COST: cost}
        words = {key: json.dumps(numbers) for key, numbers in sums.items() if numbers}
        write_metadata(trace.pk, words, replace=not trace.finalized)


def _read(text: str | None) -> dict[str, int | float] | None:
    return json.loads(text) if text else None
