"""What the text of a prompt holds: its messages, its variables, and how two texts differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.safestring import SafeString, mark_safe

from hub.lib.render.text import escape
from hub.lib.render.worddiff import mark_pair

MOST_LINES = 3000
"""Comparing takes time with the square of the lines."""

VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat; a prompt of plain text is one without a role. `pieces`: (text, whether a variable)."""

    role: str
    pieces: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a difference: `sign` is "+", "-" or " ", `html` has the words that differ marked."""

    sign: str
    html: SafeString


def variables_of(text: str) -> list[str]:
    """The names in double braces, in the order they first stand there."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def messages_of(text: str, kind: str) -> list[Message]:
    """The messages of a prompt; text that is not what its kind says is shown as it stands."""
    if kind == "chat":
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and listed and all(isinstance(each, dict) for each in listed):
            return [Message(str(each.get("role", "")), _pieces(_said(each.get("content")))) for each in listed]
    return [Message("", _pieces(text))]


def _said(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False)


def _pieces(text: str) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    at = 0
    for match in VARIABLE.finditer(text):
        found += [(text[at : match.start()], False), (match[0], True)]
        at = match.end()
    return [piece for piece in [*found, (text[at:], False)] if piece[0]]


def as_lines(text: str, kind: str) -> list[str]:
    """The text as a difference shows it: a chat's messages under their roles."""
    messages = messages_of(text, kind)
    parts = [(f"{each.role}:\n" if each.role else "") + "".join(piece for piece, _ in each.pieces) for each in messages]
    return "\n\n".join(parts).splitlines()


def difference(old: list[str], new: list[str]) -> list[DiffLine] | None:
    """The lines of both, what went before what came; None when they are too many to compare."""
    if max(len(old), len(new)) > MOST_LINES:
        return None
    found: list[DiffLine] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [_line(" ", escape(line)) for line in old[a:b]]
        else:
            found += _changed(old[a:b], new[c:d])
    return found


def _changed(gone: list[str], come: list[str]) -> Iterator[DiffLine]:
    pairs = [mark_pair(old, new) for old, new in zip(gone, come, strict=False)]
    before = [old for old, _ in pairs] + [escape(line) for line in gone[len(pairs) :]]
    after = [new for _, new in pairs] + [escape(line) for line in come[len(pairs) :]]
    yield from (_line("-", html) for html in before)
    yield from (_line("+", html) for html in after)


def _line(sign: str, html: str) -> DiffLine:
    return DiffLine(sign, mark_safe(html))  # noqa: S308 (every caller has escaped it)
