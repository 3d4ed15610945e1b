"""Spans as the protocol shows them: OTLP in protobuf's JSON, names with underscores, ids in base64."""

from __future__ import annotations

import base64
import json
from typing import Any

from tracing.otlp.spans import REQUEST_ID, TRACE_PREFIX, SpanGiven

_KINDS = (
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
)
Json = dict[str, Any]


def content_of(span: SpanGiven) -> str:
    """The JSON that is kept of a span beside its columns; characters as they are, since filters search in it."""
    return json.dumps({"name": span.name, "attributes": span.attributes, **span.rest}, ensure_ascii=False)


def show_span(trace_id: str, span_id: str, parent_id: str, status: str, start: int, end: int | None, kept: str) -> Json:
    """A span of traces/get. `trace_id` is 32 hex digits, `kept` what content_of wrote."""
    content = json.loads(kept)
    shown: Json = {
        "trace_id": _base64(trace_id),
        "span_id": _base64(span_id),
        "name": content["name"],
        "kind": _kind(content),
        "start_time_unix_nano": start,
        "attributes": _pairs(content["attributes"]),
        "status": {"code": f"STATUS_CODE_{status}"},
    }
    if parent_id:
        shown["parent_span_id"] = _base64(parent_id)
    if end is not None:
        shown["end_time_unix_nano"] = end
    if content.get("message"):
        shown["status"]["message"] = content["message"]
    if content.get("state"):
        shown["trace_state"] = content["state"]
    if content.get("events"):
        shown["events"] = [_event(event) for event in content["events"]]
    if content.get("links"):
        shown["links"] = [_link(link) for link in content["links"]]
    return shown


def show_file_span(
    trace_id: str, span_id: str, parent_id: str, status: str, start: int, end: int | None, kept: str
) -> Json:
    """A span of the file traces.json: attributes are a map, each value written as JSON."""
    content = json.loads(kept)
    attributes = {REQUEST_ID: TRACE_PREFIX + trace_id, **content["attributes"]}
    return {
        "trace_id": _base64(trace_id),
        "span_id": _base64(span_id),
        "parent_span_id": _base64(parent_id) if parent_id else None,
        "name": content["name"],
        "kind": _kind(content) if content.get("kind") else "SPAN_KIND_INTERNAL",
        "start_time_unix_nano": start,
        "end_time_unix_nano": end,
        "events": [
            {"name": event["name"], "time_unix_nano": event["time"], "attributes": event["attributes"]}
            for event in content.get("events", ())
        ],
        "status": {"code": f"STATUS_CODE_{status}", "message": content.get("message", "")},
        "attributes": {key: json.dumps(value, ensure_ascii=False) for key, value in attributes.items()},
        "links": [_link(link) for link in content.get("links", ())],
    }


def _kind(content: Json) -> str:
    kind = content.get("kind", 0)
    return _KINDS[kind] if kind < len(_KINDS) else _KINDS[0]


def _event(event: Json) -> Json:
    return {"name": event["name"], "time_unix_nano": event["time"], "attributes": _pairs(event["attributes"])}


def _link(link: Json) -> Json:
    return {
        "trace_id": _base64(link["trace"]),
        "span_id": _base64(link["span"]),
        "attributes": _pairs(link["attributes"]),
    }


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _pairs(attributes: Json) -> list[Json]:
    return [{"key": key, "value": _any_value(value)} for key, value in attributes.items()]


def _any_value(value: Any) -> Json:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int):
        return {"int_value": value}
    if isinstance(value, float):
        return {"double_value": value}
    if isinstance(value, list):
        return {"array_value": {"values": [_any_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlist_value": {"values": _pairs(value)}}
    return {"string_value": str(value)}
