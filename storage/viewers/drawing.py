"""From a file to the view that its page shows: one viewer for each kind, and what is shown where it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from storage.viewers.archives import draw_archive
from storage.viewers.arrays import draw_array
from storage.viewers.asks import Ask
from storage.viewers.documents import draw_pdf
from storage.viewers.figures import begins_like_figure, draw_figure
from storage.viewers.geo import draw_geo
from storage.viewers.kinds import HEAD, Kind, pick
from storage.viewers.pickles import draw_pickle, draw_torch
from storage.viewers.pictures import draw_image
from storage.viewers.sound import draw_sound
from storage.viewers.source import Source, Unreadable
from storage.viewers.tables.engine import draw_table
from storage.viewers.texts import draw_file, draw_markdown, draw_notebook, draw_text, draw_unknown
from storage.viewers.trees import draw_tree
from storage.viewers.weights.gguf import draw_gguf
from storage.viewers.weights.onnx import draw_onnx
from storage.viewers.weights.safetensors import draw_safetensors


class View(Protocol):
    """What every view has: the name of its template in templates/storage/viewers/, and what was asked."""

    template: ClassVar[str]

    @property
    def ask(self) -> Ask:
        """What the reader asked for."""
        ...


_VIEWERS: dict[Kind, Callable[[Source, Ask], Any]] = {
    "table": draw_table,
    "image": draw_image,
    "audio": draw_sound,
    "video": lambda source, ask: draw_file(source, ask, "video"),
    "page": lambda source, ask: draw_file(source, ask, "page"),
    "pdf": draw_pdf,
    "geo": draw_geo,
    "array": draw_array,
    "safetensors": draw_safetensors,
    "gguf": draw_gguf,
    "onnx": draw_onnx,
    "torch": draw_torch,
    "pickle": draw_pickle,
    "archive": draw_archive,
    "tree": draw_tree,
    "figure": draw_figure,
    "text": draw_text,
    "markdown": draw_markdown,
    "notebook": draw_notebook,
    "unknown": draw_unknown,
}
_NEXT: dict[Kind, Kind] = {"geo": "tree", "figure": "tree", "torch": "archive"}
"""What to try where a viewer cannot read the file."""


def draw_view(source: Source, ask: Ask) -> View:
    """The view of a file; never raises for what the file holds."""
    head = source.read(0, HEAD)
    kind = pick(source.name, head)
    if kind == "tree" and begins_like_figure(head):
        kind = "figure"
    reasons: list[str] = []
    while True:
        try:
            view: View = _VIEWERS[kind](source, ask)
        except Unreadable as reason:
            reasons.append(str(reason))
        else:
            return view
        if kind not in _NEXT:
            break
        kind = _NEXT[kind]
    if b"\0" not in head and source.size:
        return draw_text(source, ask, reasons[0])
    return draw_unknown(source, ask, reasons[0])
