"""Regular expressions of filters (RLIKE): read by RE2, which needs time linear in the text, whatever the pattern.

SECURITY: Python's own matcher and Perl's can be made to run for years by a pattern of ten characters. RE2 knows no
back references and no looking around, and refuses them. SQLite calls RE2; PostgreSQL has a matcher of its own, which
gets what RE2 has read and found small, written in its dialect.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from tracking.search.errors import FilterError

FUNCTION = "cairn_matches"
MAX_PATTERN = 1000
MAX_PROGRAM = 1000
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20  # What one expression may remember of its way; with less it goes slower
_head = re.compile(r"\(\?([is]+)\)")
_group = re.compile(r"\(\?(:|P?<\w+>)")
_repeated = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_named = re.compile(r"\[:(\^?\w+):\]")
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\t\n\f\r "}
_NAMED = {
    "alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z", "word": _CLASSES["w"],
    "space": r"\t\n\v\f\r ", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_ESCAPES = {mark: f"\\{mark}" for mark in "tnrfva"}
_WORD = f"[{_CLASSES['w']}]"
_EDGE = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_EDGE = f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
# Places, not characters: in brackets, since PostgreSQL takes no repetition right behind them. Its own edges of words
# are those of its language.
_PLACES = {"b": _EDGE, "B": _NO_EDGE, "A": r"(?:\A)", "z": r"(?:\Z)"}
_MOST_REPEATED = 255


@lru_cache(maxsize=8)
def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise FilterError(f"A pattern may have {MAX_PATTERN} characters. Got {len(pattern)}")
    try:
        found = re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        said = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error
        raise FilterError(f"Invalid regular expression '{pattern}': {said}") from None
    if found.programsize > MAX_PROGRAM:
        raise FilterError(f"The regular expression '{pattern}' repeats too much")
    return found


def check_pattern(pattern: str) -> str:
    """The pattern, which RE2 can read and finds small; raises FilterError for another."""
    _compiled(pattern)
    return pattern


def matches(text: str | None, pattern: str) -> bool:
    """Whether the pattern is found somewhere in the text. What SQLite calls."""
    return text is not None and _compiled(pattern).search(str(text)) is not None


def for_postgres(pattern: str) -> str:
    """The pattern as PostgreSQL spells it; raises FilterError for one that it has no words for."""
    check_pattern(pattern)
    head = _head.match(pattern)
    flags = head[1] if head else ""
    return ("(?i)" if "i" in flags else "") + _Spelling(pattern, head.end() if head else 0, "s" in flags).whole()


class _Spelling:
    """Goes through a pattern that RE2 has read, from left to right."""

    def __init__(self, pattern: str, start: int, dot_is_all: bool) -> None:
        self.pattern = pattern
        self.at = start
        self.dot = "." if dot_is_all else r"[^\n]"

    def whole(self) -> str:
        found = []
        while self.at < len(self.pattern):
            found.append(self.piece())
        return "".join(found)

    def take(self, count: int = 1) -> str:
        text = self.pattern[self.at : self.at + count]
        self.at += count
        return text

    def piece(self) -> str:
        mark = self.take()
        if mark == "\\":
            return self.escape(inside=False)
        if mark == "[":
            return self.bracket()
        if mark == "(" and self.pattern.startswith("?", self.at):
            return self.group()
        if mark == "{":
            return self.repetition()
        if mark in "^$":
            return f"(?:{mark})"
        return self.dot if mark == "." else mark

    def group(self) -> str:
        found = _group.match(self.pattern, self.at - 1)
        if found is None:
            raise self.unknown(self.pattern[self.at - 1 : self.at + 3])
        self.at = found.end()
        return "(?:"

    def repetition(self) -> str:
        found = _repeated.match(self.pattern, self.at - 1)
        if found is None:
            return r"\{"
        if max(int(found[1]), int(found[2] or 0)) > _MOST_REPEATED:
            raise self.unknown(found[0])
        self.at = found.end()
        return found[0]

    def bracket(self) -> str:
        found = ["["]
        if self.pattern.startswith("^", self.at):
            found.append(self.take())
        if self.pattern.startswith("]", self.at):
            found.append("\\" + self.take())
        while (mark := self.take()) != "]":
            named = _named.match(self.pattern, self.at - 1)
            if named:
                if named[1] not in _NAMED:
                    raise self.unknown(named[0])
                self.at = named.end()
                found.append(_NAMED[named[1]])
            else:
                found.append(self.escape(inside=True) if mark == "\\" else r"\[" if mark == "[" else mark)
        return "".join([*found, "]"])

    def escape(self, *, inside: bool) -> str:
        mark = self.take()
        if mark.lower() in _CLASSES and (mark.islower() or not inside):
            among = _CLASSES[mark.lower()]
            return among if inside else f"[{'' if mark.islower() else '^'}{among}]"
        if mark in _PLACES and not inside:
            return _PLACES[mark]
        if mark in _ESCAPES:
            return _ESCAPES[mark]
        if mark.isascii() and mark.isalnum():
            raise self.unknown(f"\\{mark}")
        return f"\\{mark}" if mark.isascii() else mark

    def unknown(self, text: str) -> FilterError:
        return FilterError(f"The database of this hub has no word for '{text}' in the expression '{self.pattern}'")
