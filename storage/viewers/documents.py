"""Facts about PDF files, from their two ends: version, pages, title. The pages themselves are for a reader of PDF."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact
from storage.viewers.source import Source

HEAD_BYTES = 256 * 1024
TAIL_BYTES = 512 * 1024
_version = re.compile(rb"%PDF-([0-9]\.[0-9])")
_count = re.compile(
    rb"/Type\s{0,8}/Pages\b[^>]{0,4000}?/Count\s{1,8}([0-9]{1,7})|/Count\s{1,8}([0-9]{1,7})[^>]{0,400}?/Type\s{0,8}/Pages\b"
)
_linear = re.compile(rb"/Linearized[^>]{0,200}/N\s{1,8}([0-9]{1,7})")
_text = re.compile(rb"/(Title|Author|Creator|Producer)\s{0,8}\(((?:[^()\\]|\\.){0,300})\)")


@dataclass(frozen=True, slots=True)
class PdfView:
    """What is known about a PDF file without drawing it."""

    template: ClassVar[str] = "pdf"
    ask: Ask
    facts: tuple[Fact, ...]


def draw_pdf(source: Source, ask: Ask) -> PdfView:
    """Never raises; what lies in compressed parts of the file stays unknown."""
    head = source.read(0, HEAD_BYTES)
    data = head + (
        source.read(max(HEAD_BYTES, source.size - TAIL_BYTES), TAIL_BYTES) if source.size > HEAD_BYTES else b""
    )
    facts = []
    if match := _version.search(head[:1024]):
        facts.append(fact("Version", match[1].decode()))
    counts = [int(first or second) for first, second in _count.findall(data)]
    if linear := _linear.search(head[:4096]):
        counts.append(int(linear[1]))
    if counts:
        facts.append(fact("Pages", f"{max(counts):,}"))
    if b"/Encrypt" in data:
        facts.append(fact("Encrypted", "yes"))
    for name, text in dict(_text.findall(data)).items():
        if words := _words(text):
            facts.append(fact(name.decode(), words))
    return PdfView(ask=ask, facts=tuple(facts))


def _words(raw: bytes) -> str:
    raw = re.sub(rb"\\([()\\])", rb"\1", raw)
    text = raw.decode("utf-16", "ignore") if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else raw.decode("latin-1")
    return text.strip()
