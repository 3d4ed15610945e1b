"""Hunks as rows of a table: highlighted text with the changed words marked, in one column or two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from hub.lib.render.highlight import highlight_lines
from hub.lib.render.worddiff import overlay
from repos.git.diffs import FileChange, side_by_side
from repos.git.patches import Hunk, Line

CLASSES = {" ": "", "+": "diff-add", "-": "diff-del"}
PLAIN = "plain.txt"


@dataclass(frozen=True, slots=True)
class Cell:
    """One line as a cell: its class, its numbers, its sign and its text as HTML."""

    css: str
    old: int | None
    new: int | None
    sign: str
    html: SafeString
    ends_without_newline: bool


@dataclass(frozen=True, slots=True)
class HunkRows:
    """A hunk: its head, and its lines as cells or, side by side, as pairs of cells."""

    head: str
    cells: list[Cell]
    pairs: list[tuple[Cell | None, Cell | None]]


def hunk_rows(change: FileChange, *, split: bool) -> list[HunkRows]:
    """The hunks of one file as rows; empty while they are not loaded."""
    return [_rows(hunk, change, split) for hunk in change.hunks or ()]


def _rows(hunk: Hunk, change: FileChange, split: bool) -> HunkRows:
    html = _highlighted(hunk, change)
    cells = {id(line): _cell(line, html.get(id(line), "")) for line in hunk.lines}
    pairs = side_by_side(hunk) if split else []
    return HunkRows(
        head=f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@ {hunk.context}".strip(),
        cells=[] if split else [cells[id(line)] for line in hunk.lines],
        pairs=[(cells[id(old)] if old else None, cells[id(new)] if new else None) for old, new in pairs],
    )


def _highlighted(hunk: Hunk, change: FileChange) -> dict[int, str]:
    """The HTML of each line by its identity: what was there read as one text, what is there now as another."""
    before = [line for line in hunk.lines if line.kind == "-"]
    found: dict[int, str] = {}
    if before:
        old = [line for line in hunk.lines if line.kind != "+"]
        found.update(_side(old, change.old_path_text))
    found.update(_side([line for line in hunk.lines if line.kind != "-"], change.path_text))
    return found


def _side(lines: Iterable[Line], path: str) -> dict[int, str]:
    wanted = list(lines)
    html = highlight_lines("\n".join(line.text for line in wanted), filename=path.rpartition("/")[2] or PLAIN)
    return {id(line): text for line, text in zip(wanted, html, strict=False)}


def _cell(line: Line, html: str) -> Cell:
    # SECURITY: html comes from highlight_lines alone, which escapes; overlay only adds tags between its pieces.
    marked = overlay(html, list(line.marks), "del" if line.kind == "-" else "ins")
    safe = mark_safe(marked)  # noqa: S308
    return Cell(CLASSES[line.kind], line.old, line.new, line.kind, safe, line.ends_without_newline)
