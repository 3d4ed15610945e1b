"""Spans out of bytes and back, what they say about their traces, and sums over trees. No database."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from hub.lib.errors import Invalid, TooLarge
from tests.tracing.conftest import SECOND, START, export_of, span
from tracing.otlp import decode
from tracing.otlp.conventions import translate
from tracing.otlp.decode import JSON, PROTOBUF, read_export
from tracing.otlp.encode import content_of, show_span
from tracing.otlp.facts import facts_of
from tracing.otlp.totals import Node, numbers_of, total_cost, total_tokens


def read(*spans: dict[str, Any], **more: Any) -> list[decode.SpanGiven]:
    return read_export(json.dumps(export_of(*spans, **more)).encode(), media_type=JSON)


def as_protobuf() -> bytes:
    request = ExportTraceServiceRequest()
    found = request.resource_spans.add().scope_spans.add().spans.add()
    found.trace_id, found.span_id, found.name = bytes(15) + b"\x07", bytes(7) + b"\x01", "root"
    found.start_time_unix_nano, found.end_time_unix_nano = START, START + SECOND
    found.status.code, found.status.message = 2, "broken"
    attribute = found.attributes.add()
    attribute.key, attribute.value.int_value = "n", 2**62
    event = found.events.add()
    event.name, event.time_unix_nano = "seen", START
    return bytes(request.SerializeToString())


def test_reads_protobuf():
    (found,) = read_export(as_protobuf(), media_type=PROTOBUF)
    assert (found.key, found.span_id, found.parent_id) == (f"tr-{7:032x}", f"{1:016x}", "")
    assert (found.name, found.start_ns, found.end_ns, found.status) == ("root", START, START + SECOND, "ERROR")
    assert found.attributes == {"n": 2**62, "mlflow.traceRequestId": found.key}
    assert found.rest == {
        "message": "broken",
        "events": [{"name": "seen", "time": START, "attributes": {}}],
    }


def test_reads_json_with_ids_in_hex_digits():
    link = {"traceId": f"{9:032x}", "spanId": f"{8:016x}"}
    values = {"b": True, "f": 0.5, "l": [1, "two"], "m": {"k": {"deep": 1}}}
    (found,) = read(span(1, 2, parent=1, attributes=values, links=[link]), resource={"service.name": "shop"})
    assert (found.trace_id, found.span_id, found.parent_id) == (f"{1:032x}", f"{2:016x}", f"{1:016x}")
    assert {name: found.attributes[name] for name in values} == values
    assert found.resource == {"service.name": "shop"}
    assert found.rest["links"] == [{"trace": f"{9:032x}", "span": f"{8:016x}", "attributes": {}}]


def test_what_a_program_claims_about_its_trace_id_is_not_believed():
    """The attack: a span names another trace in an attribute, so that it is shown there."""
    (found,) = read(span(1, attributes={"mlflow.traceRequestId": "tr-of-somebody-else"}))
    assert found.attributes["mlflow.traceRequestId"] == f"tr-{1:032x}"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda body: zlib.compress(body, wbits=-15)])
def test_reads_compressed_bodies(pack):
    encoding = "gzip" if pack is gzip.compress else "deflate"
    (found,) = read_export(pack(as_protobuf()), media_type=PROTOBUF, encoding=encoding)
    assert found.name == "root"


@pytest.mark.parametrize(
    ("body", "media_type", "encoding", "message"),
    [
        (b"x", "text/plain", "", "Invalid Content-Type: text/plain"),
        (b"x", PROTOBUF, "br", "Unsupported Content-Encoding: br"),
        (b"x", PROTOBUF, "gzip", "Failed to decompress gzip payload"),
        (gzip.compress(b"0" * 1000, mtime=0)[:-9], PROTOBUF, "gzip", "Failed to decompress gzip payload"),
        (b"\xff\xff", PROTOBUF, "", "Invalid OpenTelemetry format"),
        (b"{", JSON, "", "Invalid OpenTelemetry format"),
        (b"[1]", JSON, "", "Invalid OpenTelemetry format"),
        (b'{"resourceSpans": [1]}', JSON, "", "Invalid OpenTelemetry format"),
        (b"[" * 100_000, JSON, "", "Invalid OpenTelemetry format"),
        (b"{}", JSON, "", "no spans found"),
        (b"", PROTOBUF, "", "no spans found"),
        (json.dumps(export_of({**span(1), "spanId": "00"})).encode(), JSON, "", "a span id 8"),
        (json.dumps(export_of({**span(1), "traceId": "zz"})).encode(), JSON, "", "Invalid OpenTelemetry format"),
        (json.dumps(export_of(span(1, end=2**63))).encode(), JSON, "", "after the year 2262"),
    ],
)
def test_refuses_what_is_no_export(body, media_type, encoding, message):
    with pytest.raises(Invalid, match=message):
        read_export(body, media_type=media_type, encoding=encoding)


def test_refuses_a_body_that_unpacks_to_too_much(monkeypatch):
    """The attack: a few kilobytes that stand for gigabytes."""
    monkeypatch.setattr(decode, "MAX_BODY", 10_000)
    with pytest.raises(TooLarge):
        read_export(gzip.compress(b"0" * 10_001), media_type=PROTOBUF, encoding="gzip")


def test_values_that_json_and_databases_lack():
    (found,) = read(span(1, name="a\0b", attributes={"n": "x\0"}))
    assert found.name == "a\ufffdb"
    assert found.attributes["n"] == "x\ufffd"
    request = ExportTraceServiceRequest()
    request.ParseFromString(as_protobuf())
    held = request.resource_spans[0].scope_spans[0].spans[0].attributes[0].value
    for number, word in ((float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity")):
        held.double_value = number
        (found,) = read_export(request.SerializeToString(), media_type=PROTOBUF)
        assert found.attributes["n"] == word
    held.bytes_value = b"\x00\xff"
    assert read_export(request.SerializeToString(), media_type=PROTOBUF)[0].attributes["n"] == "AP8="


def test_shows_what_it_read():
    values = {"s": "ü", "i": 7, "f": 0.5, "t": True, "none": None, "l": [1, {"k": "v"}]}
    (found,) = read(span(1, 2, parent=1, status=2))
    found.attributes = values
    found.rest |= {"message": "broken", "events": [{"name": "e", "time": 5, "attributes": {"a": 1}}]}
    shown = show_span(
        found.trace_id, found.span_id, found.parent_id, found.status, found.start_ns, found.end_ns, content_of(found)
    )
    assert shown == {
        "trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==",
        "span_id": "AAAAAAAAAAI=",
        "parent_span_id": "AAAAAAAAAAE=",
        "name": "step 2",
        "kind": "SPAN_KIND_INTERNAL",
        "start_time_unix_nano": START + 2 * SECOND,
        "end_time_unix_nano": START + 3 * SECOND,
        "attributes": [
            {"key": "s", "value": {"string_value": "ü"}},
            {"key": "i", "value": {"int_value": 7}},
            {"key": "f", "value": {"double_value": 0.5}},
            {"key": "t", "value": {"bool_value": True}},
            {"key": "none", "value": {}},
            {
                "key": "l",
                "value": {
                    "array_value": {
                        "values": [
                            {"int_value": 1},
                            {"kvlist_value": {"values": [{"key": "k", "value": {"string_value": "v"}}]}},
                        ]
                    }
                },
            },
        ],
        "events": [{"name": "e", "time_unix_nano": 5, "attributes": [{"key": "a", "value": {"int_value": 1}}]}],
        "status": {"code": "STATUS_CODE_ERROR", "message": "broken"},
    }


def test_facts_of_a_batch_with_two_traces():
    asked, said = {"q": "x" * 2000}, '"yes"'
    first = span(1, 1, attributes={"mlflow.spanInputs": asked, "mlflow.spanOutputs": said, "mlflow.traceTag.k": "v"})
    spans = read(
        span(2, 3, parent=1, attributes={"session.id": "s1"}),
        first,
        span(1, 2, parent=1, end=START + 9 * SECOND, attributes={"user.id": "ada"}),
        resource={"service.name": "shop", "telemetry.sdk.name": "otel", "mlflow.x": "y"},
    )
    one, two = facts_of(spans)
    assert (one.trace_id, len(one.spans), one.start, one.end) == (
        f"tr-{1:032x}",
        2,
        1_700_000_001_000,
        1_700_000_009_000,
    )
    assert (one.state, one.name, one.user, one.session) == ("OK", "step 1", "ada", "")
    assert one.tags == {"service.name": "shop", "k": "v"}
    assert one.request_preview is not None
    assert (len(one.request_preview), one.request_preview[-3:]) == (1000, "...")
    assert one.response_preview == "yes"
    assert (two.state, two.name, two.session, two.request_preview) == (None, "", "s1", None)


def test_of_two_spans_with_one_id_the_later_holds():
    (facts,) = facts_of(read(span(1, name="early"), span(1, name="late")))
    assert [found.name for found in facts.spans] == ["late"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"openinference.span.kind": "LLM", "input.value": '{"q": 1}', "llm.token_count.prompt": 3},
            {
                "mlflow.spanType": "LLM",
                "mlflow.spanInputs": {"q": 1},
                "mlflow.chat.tokenUsage": {"input_tokens": 3, "output_tokens": 0, "total_tokens": 3},
            },
        ),
        (
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "m",
                "gen_ai.usage.input_tokens": 1,
                "gen_ai.usage.output_tokens": 2,
            },
            {
                "mlflow.spanType": "CHAT_MODEL",
                "mlflow.llm.model": "m",
                "mlflow.chat.tokenUsage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
            },
        ),
        ({"traceloop.span.kind": "odd"}, {"mlflow.spanType": "UNKNOWN"}),
        ({"mlflow.spanType": "TOOL", "openinference.span.kind": "LLM"}, {}),
    ],
)
def test_words_of_other_instrumentations(attributes, expected):
    (found,) = read(span(1, attributes=attributes))
    before = dict(found.attributes)
    translate(found)
    assert found.attributes == {**before, **expected}


def node(place: int, parent: int, tokens: int | None) -> Node:
    return Node(str(place), str(parent) if parent else "", None if tokens is None else {"total_tokens": tokens})


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([node(1, 0, None), node(2, 1, 3), node(3, 1, 4)], 7),
        ([node(1, 0, 7), node(2, 1, 3), node(3, 1, 4)], 7),
        ([node(3, 2, 4), node(2, 1, None), node(1, 0, 9)], 9),
        ([node(2, 99, 3), node(3, 2, 3), node(4, 98, 5)], 8),
        ([node(1, 2, 3), node(2, 1, 3)], None),
        ([node(1, 0, None)], None),
        ([], None),
    ],
    ids=[
        "leaves",
        "a parent that counts its children",
        "any order",
        "parents elsewhere",
        "a circle",
        "nothing",
        "none",
    ],
)
def test_sums_over_a_tree(nodes, expected):
    found = total_tokens(nodes)
    assert (found and found["total_tokens"]) == expected


def test_a_deep_tree_is_no_trouble():
    chain = [node(place, place - 1, None if place < 5000 else 2) for place in range(1, 5001)]
    assert total_tokens(chain) == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 2}


def test_cached_tokens_only_when_counted_and_cost_as_fractions():
    cached = Node("1", "", {"input_tokens": 1, "cache_read_input_tokens": 5})
    assert total_tokens([cached]) == {
        "input_tokens": 1,
        "output_tokens": 0,
        "total_tokens": 0,
        "cache_read_input_tokens": 5,
    }
    assert total_cost([Node("1", "", {"total_cost": 2})]) == {"input_cost": 0.0, "output_cost": 0.0, "total_cost": 2.0}


def test_numbers_of_an_attribute():
    assert numbers_of({"a": 1, "b": True, "c": "x", "d": float("nan")}) == {"a": 1}
    assert numbers_of({"c": "x"}) is None
    assert numbers_of("x") is None
