"""Tells what may stand at the cursor of a filter that is being written: a name, an operator, a value, a joint.

Reads only what stands before the cursor; text that no filter begins with has no hint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from tracking.search.grammar import Name, read_name
from tracking.search.lexer import PATTERN, Kind, Token, kind_of

MOST_TEXT = 4000


class Wanted(Enum):
    """What may stand at the cursor."""

    NAME = "name"
    OPERATOR = "operator"
    AFTER_NOT = "operator after NOT"
    VALUE = "value"
    LIST = "list"
    LIST_VALUE = "value of a list"
    LIST_NEXT = "next in a list"
    IS = "after IS"
    NULL = "after IS NOT"
    SPAN = "after now"
    JOINT = "joint"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Hint:
    """What may replace text[start:end], of which `typed` is there already; `name` and `operator` of the comparison.

    `depth`: how many brackets are open.
    """

    wanted: Wanted
    start: int
    end: int
    typed: str = ""
    name: Name | None = None
    operator: str = ""
    depth: int = 0


def hint_at(text: str, cursor: int) -> Hint:
    """What may stand at `cursor`, counted in characters from 0."""
    cursor = max(0, min(cursor, len(text)))
    if len(text) > MOST_TEXT:
        return Hint(Wanted.NOTHING, cursor, cursor)
    whole, start = _tokens(text[:cursor])
    state = Hint(Wanted.NAME, start, cursor)
    for token in whole:
        state = _after(state, token)
    return replace(state, start=start, end=_end(text, start, cursor), typed=text[start:cursor])


def _tokens(text: str) -> tuple[list[Token], int]:
    """The tokens that are whole, and where the one that is being written begins."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = PATTERN.match(text, at)
        if match is None:
            last = found[-1] if found else None
            if last is not None and text[at] == "." and last.position + len(last.text) == at:
                return found[:-1], last.position  # `metrics.` and what follows are one name.
            return found, at
        if match.lastgroup != "space":
            found.append(Token(kind_of(match), match.group(), at))
        at = match.end()
    if found and found[-1].position + len(found[-1].text) == len(text) and not _is_closed(found[-1]):
        return found[:-1], found[-1].position
    return found, len(text)


def _is_closed(token: Token) -> bool:
    """Whether nothing can be added to a token."""
    if token.kind in (Kind.OPEN, Kind.CLOSE, Kind.COMMA, Kind.STRING):
        return True
    return token.kind is Kind.NAME and token.text[-1] in '`"'


def _end(text: str, start: int, cursor: int) -> int:
    """The end of the token in which the cursor stands."""
    match = PATTERN.match(text, start) if start < cursor else None
    return max(cursor, match.end()) if match is not None and match.lastgroup != "space" else cursor


def _after(state: Hint, token: Token) -> Hint:
    step = _STEPS.get(state.wanted)
    return step(state, token) if step else replace(state, wanted=Wanted.NOTHING)


def _go(state: Hint, wanted: Wanted, *, operator: str | None = None, depth: int | None = None) -> Hint:
    return replace(
        state,
        wanted=wanted,
        operator=state.operator if operator is None else operator,
        depth=state.depth if depth is None else depth,
    )


def _name(state: Hint, token: Token) -> Hint:
    if token.kind is Kind.OPEN:
        return _go(state, Wanted.NAME, depth=state.depth + 1)
    if token.kind is Kind.NAME and token.word == "NOT":
        return state
    if token.kind is Kind.NAME or (token.kind is Kind.STRING and token.text[0] == '"'):
        return replace(state, wanted=Wanted.OPERATOR, name=read_name(token), operator="")
    return _go(state, Wanted.NOTHING)


def _operator(state: Hint, token: Token) -> Hint:
    if token.kind is Kind.OPERATOR:
        return _go(state, Wanted.VALUE, operator=token.text)
    words = {"IS": Wanted.IS, "NOT": Wanted.AFTER_NOT, "IN": Wanted.LIST}
    if token.word in ("LIKE", "ILIKE", "RLIKE"):
        return _go(state, Wanted.VALUE, operator=token.word)
    return _go(state, words.get(token.word, Wanted.NOTHING), operator=token.word)


def _value(state: Hint, token: Token) -> Hint:
    if token.kind is Kind.NAME and token.word == "NOW":
        return _go(state, Wanted.SPAN)
    fits = token.kind in (Kind.STRING, Kind.NUMBER, Kind.SPAN)
    return _go(state, Wanted.JOINT if fits else Wanted.NOTHING)


def _span(state: Hint, token: Token) -> Hint:
    return _go(state, Wanted.JOINT) if token.kind is Kind.SPAN else _joint(state, token)


def _joint(state: Hint, token: Token) -> Hint:
    if token.kind is Kind.CLOSE and state.depth:
        return _go(state, Wanted.JOINT, depth=state.depth - 1)
    if token.kind is Kind.NAME and token.word in ("AND", "OR"):
        return replace(state, wanted=Wanted.NAME, name=None, operator="")
    return _go(state, Wanted.NOTHING)


def _word(**nexts: Wanted) -> Callable[[Hint, Token], Hint]:
    return lambda state, token: _go(state, nexts.get(token.word, Wanted.NOTHING))


def _kind(nexts: dict[Kind, Wanted]) -> Callable[[Hint, Token], Hint]:
    return lambda state, token: _go(state, nexts.get(token.kind, Wanted.NOTHING))


_STEPS: dict[Wanted, Callable[[Hint, Token], Hint]] = {
    Wanted.NAME: _name,
    Wanted.OPERATOR: _operator,
    Wanted.AFTER_NOT: _operator,
    Wanted.VALUE: _value,
    Wanted.SPAN: _span,
    Wanted.JOINT: _joint,
    Wanted.IS: _word(NOT=Wanted.NULL, NULL=Wanted.JOINT),
    Wanted.NULL: _word(NULL=Wanted.JOINT),
    Wanted.LIST: _kind({Kind.OPEN: Wanted.LIST_VALUE}),
    Wanted.LIST_VALUE: _kind({Kind.STRING: Wanted.LIST_NEXT}),
    Wanted.LIST_NEXT: _kind({Kind.COMMA: Wanted.LIST_VALUE, Kind.CLOSE: Wanted.JOINT}),
}
