"""The body of an OTLP export → spans: protobuf or JSON, perhaps compressed."""

from __future__ import annotations

import base64
import json
import math
import zlib
from typing import Any

from hub.lib.errors import Invalid, TooLarge
from tracing.otlp.spans import REQUEST_ID, SpanGiven

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MAX_BODY = 64 * 1024 * 1024
MAX_SPANS = 50_000
_BIGGEST = 2**63 - 1
_STATUS = {0: "UNSET", 1: "OK", 2: "ERROR"}
_IDS = ("traceId", "spanId", "parentSpanId")


def read_export(body: bytes, *, media_type: str, encoding: str = "") -> list[SpanGiven]:
    """The spans of an export in the order given. Raises Invalid for what is none, TooLarge for too much."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise Invalid(f"Invalid Content-Type: {media_type}. Expected: {PROTOBUF} or {JSON}")
    request = _parsed(_inflated(body, encoding.strip().lower()), kind)
    if not request.resource_spans:
        raise Invalid("Invalid OpenTelemetry format - no spans found")
    found: list[SpanGiven] = []
    for group in request.resource_spans:
        resource = _mapping(group.resource.attributes)
        for scope in group.scope_spans:
            found += [_span(span, resource) for span in scope.spans]
            if len(found) > MAX_SPANS:
                raise TooLarge(f"An export may have at most {MAX_SPANS} spans; nothing was kept.")
    return found


def _inflated(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding == "gzip":
        return _inflate(body, encoding, 16 + zlib.MAX_WBITS)
    if encoding == "deflate":
        # Written with a header by the book, without one by some programs.
        headed = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
        return _inflate(body, encoding, zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)
    raise Invalid(f"Unsupported Content-Encoding: {encoding}")


def _inflate(body: bytes, encoding: str, bits: int) -> bytes:
    # SECURITY: never inflates past the limit; a few kilobytes can stand for gigabytes.
    reader = zlib.decompressobj(bits)
    try:
        plain = reader.decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise Invalid(f"Failed to decompress {encoding} payload") from None
    if len(plain) > MAX_BODY:
        raise TooLarge(f"The export unpacks to more than {MAX_BODY} bytes, the most that is taken here.")
    if not reader.eof:
        raise Invalid(f"Failed to decompress {encoding} payload")
    return plain


def _parsed(body: bytes, kind: str) -> Any:
    # Loaded by the first export: hubs without traces do not pay for it.
    from google.protobuf import json_format
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    try:
        if kind == JSON:
            json_format.ParseDict(_with_base64_ids(json.loads(body)), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        raise Invalid("Invalid OpenTelemetry format") from None
    return request


def _with_base64_ids(export: Any) -> Any:
    """OTLP writes ids in JSON as hex digits, protobuf's JSON as base64."""
    for group in export.get("resourceSpans") or ():
        for scope in group.get("scopeSpans") or ():
            for span in scope.get("spans") or ():
                for holder in (span, *(span.get("links") or ())):
                    for name in _IDS:
                        if holder.get(name):
                            holder[name] = base64.b64encode(bytes.fromhex(holder[name])).decode()
    return export


def _span(span: Any, resource: dict[str, Any]) -> SpanGiven:
    if len(span.trace_id) != 16 or len(span.span_id) != 8 or len(span.parent_span_id) not in (0, 8):
        raise Invalid("Cannot read a span: a trace id has 16 bytes, a span id 8; nothing was kept.")
    if max(span.start_time_unix_nano, span.end_time_unix_nano) > _BIGGEST:
        raise Invalid("Cannot read a span: its times lie after the year 2262; nothing was kept.")
    trace_id = span.trace_id.hex()
    return SpanGiven(
        trace_id=trace_id,
        span_id=span.span_id.hex(),
        parent_id="" if not any(span.parent_span_id) else span.parent_span_id.hex(),
        name=_clean(span.name),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano or None,
        status=_STATUS.get(span.status.code, "UNSET"),
        # SECURITY: which trace a span belongs to is read from its ids, never from what a program claims.
        attributes={**_mapping(span.attributes), REQUEST_ID: f"tr-{trace_id}"},
        resource=resource,
        rest=_rest(span),
    )


def _rest(span: Any) -> dict[str, Any]:
    rest = {
        "kind": span.kind,
        "message": _clean(span.status.message),
        "state": _clean(span.trace_state),
        "events": [
            {
                "name": _clean(event.name),
                "time": min(event.time_unix_nano, _BIGGEST),
                "attributes": _mapping(event.attributes),
            }
            for event in span.events
        ],
        "links": [
            {"trace": link.trace_id.hex(), "span": link.span_id.hex(), "attributes": _mapping(link.attributes)}
            for link in span.links
        ],
    }
    return {name: value for name, value in rest.items() if value}


def _mapping(pairs: Any) -> dict[str, Any]:
    return {_clean(pair.key): _plain(pair.value) for pair in pairs}


def _plain(value: Any) -> Any:
    """An AnyValue as JSON can hold it: bytes as base64; NaN and infinities, which JSON lacks, as words."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _mapping(value.kvlist_value.values)
    found = getattr(value, kind)
    if kind == "string_value":
        return _clean(found)
    if kind == "bytes_value":
        return base64.b64encode(found).decode()
    if kind == "double_value" and not math.isfinite(found):
        return "NaN" if math.isnan(found) else "Infinity" if found > 0 else "-Infinity"
    return found


def _clean(text: str) -> str:
    """Text that every database can hold."""
    return text.replace("\0", "\ufffd") if "\0" in text else text
