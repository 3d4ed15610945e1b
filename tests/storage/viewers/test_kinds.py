"""Which viewer a file gets, and that every viewer draws its own kind."""

from __future__ import annotations

import pytest

from storage.viewers.asks import Ask
from storage.viewers.drawing import draw_view
from storage.viewers.kinds import pick
from tests.storage.viewers import samples

EXPECTED = {
    "t.csv": ("table", "table"),
    "t.jsonl": ("table", "table"),
    "t.parquet": ("table", "table"),
    "t.feather": ("table", "table"),
    "t.arrows": ("table", "table"),
    "m.safetensors": ("safetensors", "model"),
    "m.gguf": ("gguf", "model"),
    "m.onnx": ("onnx", "model"),
    "a.npy": ("array", "array"),
    "a.npz": ("array", "array"),
    "s.wav": ("audio", "audio"),
    "p.png": ("image", "image"),
    "p.jpg": ("image", "image"),
    "p.gif": ("image", "image"),
    "p.webp": ("image", "image"),
    "p.bmp": ("image", "image"),
    "d.pdf": ("pdf", "pdf"),
    "g.geojson": ("geo", "geo"),
    "c.json": ("tree", "tree"),
    "z.zip": ("archive", "archive"),
    "z.tar": ("archive", "archive"),
    "z.tar.gz": ("archive", "archive"),
    "z.tar.xz": ("archive", "archive"),
    "m.pkl": ("pickle", "pickle"),
    "m.pt": ("torch", "pickle"),
    "r.md": ("markdown", "prose"),
    "n.ipynb": ("notebook", "prose"),
    "x.log": ("text", "text"),
    "x.bin": ("unknown", "unknown"),
    "h.html": ("page", "file"),
    "v.mp4": ("video", "file"),
}
EVERY = samples.every()


@pytest.mark.parametrize("name", EVERY)
def test_every_kind_is_picked_and_drawn_by_its_viewer(name: str) -> None:
    content = EVERY[name]
    view = draw_view(samples.of(name, content), Ask())
    assert (pick(name, content[:65536]), view.template) == EXPECTED[name]


def test_bytes_beat_names() -> None:
    assert pick("x.csv", EVERY["t.parquet"]) == "table"
    assert pick("x.txt", EVERY["p.png"]) == "image"
    assert pick("x.txt", EVERY["m.pkl"]) == "pickle"
    assert pick("picture.png", b"<script>") == "text"
    assert pick("model.onnx", EVERY["m.gguf"]) == "gguf"
    assert pick("x.parquet", b"no parquet") == "table"
    assert pick("", b"") == "text"


@pytest.mark.parametrize("name", ["m.safetensors", "m.gguf", "m.onnx", "a.npy", "t.parquet", "t.feather", "z.zip"])
def test_what_only_claims_its_kind_is_told_and_shown_as_bytes(name: str) -> None:
    view = draw_view(samples.of(name, EVERY[name][:12] + b"\0" * 40), Ask())
    assert view.template in ("unknown", "table")
    words = getattr(view, "note", "") or getattr(view, "problem", "")
    assert words
