"""The rows of an evaluation: out of the judged traces of its run, or out of the table of a classic evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hub.lib.errors import NotFound
from storage.selectors import get_object, read_object
from tracing.comparing import EvalRow, key_of, score_of
from tracing.models.assessments import AssessmentKind
from tracing.otlp.spans import as_text
from tracing.selectors.assessments import AssessmentRow
from tracing.selectors.evaluations import JUDGED_IN, TABLE
from tracing.selectors.span_pages import Root, roots_of
from tracing.selectors.trace_list import COLUMNS, TraceQuery, matches
from tracing.selectors.traces import TraceDetail, TraceRow, with_words
from tracking import sql
from tracking.locations import SPACE
from tracking.models import Experiment, Run
from tracking.selectors.run_page import artifact_folder

MOST_ROWS = 1_000
LARGEST_TABLE = 16 * 1024 * 1024
LONGEST = 2_000
_OUTPUTS = ("outputs", "output", "prediction", "predictions", "response", "answer")
_EXPECTED = ("targets", "target", "ground_truth", "expected", "expected_response", "label", "expectations")
_SCORE, _WHY = "/score", "/justification"
_ASIDE = ("trace", "trace_id", "request_id", "start_timestamp", "end_timestamp", "latency", "token_count")


def eval_rows(experiment: Experiment, run: Run) -> list[EvalRow]:
    """At most MOST_ROWS rows of the run, from its traces, else from its table; none where it evaluated nothing."""
    return _from_traces(experiment, run) or _from_table(run)


def _from_traces(experiment: Experiment, run: Run) -> list[EvalRow]:
    matching = matches(experiment, TraceQuery(run=run.uuid))
    found = sql.rows(
        f"SELECT {COLUMNS} FROM tracing_trace t WHERE {matching.text} ORDER BY t.request_time, t.trace_id LIMIT ?",
        (*matching.values, MOST_ROWS),
    )
    traces = with_words([TraceRow(*(*row, experiment.number, experiment.artifact_location)) for row in found])
    roots = roots_of([trace.row.pk for trace in traces]) if traces else {}
    rows = [_of_trace(trace, roots.get(trace.row.pk), run.uuid) for trace in traces]
    return rows if any(row.scores for row in rows) else []


def _of_trace(trace: TraceDetail, root: Root | None, run: str) -> EvalRow:
    row = trace.row
    inputs = root.inputs if root and root.inputs is not None else row.request_preview
    outputs = root.outputs if root and root.outputs is not None else row.response_preview
    own = [each for each in trace.assessments if each.valid and json.loads(each.metadata).get(JUDGED_IN, run) == run]
    expected = {each.name: _value(each) for each in own if each.kind == AssessmentKind.EXPECTATION}
    return EvalRow(
        key=key_of(inputs),
        request=_shown(inputs),
        response=_shown(outputs),
        expected=_shown(expected) if expected else "",
        scores={each.name: _score(each) for each in own if each.kind == AssessmentKind.FEEDBACK},
        trace=row.trace_id,
    )


def _score(row: AssessmentRow) -> Any:
    error = json.loads(row.body).get("error")
    failed = str(error.get("error_message") or error.get("error_code") or "It failed.") if error else ""
    return score_of(_value(row), rationale=(row.rationale or "")[:LONGEST], error=failed[:LONGEST])


def _value(row: AssessmentRow) -> Any:
    body = json.loads(row.body)
    said = body.get("serialized_value")
    return json.loads(said["value"]) if isinstance(said, dict) and said.get("value") else body.get("value")


def _from_table(run: Run) -> list[EvalRow]:
    folder = artifact_folder(run)
    if folder is None:
        return []
    try:
        stored = get_object(run.repository, SPACE, f"{folder}/{TABLE}")
    except NotFound:
        return []
    if stored.size > LARGEST_TABLE:
        return []
    return table_rows(b"".join(read_object(stored)))


def table_rows(content: bytes) -> list[EvalRow]:
    """The rows of a table as `mlflow.log_table` writes it (`columns` and `data`); none for anything else."""
    try:
        table = json.loads(content)
        columns = [str(column) for column in table["columns"]]
        data = [dict(zip(columns, row, strict=False)) for row in table["data"][:MOST_ROWS]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    scored = {column for column in columns if column.endswith(_SCORE)}
    aside = {column for column in columns if column.endswith((_SCORE, _WHY)) or column in _ASIDE}
    inputs = [column for column in columns if column not in aside and column not in (*_OUTPUTS, *_EXPECTED)]
    return [_of_table(row, inputs, sorted(scored)) for row in data]


def _of_table(row: Mapping[str, Any], inputs: Sequence[str], scored: Sequence[str]) -> EvalRow:
    given = {name: row.get(name) for name in inputs}
    said = next((row[name] for name in _OUTPUTS if name in row), "")
    expected = next((row[name] for name in _EXPECTED if name in row), None)
    return EvalRow(
        key=key_of(given),
        request=_shown(given),
        response=_shown(said),
        expected="" if expected is None else _shown(expected),
        scores={
            name.removesuffix(_SCORE): score_of(row[name], rationale=as_text(row.get(_why(name)) or "")[:LONGEST])
            for name in scored
            if row.get(name) is not None
        },
        trace=str(row.get("trace_id") or row.get("request_id") or "")[:250],
    )


def _why(name: str) -> str:
    return name.removesuffix(_SCORE) + _WHY


def _shown(value: Any) -> str:
    """A value in few lines: an only argument stands for itself."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return ("" if value is None else as_text(value))[:LONGEST]
