"""Two versions of one file, compared as what they are: pictures, notebooks, tables, models; else by size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from hub.lib.errors import HubError
from hub.lib.render import notebook_diff
from hub.lib.render.notebook_diff import CellChange, NotebookDiff
from hub.lib.render.notebook_outputs import Limits
from storage.viewers.kinds import HEAD, Kind, pick
from storage.viewers.pictures import SHOWN_BYTES, SHOWN_PIXELS, image_size
from storage.viewers.source import Source, Unreadable
from storage.viewers.tables.differences import compare_tables
from storage.viewers.weights.differences import READERS, compare_models
from storage.views.sides import Side

PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".svg"}
TABLES = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather"}
MODELS = {".safetensors", ".gguf", ".onnx"}
NOTEBOOKS = {".ipynb"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One side of a pair of pictures; `raw` is "" where it cannot be shown, width and height 0 when unknown."""

    raw: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What a template draws: `kind` names it, `view` is what that kind has to say, `note` why there is no more."""

    kind: str
    view: Any = None
    note: str = ""


def has_comparison(path: str) -> bool:
    """Whether files of this name are compared as more than lines or bytes."""
    return PurePosixPath(path.lower()).suffix in PICTURES | TABLES | MODELS | NOTEBOOKS


def takes_long(path: str) -> bool:
    """Whether comparing files of this name may take longer than a moment."""
    return PurePosixPath(path.lower()).suffix in TABLES


def compare_files(old: Side | None, new: Side | None) -> Compared:
    """The comparison of two versions; never raises for what the files hold."""
    sides = [side for side in (old, new) if side is not None]
    absent = [side for side in sides if side.source is None]
    if absent:
        return Compared("facts", note="Its content is not on this hub, or too large to be compared here.")
    kinds = {_kind(side) for side in sides}
    if len(kinds) != 1:
        return Compared("facts", note="It became another kind of file.")
    try:
        return _compared(kinds.pop(), old, new)
    except (Unreadable, HubError) as fault:
        return Compared("facts", note=str(fault) if isinstance(fault, Unreadable) else fault.message)


def _kind(side: Side) -> Kind:
    assert side.source is not None
    return pick(side.name, side.source.read(0, HEAD))


def _compared(kind: Kind, old: Side | None, new: Side | None) -> Compared:
    if kind == "image":
        return Compared("pictures", (_picture(old), _picture(new)))
    if kind == "notebook":
        return Compared("notebook", _notebook(notebook_diff.compare(_bytes(old), _bytes(new))))
    if old and new and old.source and new.source:
        if kind == "table":
            return Compared("table", compare_tables(old.source, new.source))
        if kind in READERS:
            return Compared("model", compare_models(kind, old.source, new.source))
    return Compared("facts")


def _picture(side: Side | None) -> Picture | None:
    if side is None or side.source is None:
        return None
    _, width, height = image_size(side.source)
    fits = side.source.size <= SHOWN_BYTES and width * height <= SHOWN_PIXELS
    return Picture(side.raw if fits else "", width, height)


def _bytes(side: Side | None) -> bytes:
    source: Source | None = side.source if side else None
    if source is None:
        return b""
    if source.size > Limits().notebook_bytes:
        raise Unreadable("A notebook of this size is not compared here.")
    return source.read(0, source.size)


def _notebook(diff: NotebookDiff) -> dict[str, Any]:
    """The cells with their HTML marked as safe, those that stayed as they are counted between the others."""
    shown: list[dict[str, Any]] = []
    for cell in diff.cells:
        if cell.status == "same":
            if shown and "same" in shown[-1]:
                shown[-1]["same"] += 1
            else:
                shown.append({"same": 1})
        else:
            shown.append(_cell(cell))
    counts = {status: diff.count(status) for status in ("added", "removed", "changed", "outputs")}  # type: ignore[arg-type]
    return {"cells": shown, "counts": counts, "left_out": diff.left_out}


def _cell(cell: CellChange) -> dict[str, Any]:
    return {
        "status": cell.status,
        "kind": cell.kind,
        "number": cell.new or cell.old,
        # Notebooks that do not name their cells have only their numbers to be known by.
        "key": cell.id or str(cell.new or cell.old),
        "rows": [(row.sign, _safe(row.html)) for row in cell.rows],
        "old_outputs": _safe(cell.old_outputs),
        "new_outputs": _safe(cell.new_outputs),
    }


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 (hub.lib.render gives safe HTML only)
