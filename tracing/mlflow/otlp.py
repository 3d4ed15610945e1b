"""/v1/traces and /version: spans as OpenTelemetry programs send them, and the release that clients ask for first."""

from __future__ import annotations

from hub.lib.errors import Invalid, TooLarge
from tracing.otlp.decode import JSON, MAX_BODY, PROTOBUF, read_export
from tracing.services.spans import log_spans
from tracking.mlflow.asks import Nothing, Raw
from tracking.mlflow.wire import Bytes, Call, Text, Upload
from tracking.rules import check_run_id

EXPERIMENT = "x-mlflow-experiment-id"
RUN = "x-mlflow-run-id"
# The release whose protocol is served. Clients send spans here only when it is 3.4 or later.
RELEASE = "3.17.2"


class Unprocessable(Invalid):
    """The request lacks a header that it cannot do without."""

    status = 422


def version(call: Call, body: Nothing) -> Text:
    """GET /version"""
    return Text(RELEASE)


def export(call: Call, body: Raw) -> Bytes:
    """POST /v1/traces: everything is kept, or nothing; the answer is an empty message in the same form"""
    header = call.upload.header
    experiment_id = header(EXPERIMENT)
    if not experiment_id:
        raise Unprocessable(f"The header {EXPERIMENT} is missing. It names the experiment that the spans belong to.")
    media_type = header("Content-Type")
    spans = read_export(_body(call.upload), media_type=media_type, encoding=header("Content-Encoding"))
    log_spans(repository=call.repository, experiment_id=experiment_id, spans=spans, run_id=_run_id(header(RUN)))
    return Bytes(b"{}", JSON) if media_type.startswith(JSON) else Bytes(b"", PROTOBUF)


def _body(upload: Upload) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in upload.chunks():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge(f"The export has more than {MAX_BODY} bytes, the most that is taken here.")
        parts.append(chunk)
    return b"".join(parts)


def _run_id(text: str) -> str:
    """A run id that can be one; another is passed over, since the spans count for more than their link."""
    try:
        return check_run_id(text)
    except Invalid:
        return ""
