"""Plotly figures: told from other JSON by their content, and handed as text to the frame that draws them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec

from hub.lib.render.text import encoding_of
from storage.viewers.asks import Ask
from storage.viewers.source import Source, Unreadable
from storage.viewers.texts import TextView, draw_text
from storage.viewers.trees import TreeView, draw_tree

FIGURE_BYTES = 8 * 1024 * 1024
SHOWS = (("rows", "Figure", "?"), ("json", "As JSON", "?show=json"))

_start = re.compile(rb'(?:\xef\xbb\xbf)?\s{0,64}\{\s{0,64}"(?:data|layout|frames|config)"\s{0,64}:')


class _Figure(msgspec.Struct, forbid_unknown_fields=True):
    # Raw: what is inside is passed over without being built, so that a figure takes no more memory than its text.
    data: msgspec.Raw
    layout: msgspec.Raw
    frames: msgspec.Raw = msgspec.Raw()
    config: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure that the page's frame draws; `shows` are the ways to look at it: key, label, query."""

    template: ClassVar[str] = "figure"
    ask: Ask
    shows: tuple[tuple[str, str, str], ...] = SHOWS


def begins_like_figure(head: bytes) -> bool:
    """Whether JSON that begins so may be a figure: nothing else has these keys at its top, and nothing besides them."""
    return _start.match(head) is not None


def read_figure(source: Source) -> str:
    """The figure's JSON. Raises Unreadable for what is none, or larger than is drawn."""
    if not begins_like_figure(source.read(0, 1024)):
        raise Unreadable("It is no Plotly figure.")
    if source.size > FIGURE_BYTES:
        raise Unreadable(f"As a figure, at most {FIGURE_BYTES // 2**20} MiB are drawn.")
    data = source.read(0, FIGURE_BYTES)
    try:
        text = data.decode(encoding_of(data)).removeprefix("\ufeff")
        figure = msgspec.json.decode(text, type=_Figure)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise Unreadable("It is no Plotly figure: “data” and “layout” in valid JSON, without NaN.") from None
    if bytes(figure.data)[:1] != b"[" or bytes(figure.layout)[:1] != b"{":
        raise Unreadable("It is no Plotly figure: “data” is a list and “layout” an object.")
    return text


def draw_figure(source: Source, ask: Ask) -> FigureView | TreeView | TextView:
    """The figure, or its JSON where that is asked for. Raises Unreadable for what is no figure."""
    read_figure(source)
    if ask.show != "json":
        return FigureView(ask=ask)
    try:
        return replace(draw_tree(source, ask), shows=SHOWS)
    except Unreadable as reason:
        return replace(draw_text(source, ask, str(reason)), shows=SHOWS)
