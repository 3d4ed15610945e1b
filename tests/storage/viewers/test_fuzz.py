"""Every parser against broken files: nothing raises but Unreadable, and memory stays bounded whatever they claim."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.viewers import confined
from storage.viewers.asks import Ask
from storage.viewers.drawing import draw_view
from tests.storage.viewers import samples
from tests.storage.viewers.samples import of

EVERY = samples.every()
# Pillow, DuckDB and Arrow parse in children: of those files only what happens in this process is mutated here.
PARSED = [name for name in EVERY if name not in ("t.parquet", "t.feather", "t.arrows")]
MOST = 64 * 1024 * 1024
NUMBERS = (0, 1, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**60, 2**63 - 1, 2**64 - 1)


@pytest.fixture(autouse=True)
def no_children(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise confined.Crashed("no child here")

    monkeypatch.setattr(confined, "run", refuse)


def mutations(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Bytes flipped, numbers put in, parts cut out, doubled and moved; most of it near the beginning, where headers are."""
    dice = random.Random(seed)
    for _ in range(count):
        data = bytearray(content)
        for _ in range(dice.randint(1, 4)):
            reach = len(data) if dice.random() < 0.4 else min(len(data), 200)
            at = dice.randrange(max(1, reach))
            kind = dice.randrange(6)
            if kind == 0 and data:
                data[at] ^= 1 << dice.randrange(8)
            elif kind == 1:
                number = struct.pack(dice.choice("<>") + "Q", dice.choice(NUMBERS))
                length = dice.choice((1, 2, 4, 8))
                data[at : at + length] = number[:length]
            elif kind == 2:
                del data[at : at + dice.randrange(1, 40)]
            elif kind == 3:
                data[at:at] = data[at : at + dice.randrange(1, 60)] * dice.randrange(1, 4)
            elif kind == 4:
                del data[at:]
            else:
                data[at : at + 4] = dice.randbytes(4)
        yield bytes(data)


@pytest.mark.parametrize("name", PARSED)
def test_broken_files_are_drawn_or_told(name: str) -> None:
    for seed, content in enumerate(mutations(EVERY[name], 7, 250)):
        view = draw_view(of(name, content), Ask(page=1 + seed % 3, start=seed % 5))
        assert view.template


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([*PARSED, "noname", "x.h5"]), content=st.binary(max_size=3000))
def test_anything_is_drawn_or_told(name: str, content: bytes) -> None:
    assert draw_view(of(name, content), Ask()).template
    # Behind the mark that its name promises, parsers go further.
    assert draw_view(of(name, EVERY.get(name, b"")[:24] + content), Ask()).template


class Endless:
    """A file of ten gigabytes: a head, and then the same bytes again and again."""

    etag, local_path = "", None

    def __init__(self, name: str, head: bytes, fill: bytes, tail: bytes = b"", size: int = 10 * 1024**3) -> None:
        self.name, self.size = name, size
        self._head, self._fill, self._tail = head, fill, tail
        self.seen = self.largest = 0

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        self.seen += length
        self.largest = max(self.largest, length)
        start = offset % len(self._fill)
        data = bytearray((self._fill * (length // len(self._fill) + 2))[start : start + length])
        for place, part in ((0, self._head), (self.size - len(self._tail), self._tail)):
            if offset < place + len(part) and place < offset + length:
                first = max(place, offset)
                data[first - offset : min(place + len(part), offset + length) - offset] = part[
                    first - place : offset + length - place
                ]
        return bytes(data)


def eocd(count: int, size: int, offset: int) -> bytes:
    return b"PK\x05\x06" + bytes(4) + struct.pack("<HHIIH", count, count, size, offset, 0)


WAV_HEAD = b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<IHHIIHHI", 16, 1, 2, 48000, 192000, 4, 16, 0)
NPY = b"{'descr': '<f4', 'fortran_order': False, 'shape': (50000, 50000)}"
LARGE = {
    "csv": Endless("x.csv", b"a,b,c\n", b"1,some words,3.25\n"),
    "csv-one-line": Endless("x.csv", b"a,b,c\n", b"1,"),
    "csv-quote": Endless("x.csv", b'a,"', b"x\n"),
    "jsonl": Endless("x.jsonl", b"", b'{"a": 1, "b": [1, 2, 3]}\n'),
    "jsonl-one-line": Endless("x.jsonl", b"", b'{"a":'),
    "json": Endless("x.json", b"[", b"[1,{},"),
    "json-deep": Endless("x.json", b"", b"[", size=3_000_000),
    "json-wide": Endless("x.json", b"[", b"1,", b"1]", size=4_000_000),
    "geojson": Endless("x.geojson", b"{", b"[1,2],"),
    "text": Endless("x.log", b"", b"a line of a log\n"),
    "text-one-line": Endless("x.log", b"", b"abc"),
    "python": Endless("x.py", b"", b"(lambda x: [x, '<&>'])(1)\n"),
    "markdown": Endless("x.md", b"", b"* a\n  * b *c* `d`\n"),
    "safetensors": Endless("x.safetensors", struct.pack("<Q", 2**33), b'{"a":[1,'),
    "safetensors-dense": Endless("x.safetensors", struct.pack("<Q", 4_000_000) + b"{", b'"a":[],'),
    "gguf-pairs": Endless(
        "x.gguf", b"GGUF" + struct.pack("<IQQ", 3, 60_000, 10_000), samples.gguf_text("k") + b"\0\0\0\0\1"
    ),
    "gguf-strings": Endless(
        "x.gguf",
        b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + samples.gguf_text("k") + struct.pack("<IIQ", 9, 8, 2_000_000),
        b"\1\0\0\0\0\0\0\0a",
    ),
    "gguf-tensors": Endless(
        "x.gguf",
        b"GGUF" + struct.pack("<IQQ", 3, 60_000, 0),
        samples.gguf_text("t" * 64) + struct.pack("<IQIQ", 1, 5, 0, 0),
    ),
    "onnx-fields": Endless("x.onnx", b"\x3a\xff\xff\xff\xff\x1f", b"\x0a\x00"),
    "onnx-nodes": Endless("x.onnx", b"\x3a\xff\xff\xff\xff\x1f", b"\x0a\x06\x22\x04Relu"),
    "npy": Endless("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(NPY)) + NPY, struct.pack("<f", 1.5)),
    "wav": Endless("x.wav", WAV_HEAD[:-4] + b"data" + b"\xff\xff\xff\xff", b"\x00\x10\x00\xf0"),
    "wav-chunks": Endless("x.wav", WAV_HEAD[:12], b"junk\0\0\0\0"),
    "jpeg-segments": Endless("x.jpg", b"\xff\xd8\xff", b"\xff\xe1\x00\x02"),
    "pdf": Endless("x.pdf", b"%PDF-1.7 /Type", b"/Pages (((( /Type /Title ("),
    "pickle": Endless("x.pkl", b"\x80\x04", b"N0"),
    "pickle-strings": Endless("x.pkl", b"\x80\x04", b"\x8c\x01a\x94"),
    "pickle-bytes": Endless("x.pkl", b"\x80\x04\x8e" + struct.pack("<Q", 2**40), b"x"),
    "pickle-line": Endless("x.pkl", b"\x80\x02c", b"x"),
    "zip-directory": Endless("x.zip", b"PK\x03\x04", b"PK\x01\x02" + bytes(42), eocd(65535, 2**31, 0)),
    "tar": Endless("x.tar", bytes(257) + b"ustar\0" + bytes(249), b"\0"),
    "tar-members": Endless(
        "x.tar", b"", (b"name" + bytes(120) + b"00000000000\0" + bytes(121) + b"ustar\x0000" + bytes(247))[:512]
    ),
    "tgz": Endless("x.tgz", b"\x1f\x8b\x08", b"abc"),
    "image": Endless("x.png", samples.picture()[:16] + struct.pack(">II", 60_000, 60_000), b"x"),
    "unknown": Endless("x.bin", b"\x00\x01", b"\x00"),
    "torch": Endless("x.pt", b"PK\x03\x04", b"PK\x01\x02" + bytes(42), eocd(60000, 2**30, 0)),
    "notebook": Endless("x.ipynb", b'{"cells":[', b"{},"),
}


@pytest.mark.parametrize("name", LARGE)
def test_memory_is_bounded_for_files_of_ten_gigabytes(name: str) -> None:
    source = LARGE[name]
    draw_view(of(source.name, source.read(0, 3000)), Ask())  # what is made once is not the file's
    tracemalloc.start()
    began = time.process_time()
    try:
        view = draw_view(source, Ask())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert view.template
    # Buffers of the Endless file itself are made twice over; the parsers' own share is what must stay small.
    assert peak < MOST + 3 * source.largest, f"{peak:,} bytes"
    assert source.seen <= 100 * 1024 * 1024, f"{source.seen:,} bytes read"
    assert time.process_time() - began < 60
