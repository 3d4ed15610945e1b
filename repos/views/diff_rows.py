"""Hunks as rows of a table: highlighted text with the changed words marked, in one column or two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString, mark_safe

from hub.lib.render.highlight import highlight_lines
from hub.lib.render.worddiff import overlay
from repos.git.diffs import FileChange, side_by_side
from repos.git.patches import Hunk, Line

CLASSES = {" ": "", "+": "diff-add", "-": "diff-del"}
PLAIN = "plain.txt"
CONTEXT = 3
STEP = 20
MOST_AT_ONCE = 2_000

Side = str
"""`old` or `new`: what was there, or what is there now."""

Below = Mapping[tuple[Side, int], SafeString]
"""What stands below a line, by side and number: rooms above lay talk there."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One line as a cell: its class, its numbers, its sign, its text as HTML, and what stands below either side."""

    css: str
    old: int | None
    new: int | None
    sign: str
    html: SafeString
    ends_without_newline: bool
    below_old: SafeString | str = ""
    below_new: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines between hunks: `start` to `end` of the new file (None: to its end); their old number is `shift` less."""

    start: int
    end: int | None
    shift: int
    head: str = ""

    @property
    def is_short(self) -> bool:
        """Few enough to be shown in one go."""
        return self.end is not None and self.end - self.start < STEP

    @property
    def is_first(self) -> bool:
        """Above the first hunk: there is nothing to go on from downwards."""
        return self.start == 1


@dataclass(frozen=True, slots=True)
class HunkRows:
    """A hunk: the lines left out before it, its head, and its lines as cells or, side by side, as pairs of cells."""

    head: str
    cells: list[Cell]
    pairs: list[tuple[Cell | None, Cell | None]]
    gap: Gap | None = None


def hunk_rows(change: FileChange, *, split: bool, below: Below | None = None) -> list[HunkRows]:
    """The hunks of one file as rows, and what is left out between them; empty while they are not loaded."""
    hunks = change.hunks or ()
    rows = [_rows(hunk, change, split, below or {}) for hunk in hunks]
    if change.status in {"added", "deleted", "retyped"} or change.is_submodule or not rows:
        return rows
    gaps = _gaps(hunks, is_cut=change.is_cut)
    placed = [replace(row, gap=gap) for row, gap in zip(rows, gaps, strict=False)]
    return [*placed, HunkRows("", [], [], gaps[-1])] if gaps[-1] else placed


def _gaps(hunks: Sequence[Hunk], *, is_cut: bool) -> list[Gap | None]:
    """The lines left out before each hunk, and those after the last one."""
    found: list[Gap | None] = []
    start = 1
    for hunk in hunks:
        shift = hunk.new_start - hunk.old_start
        found.append(Gap(start, hunk.new_start - 1, shift, _head(hunk)) if hunk.new_start > start else None)
        start = hunk.new_start + hunk.new_count
    last = hunks[-1]
    context = [line.kind for line in last.lines[-CONTEXT:]]
    goes_on = context == [" "] * CONTEXT and not last.lines[-1].ends_without_newline and not is_cut
    shift = last.new_start + last.new_count - last.old_start - last.old_count
    found.append(Gap(start, None, shift) if goes_on else None)
    return found


def context_rows(lines: Sequence[str], gap: Gap, way: str, *, path: str, split: bool, below: Below) -> list[HunkRows]:
    """Lines of a gap, taken from the whole new file `lines`: the next ones `down` or `up`, or `all`; what is left
    of the gap stands before or after them."""
    end = len(lines) if gap.end is None else min(gap.end, len(lines))
    first, last = gap.start, end
    if way == "down":
        last = min(end, first + STEP - 1)
    elif way == "up":
        first = max(first, end - STEP + 1)
    last = min(last, first + MOST_AT_ONCE - 1)
    left_above = Gap(gap.start, first - 1, gap.shift, gap.head) if first > gap.start else None
    left_below = Gap(last + 1, gap.end, gap.shift, gap.head) if last < end else None
    html = highlight_lines("\n".join(lines[first - 1 : last]), filename=_name(path))
    cells = [
        _cell(Line(" ", number - gap.shift, number, ""), text, below)
        for number, text in zip(range(first, last + 1), html, strict=False)
    ]
    shown = HunkRows("", [] if split else cells, [(cell, cell) for cell in cells] if split else [], left_above)
    return [shown, HunkRows("", [], [], left_below)] if left_below else [shown]


def _rows(hunk: Hunk, change: FileChange, split: bool, below: Below) -> HunkRows:
    html = _highlighted(hunk, change)
    cells = {id(line): _cell(line, html.get(id(line), ""), below) for line in hunk.lines}
    pairs = side_by_side(hunk) if split else []
    return HunkRows(
        head=_head(hunk),
        cells=[] if split else [cells[id(line)] for line in hunk.lines],
        pairs=[(cells[id(old)] if old else None, cells[id(new)] if new else None) for old, new in pairs],
    )


def _head(hunk: Hunk) -> str:
    return f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@ {hunk.context}".strip()


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
    html = highlight_lines("\n".join(line.text for line in wanted), filename=_name(path))
    return {id(line): text for line, text in zip(wanted, html, strict=False)}


def _name(path: str) -> str:
    return path.rpartition("/")[2] or PLAIN


def _cell(line: Line, html: str, below: Below) -> Cell:
    # SECURITY: html comes from highlight_lines alone, which escapes; overlay only adds tags between its pieces.
    marked = overlay(html, list(line.marks), "del" if line.kind == "-" else "ins")
    safe = mark_safe(marked)  # noqa: S308
    old = below.get(("old", line.old), "") if line.old else ""
    new = below.get(("new", line.new), "") if line.new else ""
    return Cell(CLASSES[line.kind], line.old, line.new, line.kind, safe, line.ends_without_newline, old, new)
