"""Source code to HTML, one balanced piece per line, with six classes that highlight.css colours in both themes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
    _TokenType,
)

from hub.lib.render.lexers import lexer_for_file, lexer_named
from hub.lib.render.text import escape, printable, split_lines

# Beyond these a file is shown plain: nobody reads it by its colours, and lexers get slow.
MAX_CHARS = 1024 * 1024
MAX_LINE = 5000
SECONDS = 2.0

_CLASSES: dict[_TokenType, str] = {
    Comment: "hl-c",
    Comment.Preproc: "hl-k",
    Keyword: "hl-k",
    Keyword.Type: "hl-t",
    Operator.Word: "hl-k",
    String: "hl-s",
    String.Doc: "hl-c",
    String.Interpol: "hl-n",
    Literal: "hl-n",
    Number: "hl-n",
    Name.Function: "hl-f",
    Name.Class: "hl-t",
    Name.Exception: "hl-t",
    Name.Namespace: "hl-t",
    Name.Builtin: "hl-f",
    Name.Decorator: "hl-f",
    Name.Constant: "hl-n",
    Name.Tag: "hl-k",
    Name.Attribute: "hl-t",
    Name.Label: "hl-t",
    Name.Variable: "hl-f",
    Generic.Heading: "hl-k",
    Generic.Subheading: "hl-k",
    Generic.Deleted: "hl-k",
    Generic.Inserted: "hl-s",
    Generic.Prompt: "hl-c",
    Generic.Traceback: "hl-k",
}


def highlight_lines(source: str, *, filename: str) -> list[str]:
    """`source` as HTML, one string per line of the file (lines end at LF, as git counts them).

    Every string is balanced: what spans several lines (a comment, a string) is opened anew on each. The language is
    told from `filename`, then from a `#!` line. Files over MAX_CHARS or with a line over MAX_LINE characters, and what
    is left after SECONDS of work, come escaped without colours.
    """
    lines = split_lines(printable(source))
    lexer = lexer_for_file(filename, lines[0] if lines else "")
    return _lines(lines, lexer, SECONDS)


def highlight_code(source: str, *, language: str, seconds: float = SECONDS) -> str:
    """`source` as HTML for one `<pre><code>`, read as `language`; plain when there is no such language."""
    lines = split_lines(printable(source))
    return "\n".join(_lines(lines, lexer_named(language), seconds))


def _lines(lines: list[str], lexer: Lexer | None, seconds: float) -> list[str]:
    size = sum(map(len, lines))
    if lexer is None or seconds <= 0 or size > MAX_CHARS or max(map(len, lines), default=0) > MAX_LINE:
        return [escape(line) for line in lines]
    drawn: list[str] = []
    parts: list[str] = []
    for css, text in _merged(_timed(lexer.get_tokens("\n".join(lines)), seconds)):
        first, *others = text.split("\n")
        parts.append(_span(css, first))
        for piece in others:
            drawn.append("".join(parts))
            parts = [_span(css, piece)]
    drawn.append("".join(parts))
    return _complete(drawn, lines)


def _complete(drawn: list[str], lines: list[str]) -> list[str]:
    """`drawn`, with plain text for the lines that time did not allow for; the last drawn one may be half done."""
    if len(drawn) == len(lines):
        return drawn
    # A byte-order mark or a lexer's own idea of line ends may add an empty line; the number of lines is a promise.
    done = drawn[: min(len(drawn) - 1, len(lines))]
    return done + [escape(line) for line in lines[len(done) :]]


def _timed(tokens: Iterable[tuple[_TokenType, str]], seconds: float) -> Iterator[tuple[_TokenType, str]]:
    deadline = time.monotonic() + seconds
    for number, token in enumerate(tokens):
        if number % 256 == 255 and time.monotonic() > deadline:
            return
        yield token


def _merged(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[str, str]]:
    """Class and text, neighbours of one class in one piece: half the HTML."""
    css = ""
    pieces: list[str] = []
    for kind, text in tokens:
        here = _class_of(kind)
        if here != css and pieces:
            yield css, "".join(pieces)
            pieces = []
        css = here
        pieces.append(text)
    if pieces:
        yield css, "".join(pieces)


@lru_cache(maxsize=512)
def _class_of(kind: _TokenType) -> str:
    at: _TokenType | None = kind
    while at is not None:
        if at in _CLASSES:
            return _CLASSES[at]
        at = at.parent
    return ""


def _span(css: str, text: str) -> str:
    if not css or not text.strip():
        return escape(text)
    return f'<span class="{css}">{escape(text)}</span>'
