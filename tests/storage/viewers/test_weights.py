"""Headers of model files: what they say, and what is refused."""

from __future__ import annotations

import struct

import pytest

from storage.viewers.asks import Ask
from storage.viewers.source import Unreadable
from storage.viewers.weights.gguf import draw_gguf
from storage.viewers.weights.onnx import draw_onnx
from storage.viewers.weights.safetensors import draw_safetensors
from storage.viewers.weights.view import TENSORS, ModelView
from tests.storage.viewers import samples
from tests.storage.viewers.samples import gguf, gguf_text, of, proto


def facts(view: ModelView) -> dict[str, str]:
    return {one.name: one.value for one in view.facts}


def test_safetensors_tells_tensors_types_and_metadata() -> None:
    content = samples.safetensors({"a.weight": ("BF16", [1024, 512]), "a.bias": ("F32", [1024])}, {"format": "pt"})
    view = draw_safetensors(of("m.safetensors", content), Ask())
    assert [(one.name, one.type, one.shape_text, one.parameters) for one in view.tensors] == [
        ("a.weight", "BF16", "1024 × 512", 524288),
        ("a.bias", "F32", "1024", 1024),
    ]
    assert facts(view)["Parameters"] == "525 K (525,312)"
    assert [(one.name, one.value) for one in view.metadata] == [("format", "pt")]
    assert [(one.type, one.tensors, one.percent) for one in view.shares] == [("BF16", 1, 99.8), ("F32", 1, 0.2)]
    assert view.note == ""


def test_safetensors_cut_short_is_noted() -> None:
    content = samples.safetensors({"a": ("F32", [100])})
    assert "cut" in draw_safetensors(of("m", content[:-8]), Ask()).note


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b'{"a": 1}',
        b'{"a": {"shape": [-1], "dtype": "F32", "data_offsets": [0, 1]}}',
        b'{"a": {"shape": [1.5], "dtype": "F32", "data_offsets": [0, 1]}}',
        b'{"a": {"shape": [9223372036854775807, 9223372036854775807], "dtype": "F32", "data_offsets": [0, 1]}}',
        b'{"a": {"shape": [1], "dtype": "F32"}}',
        b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"a": [' + b"1," * 300_000 + b"1]}",
        b"\xff\xfe{",
    ],
)
def test_safetensors_that_lie_are_refused(header: bytes) -> None:
    with pytest.raises(Unreadable):
        draw_safetensors(of("m", struct.pack("<Q", len(header)) + header), Ask())


@pytest.mark.parametrize("length", [2**60, 2**64 - 1, 100, 10_000_000])
def test_safetensors_header_that_claims_more_than_there_is(length: int) -> None:
    with pytest.raises(Unreadable, match="claims"):
        draw_safetensors(of("m", struct.pack("<Q", length) + b"{}"), Ask())


def test_tensors_are_shown_by_the_page() -> None:
    content = samples.safetensors({f"t{n:04}": ("I64", [1]) for n in range(2 * TENSORS + 5)})
    view = draw_safetensors(of("m", content), Ask(page=3))
    assert [one.name for one in view.tensors] == [f"t{n:04}" for n in range(200, 205)]
    assert view.pages == {"previous": "?page=2"} and view.range_words == "Tensors 201 to 205 of 205"


def test_gguf_tells_metadata_and_tensors() -> None:
    view = draw_gguf(of("m.gguf", samples.gguf_sample()), Ask())
    metadata = {one.name: one.value for one in view.metadata}
    assert facts(view)["Architecture"] == "llama" and metadata["llama.block_count"] == "32"
    assert metadata["rope.freq"] == "0.5"
    assert metadata["tokens"].startswith("['token0', 'token1',") and "(500 in all)" in metadata["tokens"]
    # The innermost dimension comes first in the file.
    assert [(one.name, one.type, one.shape) for one in view.tensors] == [
        ("token_embd.weight", "Q4_K", (500, 64)),
        ("norm.weight", "F32", (64,)),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"GGUF" + struct.pack("<IQQ", 1, 0, 0),
        b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60),
        gguf([struct.pack("<Q", 2**60)], []),
        gguf([gguf_text("k") + struct.pack("<IIQ", 9, 8, 2**60)], []),
        gguf([gguf_text("k") + struct.pack("<IIQ", 9, 4, 2**62)], []),
        gguf([gguf_text("k") + struct.pack("<IIQ", 9, 9, 1)], []),
        gguf([gguf_text("k") + struct.pack("<I", 77)], []),
        gguf([], [("t", [1] * 9, 0)]),
        gguf([], [("t", [2**63] * 4, 0)]),
    ],
)
def test_gguf_that_lies_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        draw_gguf(of("m", content), Ask())


def test_onnx_tells_ports_operators_and_weights() -> None:
    view = draw_onnx(of("m.onnx", samples.onnx()), Ask())
    told = [(one.name, one.value) for one in view.facts]
    assert ("Input", "input: float32 batch × 4") in told and ("Output", "output: int64 batch × 3") in told
    assert not [value for name, value in told if name == "Input" and "fc.weight" in value]
    assert {"Opset ai.onnx": "17", "Producer": "pytorch", "Graph": "main", "Relu": "× 2"}.items() <= dict(told).items()
    assert [(one.name, one.type, one.shape) for one in view.tensors] == [("fc.weight", "float32", (4, 3))]
    assert [(one.name, one.value) for one in view.metadata] == [("task", "classify")]


def test_onnx_does_not_read_the_weights() -> None:
    weight = proto(1, 2**20) + proto(2, 1) + proto(8, "w") + proto(9, bytes(4 * 2**20))
    content = proto(7, b"".join(proto(5, weight) for _ in range(10)))

    class Counting:
        name, etag, local_path, size, seen = "m.onnx", "", None, len(content), 0

        def read(self, offset: int, length: int) -> bytes:
            self.seen += length
            return content[offset : offset + length]

    source = Counting()
    assert len(draw_onnx(source, Ask()).tensors) == 10
    assert source.seen < 1024 * 1024 < source.size


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 40,
        proto(1, 8),
        proto(7, 5),
        proto(7, b"\x0a\xff\xff\xff\x7f"),
        proto(7, proto(5, proto(1, 2**63) + proto(1, 2**63))),
        b"\x3a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
    ],
)
def test_onnx_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        draw_onnx(of("m", content), Ask())
