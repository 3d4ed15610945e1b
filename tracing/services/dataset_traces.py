"""Makes records of evaluation datasets out of traces, as clients do: what went in, came out, and is expected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from repos.models import Repository
from tracing.models.assessments import AssessmentKind
from tracing.rules import SESSION
from tracing.selectors.span_pages import Root, roots_of
from tracing.selectors.traces import TraceDetail
from tracing.services.assessments import value_of
from tracing.services.datasets import upsert_records


@dataclass(frozen=True, slots=True)
class Added:
    """How many records are new, how many were there and are joined, and how many traces had no inputs to keep."""

    new: int
    joined: int
    skipped: int


def add_traces(*, repository: Repository, dataset_id: str, traces: Sequence[TraceDetail], user: str) -> Added:
    """The dataset holds a record of each trace whose outermost span said what went in.

    Traces with the same inputs are one record. Raises NotFound for no dataset.
    """
    roots = roots_of([trace.row.pk for trace in traces])
    known = [(trace, roots[trace.row.pk]) for trace in traces if trace.row.pk in roots]
    records = [_record(trace, root) for trace, root in known if root.inputs is not None]
    new, joined = upsert_records(repository=repository, dataset_id=dataset_id, records=records, user=user)
    return Added(new, joined, len(traces) - len(records))


def _record(trace: TraceDetail, root: Root) -> dict[str, Any]:
    source = {"trace_id": trace.row.trace_id}
    if SESSION in trace.metadata:
        source["session_id"] = trace.metadata[SESSION]
    return {
        # Inputs are an object: a program with one argument that is none gets a name for it.
        "inputs": root.inputs if isinstance(root.inputs, dict) else {"input": root.inputs},
        "outputs": root.outputs,
        "expectations": {
            each.name: value_of(each.kind, json.loads(each.body))
            for each in trace.assessments
            if each.valid and each.kind == AssessmentKind.EXPECTATION
        },
        "source": {"source_type": "TRACE", "source_data": source},
    }
