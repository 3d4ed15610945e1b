"""What changed between two versions of one line, marked word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from hub.lib.render.text import escape

# Longer lines come without marks: comparing takes time with the square of the words, and nobody reads them by word.
MAX_CHARS = 1000
MAX_WORDS = 200
# When hardly anything is left of a line, marking all of it says nothing.
LEAST_ALIKE = 0.3

Range = tuple[int, int]
_word = re.compile(r"\w+|\s+|[^\w\s]")
_piece = re.compile(r"<[^>]*>|&[^;\s]{1,10};|.", re.DOTALL)


def changed_ranges(old: str, new: str) -> tuple[list[Range], list[Range]]:
    """The stretches (start, end in characters) of `old` that went and of `new` that came; none if not worth marking."""
    if old == new or max(len(old), len(new)) > MAX_CHARS:
        return [], []
    old_words, new_words = _word.findall(old), _word.findall(new)
    if max(len(old_words), len(new_words)) > MAX_WORDS:
        return [], []
    matcher = SequenceMatcher(None, old_words, new_words, autojunk=False)
    if matcher.ratio() < LEAST_ALIKE:
        return [], []
    changes = [(a, b, c, d) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    return _ranges(old_words, [(a, b) for a, b, _, _ in changes]), _ranges(new_words, [(c, d) for *_, c, d in changes])


def _ranges(words: Sequence[str], spans: list[Range]) -> list[Range]:
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word))
    return [(offsets[start], offsets[end]) for start, end in spans if start < end]


def mark_pair(old: str, new: str) -> tuple[str, str]:
    """Both lines as HTML, with `<del class="hl-del">` and `<ins class="hl-ins">` round the words that differ."""
    gone, come = changed_ranges(old, new)
    return _marked(old, gone, "del"), _marked(new, come, "ins")


def mark_highlighted(old: str, new: str, old_html: str, new_html: str) -> tuple[str, str]:
    """Like mark_pair, laid over lines that highlight_lines has drawn; tags stay balanced."""
    gone, come = changed_ranges(old, new)
    return overlay(old_html, gone, "del"), overlay(new_html, come, "ins")


def _marked(text: str, ranges: list[Range], tag: str) -> str:
    out: list[str] = []
    at = 0
    for start, end in ranges:
        out += (escape(text[at:start]), f'<{tag} class="hl-{tag}">', escape(text[start:end]), f"</{tag}>")
        at = end
    return "".join(out) + escape(text[at:])


def overlay(html: str, ranges: list[Range], tag: str) -> str:
    """`html` of one line with `tag` round the `ranges` of its text, closed and re-opened at every tag in it."""
    if not ranges:
        return html
    opening, closing = f'<{tag} class="hl-{tag}">', f"</{tag}>"
    marked = iter(_flags(ranges))
    out: list[str] = []
    inside = False
    for match in _piece.finditer(html):
        piece = match[0]
        wanted = False if piece.startswith("<") and len(piece) > 1 else next(marked, False)
        if wanted != inside:
            out.append(opening if wanted else closing)
            inside = wanted
        out.append(piece)
    return "".join(out) + (closing if inside else "")


def _flags(ranges: list[Range]) -> Iterator[bool]:
    at = 0
    for start, end in ranges:
        yield from (False for _ in range(at, start))
        yield from (True for _ in range(start, end))
        at = end
