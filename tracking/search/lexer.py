"""Cuts a filter into tokens that know their position."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from tracking.search.errors import FilterError
from tracking.search.moments import SPAN

MAX_FILTER = 100_000


class Kind(Enum):
    """What a token is."""

    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    SPAN = "span"
    OPERATOR = "operator"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter: its text as written and where it begins."""

    kind: Kind
    text: str
    position: int

    @property
    def word(self) -> str:
        """The text in capitals, for comparing with keywords."""
        return self.text.upper()


_BACKTICKED = r"`[^`]*`"
_DOUBLE = r'"(?:\\"|""|[^"])*"'
# Names of three words: `span.attributes.`a b``, `trace.tag.`a b``.
_NESTED = rf"(?:attributes|tag|metadata)\.(?:{_BACKTICKED}|{_DOUBLE})"
_SINGLE = r"'(?:\\'|''|[^'])*'"
PATTERN = re.compile(
    rf"""
      (?P<space>\s+)
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.`"]))
    | (?P<span>{SPAN}(?![\w.`"]))
    | (?P<name>(?:[^\W\d]\w*|{_BACKTICKED}|{_DOUBLE})\.(?:{_BACKTICKED}|{_DOUBLE}|{_NESTED}|\w+(?:\.\w+)*))
    | (?P<string>{_SINGLE}|{_DOUBLE})
    | (?P<word>[^\W\d]\w*|{_BACKTICKED})
    | (?P<operator>[<>=!~]+)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<comma>,)
    """,
    re.VERBOSE,
)
_KINDS = {
    "number": Kind.NUMBER,
    "span": Kind.SPAN,
    "name": Kind.NAME,
    "word": Kind.NAME,
    "string": Kind.STRING,
    "operator": Kind.OPERATOR,
    "open": Kind.OPEN,
    "close": Kind.CLOSE,
    "comma": Kind.COMMA,
}


def kind_of(match: re.Match[str]) -> Kind:
    """What the pattern has found."""
    return _KINDS[match.lastgroup or ""]


def tokens(text: str) -> list[Token]:
    """The tokens of a filter, closed by one of kind END; raises FilterError at the first character that fits none.

    A string in double quotes may also stand where a name is expected; the grammar decides.
    """
    if len(text) > MAX_FILTER:
        message = f"The filter has {len(text)} characters; at most {MAX_FILTER} are read."
        raise FilterError(message, text=text, position=MAX_FILTER)
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = PATTERN.match(text, position)
        if match is None:
            raise FilterError(_unfit(text, position), text=text, position=position)
        if match.lastgroup != "space":
            found.append(Token(kind_of(match), match.group(), position))
        position = match.end()
    found.append(Token(Kind.END, "", len(text)))
    return found


def _unfit(text: str, position: int) -> str:
    character = text[position]
    if character in "'\"`":
        return f"Invalid clause(s) in filter string: the quote {character} is never closed"
    if character == ";":
        return "Search filter contained multiple expressions. Provide one, joined by AND"
    hint = "; names with signs stand in backticks, times are such as now - 7d" if character in "+-" else ""
    return f"Invalid clause(s) in filter string: {character!r} is not understood{hint}"
