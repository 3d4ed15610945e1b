"""Text by the page, Markdown and notebooks within a page's bounds, and the first bytes of what nothing else shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils.safestring import SafeString, mark_safe

from hub.lib.errors import Invalid
from hub.lib.render import highlight, markdown, notebook
from hub.lib.render.text import encoding_of, escape, split_lines
from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact
from storage.viewers.source import Source, Unreadable

PAGE_BYTES = 48 * 1024
LONGEST_TAIL = 8 * 1024
HTML_BYTES = 230_000
MARKDOWN_BYTES = 128 * 1024
NOTEBOOK_BYTES = 4 * 1024 * 1024
HEX_BYTES = 512


@dataclass(frozen=True, slots=True)
class TextView:
    """Lines as safe HTML. `count` is the number of pages; `start` and `end` are bytes of the file; `shows` are other
    ways to look at it: key, label, query."""

    template: ClassVar[str] = "text"
    ask: Ask
    lines: tuple[SafeString, ...]
    count: int
    start: int
    end: int
    note: str = ""
    shows: tuple[tuple[str, str, str], ...] = ()

    @property
    def words(self) -> str:
        """Which part of the file is shown."""
        return f"Page {min(self.ask.page, self.count):,} of {self.count:,}"

    @property
    def pages(self) -> dict[str, str]:
        """Queries of the neighbouring pages and of the last."""
        page = self.ask.page
        return {
            **({"previous": self.ask.query(page=page - 1)} if page > 1 else {}),
            **(
                {"next": self.ask.query(page=page + 1), "last": self.ask.query(page=self.count)}
                if page < self.count
                else {}
            ),
        }


@dataclass(frozen=True, slots=True)
class ProseView:
    """A document or a notebook as safe HTML; `cut` when it goes on."""

    template: ClassVar[str] = "prose"
    ask: Ask
    html: SafeString
    notebook: bool
    cut: bool = False


@dataclass(frozen=True, slots=True)
class UnknownView:
    """Facts and the first bytes: offset, hexadecimal, text. `note` says why there is no more."""

    template: ClassVar[str] = "unknown"
    ask: Ask
    facts: tuple[Fact, ...]
    rows: tuple[tuple[str, str, str], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class FileView:
    """What a browser shows by itself: video, or a page in a sandboxed frame."""

    template: ClassVar[str] = "file"
    ask: Ask
    kind: str


def draw_text(source: Source, ask: Ask, note: str = "") -> TextView:
    """The page of a text that is asked for; a line belongs to the page in which it begins."""
    count = max(1, -(-source.size // PAGE_BYTES))
    page = min(ask.page, count)
    start = (page - 1) * PAGE_BYTES
    encoding = encoding_of(source.read(0, 8192))
    # One byte earlier: a line feed there says that a line begins exactly here.
    data = source.read(max(0, start - 1), PAGE_BYTES + LONGEST_TAIL + 1)
    at = 0
    if page > 1:
        found = data.find(b"\n", 0, PAGE_BYTES)
        at = found + 1 if found >= 0 else 1
    stop = PAGE_BYTES + (1 if page > 1 else 0)
    if len(data) > stop:
        found = data.find(b"\n", stop - 1)
        stop = found + 1 if found >= 0 else stop
    shown = data[at:stop]
    text = shown.decode("utf-8" if encoding == "utf-8-sig" and page > 1 else encoding, "replace")
    begin = max(0, start - 1) + at
    return TextView(
        ask=ask, lines=_lines(text, source.name), count=count, start=begin, end=begin + len(shown), note=note
    )


def _lines(text: str, name: str) -> tuple[SafeString, ...]:
    drawn = highlight.highlight_lines(text, filename=name)
    if sum(len(line.encode()) + 1 for line in drawn) > HTML_BYTES:
        drawn = [escape(line) for line in split_lines(text)]
    length = 0
    kept: list[SafeString] = []
    for line in drawn:
        length += len(line.encode()) + 1
        if length > HTML_BYTES:
            break
        kept.append(_safe(line))
    return tuple(kept)


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 (hub.lib.render gives safe HTML only)


def draw_markdown(source: Source, ask: Ask) -> ProseView | TextView:
    """A document; as text when its HTML would be too large."""
    data = source.read(0, MARKDOWN_BYTES)
    html = markdown.render(data.decode(encoding_of(data), "replace"))
    if len(html.encode()) > HTML_BYTES:
        return draw_text(source, ask, "It is too large to be drawn: this is its source.")
    return ProseView(ask=ask, html=_safe(html), notebook=False, cut=source.size > len(data))


def draw_notebook(source: Source, ask: Ask) -> ProseView | TextView:
    """A notebook; as text when it is too large or none. Raises Unreadable never."""
    note = "It is too large to be drawn: this is its source."
    if source.size > NOTEBOOK_BYTES:
        return draw_text(source, ask, note)
    try:
        drawn = notebook.draw(source.read(0, NOTEBOOK_BYTES))
    except Invalid as error:
        return draw_text(source, ask, f"{error.message} This is its source.")
    if len(drawn.html.encode()) > HTML_BYTES:
        return draw_text(source, ask, note)
    return ProseView(ask=ask, html=_safe(drawn.html), notebook=True)


def draw_unknown(source: Source, ask: Ask, note: str = "") -> UnknownView:
    """The first bytes, sixteen a row."""
    data = source.read(0, HEX_BYTES)
    rows = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        rows.append((f"{at:06x}", row.hex(" "), text))
    facts = [fact("First bytes", data[:4].hex(" "))] if data else [fact("Content", "none: the file is empty")]
    return UnknownView(ask=ask, facts=tuple(facts), rows=tuple(rows), note=note)


def draw_file(source: Source, ask: Ask, kind: str) -> FileView:
    """Nothing is read: the browser will."""
    if not source.size:
        raise Unreadable("It is empty.")
    return FileView(ask=ask, kind=kind)
