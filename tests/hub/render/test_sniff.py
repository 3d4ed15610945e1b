"""Bytes tell what a file is; its name only helps where they do not."""

from __future__ import annotations

import pytest

from hub.lib.render.sniff import Kind, kind


@pytest.mark.parametrize(
    ("head", "filename", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "x.txt", Kind("image", "image/png")),
        (b"\xff\xd8\xff\xe0", "x", Kind("image", "image/jpeg")),
        (b"RIFF\0\0\0\0WEBPVP8 ", "x.webp", Kind("image", "image/webp")),
        (b"RIFF\0\0\0\0WAVEfmt ", "x.wav", Kind("audio", "audio/wav")),
        (b"\0\0\0\x20ftypavif", "x.avif", Kind("image", "image/avif")),
        (b"\0\0\0\x20ftypisom", "x.mp4", Kind("video", "video/mp4")),
        (b"%PDF-1.7", "x.pdf", Kind("pdf", "application/pdf")),
        (b"<html><script>", "x.png", Kind("text", "text/plain")),
        (b"<html>", "index.HTML", Kind("text", "text/html")),
        (b"<svg xmlns=''>", "x", Kind("svg", "image/svg+xml")),
        (b"<?xml version='1.0'?>\n<!-- c -->\n<svg>", "x.xml", Kind("svg", "image/svg+xml")),
        (b"a,b\n", "d/x.csv", Kind("csv", "text/csv")),
        (b"a\tb\n", "x.tsv", Kind("csv", "text/tab-separated-values")),
        (b"{}", "x.ipynb", Kind("notebook", "application/x-ipynb+json")),
        (b"# T", "README.md", Kind("markdown", "text/markdown")),
        (b"x", "Makefile", Kind("text", "text/plain")),
        (b"", "empty", Kind("text", "text/plain")),
        (b"a\0b", "x.md", Kind("binary", "application/octet-stream")),
        ("x,y".encode("utf-16"), "x.csv", Kind("csv", "text/csv")),
    ],
)
def test_kind_of_file(head: bytes, filename: str, expected: Kind) -> None:
    assert kind(head, filename) == expected


def test_kinds_that_are_text() -> None:
    assert kind(b"<svg>", "x.svg").is_text and kind(b"a", "a.csv").is_text
    assert not kind(b"\0", "a").is_text and not kind(b"%PDF-", "a").is_text
