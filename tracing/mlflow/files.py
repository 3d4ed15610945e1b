"""get-trace-artifact: the spans of a trace as one file, or a file that was attached to it."""

from __future__ import annotations

import json
from typing import Any

from tracing.otlp.encode import show_file_span
from tracing.selectors import traces as selectors
from tracking.mlflow.asks import Ask
from tracking.mlflow.files import file_below
from tracking.mlflow.wire import Call, File

SPANS_FILE = "traces.json"
ATTACHMENTS = "attachments"


class TraceFile(Ask):
    """get-trace-artifact"""

    REQUIRED = ("request_id",)
    request_id: str | None = None
    path: str | None = None


def download(call: Call, body: TraceFile) -> File:
    """GET get-trace-artifact?request_id=: spans that the hub keeps, or the client's own file of them; or a `path`"""
    found = selectors.trace_detail(call.repository, body.request_id or "")
    if body.path:
        return file_below(call, f"{found.row.artifact_uri}/{ATTACHMENTS}", body.path)
    if not found.row.has_spans:
        return file_below(call, found.row.artifact_uri, SPANS_FILE)
    return _spans_file(found)


def _spans_file(found: selectors.TraceDetail) -> File:
    digits = found.row.trace_id.removeprefix("tr-")
    spans: list[dict[str, Any]] = [
        show_file_span(digits, row.span_id, row.parent_id, row.status, row.start_ns, row.end_ns, row.content)
        for row in selectors.spans_of([found])[found.row.pk]
    ]
    data = json.dumps({"spans": spans}, separators=(",", ":")).encode()
    return File(
        name=SPANS_FILE,
        size=len(data),
        content_type="application/octet-stream",
        open_range=lambda offset, length: iter([data[offset : offset + length]]),
    )
