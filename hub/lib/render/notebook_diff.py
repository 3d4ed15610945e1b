"""Two notebooks beside each other, cell by cell: sources with their words marked, outputs before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from hub.lib.render import notebook, notebook_outputs
from hub.lib.render.highlight import highlight_lines
from hub.lib.render.links import HERE
from hub.lib.render.notebook_outputs import Budget, Limits
from hub.lib.render.worddiff import mark_highlighted

Status = Literal["same", "added", "removed", "changed", "outputs"]
MOST_CELLS = 400
LONGEST_SOURCE = 20_000
LEAST_ALIKE = 0.4
_SUFFIX = {"markdown": "x.md", "raw": "x.txt"}
_LANGUAGES = {"python": "x.py", "r": "x.r", "julia": "x.jl", "javascript": "x.js", "scala": "x.scala"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a cell's source: "+", "-" or " ", and its HTML."""

    sign: str
    html: str


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell: what happened to it, its numbers from 1 (None where it is not), its lines, its outputs as HTML.

    Outputs are given where they differ; `same` ones have neither lines nor outputs. `id` is what the notebook calls
    the cell, wherever it moves; "" in notebooks that do not name them.
    """

    status: Status
    kind: str
    old: int | None
    new: int | None
    rows: Sequence[Row] = ()
    old_outputs: str = ""
    new_outputs: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class NotebookDiff:
    """The cells in order, and how many were left out for being too many."""

    cells: Sequence[CellChange]
    left_out: int

    def count(self, status: Status) -> int:
        """How many cells this happened to."""
        return sum(cell.status == status for cell in self.cells)


@dataclass(frozen=True, slots=True)
class _Cell:
    number: int
    kind: str
    source: str
    outputs: list[dict[str, Any]]
    id: str

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The outputs without what every run changes."""
        return [{key: value for key, value in each.items() if key != "execution_count"} for each in self.outputs]


def compare(old: bytes, new: bytes, *, limits: Limits | None = None) -> NotebookDiff:
    """What changed between two notebooks; b"" stands for none. Raises Invalid as notebook.draw does."""
    limits = limits or Limits()
    before, after = _cells(old), _cells(new)
    left_out = max(0, len(before) - MOST_CELLS, len(after) - MOST_CELLS)
    filename = _LANGUAGES.get(notebook.language_of(new or old), "x.py")
    drawing = _Drawing(filename, Budget(limits))
    return NotebookDiff(list(_changes(before[:MOST_CELLS], after[:MOST_CELLS], drawing)), left_out)


@dataclass(slots=True)
class _Drawing:
    filename: str
    budget: Budget

    def outputs(self, cell: _Cell) -> str:
        drawn = (notebook_outputs.draw(each, cell.number, self.budget, HERE) for each in cell.outputs)
        return "\n".join(html for html in drawn if html)

    def lines(self, cell: _Cell | None) -> tuple[list[str], list[str]]:
        """The source's lines as text and as HTML."""
        if cell is None or not cell.source:
            return [], []
        text = cell.source[:LONGEST_SOURCE]
        name = self.filename if cell.kind == "code" else _SUFFIX.get(cell.kind, "x.txt")
        html = highlight_lines(text, filename=name)
        return text.split("\n")[: len(html)], html


def _cells(data: bytes) -> list[_Cell]:
    return [
        _Cell(number, kind, source, outputs, name)
        for number, (kind, source, outputs, name) in enumerate(notebook.cells_of(data), 1)
    ]


def _changes(before: list[_Cell], after: list[_Cell], drawing: _Drawing) -> Iterator[CellChange]:
    keys = [[(cell.kind, cell.source) for cell in cells] for cells in (before, after)]
    for tag, a, b, c, d in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_kept(x, y, drawing) for x, y in zip(before[a:b], after[c:d], strict=True))
        else:
            yield from _replaced(before[a:b], after[c:d], drawing)


def _kept(old: _Cell, new: _Cell, drawing: _Drawing) -> CellChange:
    if old.shown == new.shown:
        return CellChange("same", new.kind, old.number, new.number, id=new.id)
    outputs = drawing.outputs(old), drawing.outputs(new)
    return CellChange("outputs", new.kind, old.number, new.number, (), *outputs, id=new.id)


def _replaced(before: list[_Cell], after: list[_Cell], drawing: _Drawing) -> Iterator[CellChange]:
    """Pairs cells that are alike, in order; what finds no partner came or went."""
    waiting = list(before)
    for new in after:
        at = next((n for n, old in enumerate(waiting) if _is_alike(old, new)), None)
        if at is None:
            yield _one(None, new, "added", drawing)
            continue
        for gone in waiting[:at]:
            yield _one(gone, None, "removed", drawing)
        yield _one(waiting[at], new, "changed", drawing)
        waiting = waiting[at + 1 :]
    for gone in waiting:
        yield _one(gone, None, "removed", drawing)


def _is_alike(old: _Cell, new: _Cell) -> bool:
    if old.kind != new.kind or not old.source or not new.source:
        return False
    lines = SequenceMatcher(None, old.source[:4000].split("\n"), new.source[:4000].split("\n"), autojunk=False)
    if lines.ratio() >= LEAST_ALIKE:
        return True
    letters = SequenceMatcher(None, old.source[:400], new.source[:400], autojunk=False)
    return letters.real_quick_ratio() >= LEAST_ALIKE and letters.ratio() >= LEAST_ALIKE + 0.2


def _one(old: _Cell | None, new: _Cell | None, status: Status, drawing: _Drawing) -> CellChange:
    shown = new or old
    assert shown is not None
    differ = old is None or new is None or old.shown != new.shown
    return CellChange(
        status,
        shown.kind,
        old.number if old else None,
        new.number if new else None,
        list(_rows(drawing.lines(old), drawing.lines(new))),
        drawing.outputs(old) if old and differ else "",
        drawing.outputs(new) if new and differ else "",
        shown.id,
    )


def _rows(old: tuple[list[str], list[str]], new: tuple[list[str], list[str]]) -> Iterator[Row]:
    (old_text, old_html), (new_text, new_html) = old, new
    for tag, a, b, c, d in SequenceMatcher(None, old_text, new_text, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Row(" ", html) for html in new_html[c:d])
            continue
        gone, come = old_html[a:b], new_html[c:d]
        for n in range(min(len(gone), len(come))):
            gone[n], come[n] = mark_highlighted(old_text[a + n], new_text[c + n], gone[n], come[n])
        yield from (Row("-", html) for html in gone)
        yield from (Row("+", html) for html in come)
