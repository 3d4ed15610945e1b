"""Reading the text of a patch: hunks and numbered lines, with the words that changed marked, within bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from hub.lib.render.worddiff import changed_ranges

Kind = Literal[" ", "+", "-"]
MAX_LINE_LENGTH = 1000
MARKED_PAIRS = 400

_hunk_head = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_index = re.compile(rb"index ([0-9a-f]{40})\.\.([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a diff is read: lines of one file, and of all files together."""

    lines_per_file: int = 300
    lines: int = 600


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk: unchanged, added or removed, with its number before and after."""

    kind: Kind
    old: int | None
    new: int | None
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    ends_without_newline: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring lines of a diff; `context` is what git says of their surroundings, such as a function's name."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    context: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _File:
    ids: tuple[str, str] | None = None
    hunks: list[Hunk] = field(default_factory=list)
    head: tuple[int, int, int, int, str] | None = None
    lines: list[Line] = field(default_factory=list)
    old: int = 0
    new: int = 0
    count: int = 0
    is_cut: bool = False


class PatchReader:
    """Takes the lines of `git diff-tree -p --full-index` one by one; `files` holds hunks by old and new blob.

    Two files with the same two blobs have the same hunks, so no name has to be read out of the patch. A file that
    changed its type stands in it twice: as gone, and as come.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.files: dict[tuple[str, str], tuple[tuple[Hunk, ...], bool]] = {}
        self.total = 0
        self._bounds = bounds
        self._file: _File | None = None
        self._pairs = MARKED_PAIRS

    def take(self, raw: bytes) -> bool:
        """Read one line, without its newline; False when the bounds are reached and no more is wanted."""
        state = self._file
        if state and state.head and self._is_content(raw, state):
            self._content(raw, state)
        elif raw.startswith(b"diff --git "):
            self.finish()
            if self.total >= self._bounds.lines:
                return False
            self._file = _File()
        elif state and (match := _hunk_head.match(raw)):
            self._close_hunk(state)
            old_start, old_count, new_start, new_count = (int(part or 1) for part in match.groups()[:4])
            context = match[5].decode("utf-8", "replace")
            state.head = (old_start, old_count, new_start, new_count, context)
            state.old, state.new = old_start, new_start
        elif state and not state.hunks and (index := _index.match(raw)):
            state.ids = (index[1].decode(), index[2].decode())
        return True

    def finish(self) -> None:
        """The patch has ended: the last file is whole."""
        if self._file:
            self._close_hunk(self._file)
            if self._file.ids:
                self.files[self._file.ids] = (tuple(self._file.hunks), self._file.is_cut)
            self._file = None

    def _is_content(self, raw: bytes, state: _File) -> bool:
        assert state.head is not None
        old_start, old_count, new_start, new_count, _ = state.head
        if raw.startswith(b"\\"):
            return True
        return state.old < old_start + old_count or state.new < new_start + new_count

    def _content(self, raw: bytes, state: _File) -> None:
        if raw.startswith(b"\\"):
            if state.lines:
                state.lines[-1] = replace(state.lines[-1], ends_without_newline=True)
            return
        kind = chr(raw[0]) if raw[:1] in {b"+", b"-"} else " "
        text = raw[1:].removesuffix(b"\r").decode("utf-8", "replace")
        old = state.old if kind != "+" else None
        new = state.new if kind != "-" else None
        state.old += kind != "+"
        state.new += kind != "-"
        if state.count >= self._bounds.lines_per_file:
            state.is_cut = True
            return
        state.count += 1
        self.total += 1
        text = text if len(text) <= MAX_LINE_LENGTH else text[:MAX_LINE_LENGTH] + "…"
        state.lines.append(Line(kind, old, new, text))  # type: ignore[arg-type]

    def _close_hunk(self, state: _File) -> None:
        if state.head and state.lines:
            state.hunks.append(Hunk(*state.head, lines=tuple(self._marked(state.lines))))
        state.head, state.lines = None, []

    def _marked(self, lines: list[Line]) -> list[Line]:
        """The lines with changed words marked, where removed lines are followed by as many added ones."""
        found = list(lines)
        position = 0
        while position < len(found):
            removed = _run(found, position, "-")
            added = _run(found, position + removed, "+")
            if removed and removed == added and self._pairs >= removed:
                self._pairs -= removed
                for i in range(position, position + removed):
                    found[i], found[i + removed] = mark_words(found[i], found[i + removed])
            position += (removed + added) or 1
        return found


def _run(lines: list[Line], start: int, kind: Kind) -> int:
    end = start
    while end < len(lines) and lines[end].kind == kind:
        end += 1
    return end - start


def mark_words(old: Line, new: Line) -> tuple[Line, Line]:
    """Two lines with the words marked in which they differ; unmarked when they have little in common."""
    gone, come = changed_ranges(old.text, new.text)
    return replace(old, marks=tuple(gone)), replace(new, marks=tuple(come))
