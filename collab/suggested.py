"""Changes that a comment suggests for the lines it is about: blocks of Markdown fenced as `suggestion`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from hub.lib.render.worddiff import mark_pair

_fence = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a comment in order: words, or the text that is to stand in place of the lines."""

    is_suggestion: bool
    text: str


def pieces_of(body: str) -> list[Piece]:
    """A comment as words and suggestions; a fence that is never closed is words."""
    pieces: list[Piece] = []
    words: list[str] = []
    lines = body.split("\n")
    at = 0
    while at < len(lines):
        opened = _fence.match(lines[at])
        end = _closing(lines, at, opened[1]) if opened else None
        if opened and end is not None and opened[2] == "suggestion":
            if any(line.strip() for line in words):
                pieces.append(Piece(False, "\n".join(words)))
            words = []
            pieces.append(Piece(True, "".join(f"{line}\n" for line in lines[at + 1 : end])))
            at = end + 1
        else:
            # Another block is taken as a whole: what looks like a suggestion inside of it is its text.
            stop = end + 1 if opened and end is not None else at + 1
            words += lines[at:stop]
            at = stop
    if any(line.strip() for line in words):
        pieces.append(Piece(False, "\n".join(words)))
    return pieces


def suggestion_in(body: str) -> str | None:
    """The first suggestion of a comment, "" to take lines away; None when it suggests nothing."""
    return next((piece.text for piece in pieces_of(body) if piece.is_suggestion), None)


def _closing(lines: Sequence[str], start: int, mark: str) -> int | None:
    closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
    return next((at for at in range(start + 1, len(lines)) if closing.match(lines[at])), None)


def old_lines(excerpt: Sequence[Sequence[Any]], place: dict[str, Any]) -> list[str]:
    """The lines that a thread is about, as they were when it began."""
    count = place.get("line", 0) - place.get("start", place.get("line", 0)) + 1
    rows = [str(text) for sign, _, text in excerpt if sign != "-"]
    return rows[-count:] if place.get("line") else []


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a suggestion: whether it goes or comes, as HTML with the changed words marked."""

    sign: str
    html: SafeString


def rows_of(old: Sequence[str], text: str) -> list[Row]:
    """What a suggestion takes away and puts in, line by line."""
    new = text.split("\n")[:-1]
    pairs = [mark_pair(a or "", b or "") for a, b in zip_longest(old, new)]
    # SECURITY: mark_pair escapes the text that it marks.
    gone = [Row("-", mark_safe(html)) for html, _ in pairs[: len(old)]]  # noqa: S308
    come = [Row("+", mark_safe(html)) for _, html in pairs[: len(new)]]  # noqa: S308
    return [*gone, *come]
