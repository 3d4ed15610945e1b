"""The outputs of notebook cells to safe HTML, each within its share of the page."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.lib.render import ansi, markdown, sanitize
from hub.lib.render.highlight import highlight_code
from hub.lib.render.links import Place
from hub.lib.render.text import bytes_words, escape

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_interactive = re.compile(
    r"application/(?:javascript|vnd\.(?:jupyter\.widget|plotly|vega|bokehjs|holoviews|dash|deck)[^\s]*)"
)
_base64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_MAX_SHOWN_JSON = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a notebook is drawn: bytes of the file, cells, characters of a cell, of one output and of all."""

    notebook_bytes: int = 32 * 1024 * 1024
    cells: int = 1000
    source_chars: int = 256 * 1024
    text_chars: int = 128 * 1024
    output_chars: int = 4 * 1024 * 1024
    total_chars: int = 24 * 1024 * 1024


@dataclass(slots=True)
class Budget:
    """What may still be drawn, and the notes on what was not."""

    limits: Limits
    spent: int = 0
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, what: str) -> str:
        """A note for the page; it is counted in `left_out`."""
        self.left_out.append(what)
        return f'<p class="nb-note">{escape(what[:1].upper() + what[1:])}: open the notebook locally to see it.</p>'

    def spend(self, html: str, what: str) -> str:
        """`html` when there is room for it, else a note in its place that `what` is not shown."""
        if self.spent + len(html) > self.limits.total_chars:
            return self.leave_out(f"{what} is not shown, the page has reached its size limit")
        self.spent += len(html)
        return html


def joined(value: object) -> str:
    """The text of a notebook field: a string or a list of strings; "" for anything else."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def draw(output: Mapping[str, Any], number: int, budget: Budget, place: Place) -> str:
    """One output of cell `number` as HTML; "" when it is empty."""
    return budget.spend(_drawn(output, number, budget, place), f"an output of cell {number}")


def _drawn(output: Mapping[str, Any], number: int, budget: Budget, place: Place) -> str:
    kind, data = output.get("output_type"), output.get("data")
    if kind == "stream":
        css = "nb-text nb-stderr" if output.get("name") == "stderr" else "nb-text"
        return _terminal(joined(output.get("text")), css, number, budget)
    if kind == "error":
        return _error(output, number, budget)
    if kind in ("execute_result", "display_data", "update_display_data") and isinstance(data, dict):
        return _richest(data, number, budget, place)
    return ""


def attachments(value: object, limits: Limits) -> dict[str, str]:
    """The pictures attached to a Markdown cell, by name, as data: images."""
    images: dict[str, str] = {}
    for name, bundle in value.items() if isinstance(value, dict) else ():
        if isinstance(bundle, dict):
            sources = (_data_uri(mime, bundle.get(mime), limits) for mime in (*_PICTURES, "image/svg+xml"))
            images[name] = next((source for source in sources if source), "")
    return images


def _terminal(text: str, css: str, number: int, budget: Budget) -> str:
    if not text:
        return ""
    note, limit = "", budget.limits.text_chars
    if len(text) > limit:
        size = bytes_words(len(text) - limit)
        note = budget.leave_out(f"{size} more of the text that cell {number} wrote are not shown")
        text = text[:limit]
    return f'<pre class="{css}" tabindex="0">{ansi.render(text)}</pre>{note}'


def _error(output: Mapping[str, Any], number: int, budget: Budget) -> str:
    traceback = output.get("traceback")
    lines = [line for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else []
    text = "\n".join(lines) or f"{joined(output.get('ename'))}: {joined(output.get('evalue'))}"
    return _terminal(text, "nb-text nb-error", number, budget)


def _richest(data: dict[str, Any], number: int, budget: Budget, place: Place) -> str:
    """The form of an output that shows most without running anything."""
    interactive = any(_interactive.fullmatch(mime) for mime in data if isinstance(mime, str))
    drawn = "" if interactive else _marked_up(data, number, budget, place)
    drawn = drawn or _picture(data, number, budget)
    if drawn or interactive:
        return drawn or budget.leave_out(f"interactive output of cell {number}, not shown")
    for mime, css in (("text/latex", "nb-text nb-latex"), ("text/plain", "nb-text")):
        if mime == "text/plain" and "application/json" in data:
            return _json(data["application/json"])
        if joined(data.get(mime)):
            return _terminal(joined(data[mime]), css, number, budget)
    hidden = "text/html" in data
    return budget.leave_out(f"interactive output of cell {number}, not shown") if hidden else ""


def _marked_up(data: dict[str, Any], number: int, budget: Budget, place: Place) -> str:
    source = joined(data.get("text/html"))
    if len(source) > budget.limits.output_chars or sanitize.too_many_tags(source):
        return budget.leave_out(f"an output of cell {number} has {bytes_words(len(source))} and is not shown")
    if source:
        html = sanitize.clean(sanitize.bare_formatting(source), place=place, trusted_data=True)
        # Only what a reader can see counts: an output that was all script has nothing left.
        if "<img" in html or re.sub(r"<[^>]*>", "", html).strip():
            return f'<div class="nb-html" tabindex="0">{html}</div>'
    words = joined(data.get("text/markdown"))
    return f'<div class="md">{markdown.render_at(words, place)}</div>' if words else ""


def _picture(data: dict[str, Any], number: int, budget: Budget) -> str:
    for mime in (*_PICTURES, "image/svg+xml"):
        if mime not in data:
            continue
        source = _data_uri(mime, data[mime], budget.limits)
        if source:
            return f'<img class="nb-image" src="{source}" alt="{_described(data, number)}">'
        return budget.leave_out(f"a picture of cell {number} is damaged or too large and is not shown")
    return ""


def _described(data: dict[str, Any], number: int) -> str:
    words = joined(data.get("text/plain")).strip()
    known = words and len(words) <= 120 and not words.startswith("<")
    return escape(words if known else f"Picture drawn by cell {number}")


def _data_uri(mime: str, value: object, limits: Limits) -> str:
    """A data: address for a picture, "" when there is none or it is damaged or too large."""
    text = joined(value)
    if not text or len(text) > limits.output_chars:
        return ""
    if mime == "image/svg+xml":
        # SECURITY: never inline. As the source of an <img> an SVG runs no script and loads nothing.
        encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
        return f"data:image/svg+xml;base64,{encoded}"
    encoded = "".join(text.split())
    if not _base64.fullmatch(encoded):
        return ""
    try:
        base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return ""
    return f"data:{mime};base64,{encoded}"


def _json(value: object) -> str:
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False)[:_MAX_SHOWN_JSON]
    except RecursionError:
        return ""
    return f'<pre class="nb-text hl" tabindex="0">{highlight_code(text, language="json", seconds=0.5)}</pre>'
