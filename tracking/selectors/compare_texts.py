"""Two texts line by line, folded where they are the same: bytes in, lines of safe HTML out, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.safestring import SafeString, mark_safe

from hub.lib.render.text import decode, escape, split_lines
from hub.lib.render.worddiff import mark_pair

LONGEST_TEXT = 512 * 1024
MOST_LINES = 4000
LONGEST_LINE = 1000
CONTEXT = 3


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line: its numbers (None on the side where it is not), sign, and HTML. `folded` lines stand for so many."""

    sign: str
    old: int | None
    new: int | None
    html: SafeString
    folded: int = 0


@dataclass(frozen=True, slots=True)
class TextDiff:
    """The lines, and how many came and went."""

    lines: tuple[DiffLine, ...]
    added: int
    removed: int


def compare_texts(old: bytes, new: bytes) -> TextDiff | None:
    """What changed from the one to the other; None when they are too long to be compared here, or no text."""
    if max(len(old), len(new)) > LONGEST_TEXT or b"\0" in old[:8000] + new[:8000]:
        return None
    before, after = (split_lines(decode(side)[0]) for side in (old, new))
    if max(len(before), len(after)) > MOST_LINES:
        return None
    # The matcher's own guard against lines that repeat stays on: without it, time grows with their square.
    codes = SequenceMatcher(None, before, after).get_grouped_opcodes(CONTEXT)
    lines = list(_lines(codes, before, after))
    return TextDiff(tuple(lines), sum(line.sign == "+" for line in lines), sum(line.sign == "-" for line in lines))


def _lines(
    groups: Iterable[list[tuple[str, int, int, int, int]]],
    before: Sequence[str],
    after: Sequence[str],
) -> Iterator[DiffLine]:
    at = 0
    for group in groups:
        if group[0][3] > at:
            yield DiffLine("", None, None, SafeString(""), group[0][3] - at)
        for tag, a, b, c, d in group:
            if tag == "equal":
                for step in range(b - a):
                    yield DiffLine(" ", a + step + 1, c + step + 1, _safe(escape(_cut(before[a + step]))))
            else:
                yield from _changed(before[a:b], after[c:d], a, c)
        at = group[-1][4]
    if at and at < len(after):
        yield DiffLine("", None, None, SafeString(""), len(after) - at)


def _changed(gone: Sequence[str], come: Sequence[str], old: int, new: int) -> Iterator[DiffLine]:
    pairs = [mark_pair(_cut(one), _cut(other)) for one, other in zip(gone, come, strict=False)]
    left = [html for html, _ in pairs] + [escape(_cut(line)) for line in gone[len(pairs) :]]
    right = [html for _, html in pairs] + [escape(_cut(line)) for line in come[len(pairs) :]]
    yield from (DiffLine("-", old + at, None, _safe(html)) for at, html in enumerate(left, 1))
    yield from (DiffLine("+", None, new + at, _safe(html)) for at, html in enumerate(right, 1))


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 (every caller has escaped it)
