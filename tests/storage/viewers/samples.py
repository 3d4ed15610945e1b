"""Small files of each kind, made by hand or by the libraries that people use."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
import wave
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from PIL import Image

from storage.viewers.source import BytesSource


@dataclass(frozen=True)
class FileSource:
    """A file on this disk, and how much of it was read."""

    local_path: Path

    @property
    def name(self) -> str:
        return self.local_path.name

    @property
    def size(self) -> int:
        return self.local_path.stat().st_size

    @property
    def etag(self) -> str:
        return self.name

    def read(self, offset: int, length: int) -> bytes:
        with self.local_path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def of(name: str, content: bytes) -> BytesSource:
    return BytesSource(name, content)


def safetensors(tensors: dict[str, tuple[str, list[int]]], metadata: dict[str, str] | None = None) -> bytes:
    sizes = {"F32": 4, "BF16": 2, "I64": 8}
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, (kind, shape) in tensors.items():
        length = sizes[kind] * int(np.prod(shape, dtype=np.int64))
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + length]}
        at += length
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at)


def gguf_text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf(pairs: list[bytes], tensors: list[tuple[str, list[int], int]], version: int = 3) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs)) + b"".join(pairs)
    for name, shape, kind in tensors:
        head += gguf_text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + struct.pack("<IQ", kind, 0)
    return head


def gguf_sample() -> bytes:
    words = [f"token{number}" for number in range(500)]
    pairs = [
        gguf_text("general.architecture") + struct.pack("<I", 8) + gguf_text("llama"),
        gguf_text("llama.block_count") + struct.pack("<II", 4, 32),
        gguf_text("rope.freq") + struct.pack("<If", 6, 0.5),
        gguf_text("tokens") + struct.pack("<IIQ", 9, 8, len(words)) + b"".join(map(gguf_text, words)),
        gguf_text("scores") + struct.pack("<IIQ", 9, 6, 500) + bytes(2000),
    ]
    return gguf(pairs, [("token_embd.weight", [64, 500], 12), ("norm.weight", [64], 0)])


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def proto(number: int, value: int | bytes | str) -> bytes:
    """One protobuf field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def onnx_port(name: str, element: int, dims: list[int | str]) -> bytes:
    shape = b"".join(proto(1, proto(1, dim) if isinstance(dim, int) else proto(2, dim)) for dim in dims)
    return proto(1, name) + proto(2, proto(1, proto(1, element) + proto(2, shape)))


def onnx() -> bytes:
    weight = proto(1, 4) + proto(1, 3) + proto(2, 1) + proto(8, "fc.weight") + proto(9, bytes(48))
    graph = (
        proto(1, proto(1, "x") + proto(4, "Gemm"))
        + proto(1, proto(4, "Relu"))
        + proto(1, proto(4, "Relu"))
        + proto(2, "main")
        + proto(5, weight)
        + proto(11, onnx_port("input", 1, ["batch", 4]))
        + proto(11, onnx_port("fc.weight", 1, [4, 3]))
        + proto(12, onnx_port("output", 7, ["batch", 3]))
    )
    opset = proto(1, "") + proto(2, 17)
    props = proto(1, "task") + proto(2, "classify")
    return proto(1, 8) + proto(2, "pytorch") + proto(7, graph) + proto(8, opset) + proto(14, props)


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def npz(*, packed: bool = False, **arrays: Any) -> bytes:
    out = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(out, **arrays)
    return out.getvalue()


def wav(seconds: float = 0.5, width: int = 2, channels: int = 1, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        times = np.arange(int(seconds * rate)) / rate
        sound = np.sin(2 * np.pi * 440 * times) * 0.5
        samples = np.repeat((sound * (2 ** (8 * width - 1) - 1)).astype(np.int64), channels)
        file.writeframes(b"".join(int(one).to_bytes(width, "little", signed=True) for one in samples))
    return out.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 90, 20)).save(out, kind, **options)
    return out.getvalue()


def table(rows: int = 120) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(range(rows)),
            "score": pa.array([None if at % 10 == 3 else at / 4 for at in range(rows)]),
            "name": pa.array([f"stone {at % 7}" for at in range(rows)]),
            "vector": pa.array([[float(at)] * 300 for at in range(rows)]),
            "picture": pa.array([{"bytes": b"\x00" * 5000, "path": f"{at}.png"} for at in range(rows)]),
        }
    )


def parquet(content: pa.Table | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(table() if content is None else content, out, **options)
    return out.getvalue()


def feather(content: pa.Table | None = None) -> bytes:
    out = io.BytesIO()
    pyarrow.feather.write_feather(table() if content is None else content, out)
    return out.getvalue()


def arrow_stream(content: pa.Table | None = None) -> bytes:
    out = io.BytesIO()
    content = table() if content is None else content
    with pa.ipc.new_stream(out, content.schema) as writer:
        writer.write_table(content)
    return out.getvalue()


def archive_zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def archive_tar(mode: str = "w", **files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as file:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return out.getvalue()


class Evil:
    """What a pickle is feared for."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("echo harm",)


def evil_pickle(protocol: int = 4) -> bytes:
    return pickle.dumps({"weights": [1, 2], "evil": Evil()}, protocol)


GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "square", "area": 4},
                "geometry": {"type": "Polygon", "coordinates": [[[8, 47], [10, 47], [10, 49], [8, 49], [8, 47]]]},
            },
            {"type": "Feature", "properties": {"name": "here"}, "geometry": {"type": "Point", "coordinates": [9, 48]}},
            {"type": "Feature", "properties": None, "geometry": None},
        ],
    }
).encode()

PDF = b"%PDF-1.7\n1 0 obj<</Type/Pages/Kids[]/Count 3>>endobj 2 0 obj<</Title (On stones \\(2\\))>>endobj\n%%EOF"


def every() -> dict[str, bytes]:
    """A whole file for each viewer, by a name that leads to it."""
    return {
        "t.csv": b"a,b\n1,x\n2,y\n",
        "t.jsonl": b'{"a": 1, "b": "x"}\n{"a": 2}\n',
        "t.parquet": parquet(table(20)),
        "t.feather": feather(table(20)),
        "t.arrows": arrow_stream(table(20)),
        "m.safetensors": safetensors({"w": ("F32", [2, 3])}, {"format": "pt"}),
        "m.gguf": gguf_sample(),
        "m.onnx": onnx(),
        "a.npy": npy(np.arange(24.0).reshape(4, 6)),
        "a.npz": npz(packed=True, x=np.arange(5), y=np.ones((3, 3))),
        "s.wav": wav(),
        "p.png": picture(),
        "p.jpg": picture("JPEG"),
        "p.gif": picture("GIF"),
        "p.webp": picture("WEBP"),
        "p.bmp": picture("BMP"),
        "d.pdf": PDF,
        "g.geojson": GEOJSON,
        "c.json": b'{"a": [1, {"b": null}], "c": "text"}',
        "z.zip": archive_zip(a=b"1" * 1000, b=b"2"),
        "z.tar": archive_tar(a=b"1" * 1000, b=b"2"),
        "z.tar.gz": archive_tar("w:gz", a=b"1" * 1000, b=b"2"),
        "z.tar.xz": archive_tar("w:xz", a=b"1" * 1000),
        "m.pkl": evil_pickle(),
        "m.pt": archive_zip(**{"m/data.pkl": evil_pickle(2), "m/data/0": bytes(400)}),
        "r.md": b"# Stones\n\nfine",
        "n.ipynb": b'{"cells": [{"cell_type": "markdown", "source": "# Hi", "metadata": {}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "x.log": b"line\n" * 50,
        "x.bin": bytes(range(256)),
        "h.html": b"<h1>x</h1>",
        "v.mp4": b"\x00\x00\x00\x18ftypmp42" + bytes(40),
    }
