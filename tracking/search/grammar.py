"""Reads a filter by recursive descent.

    filter      = [ either ]
    either      = both { "OR" both }
    both        = negation { "AND" negation }
    negation    = "NOT" negation | "(" either ")" | comparison
    comparison  = name ( operator value
                       | [ "NOT" ] ( "LIKE" | "ILIKE" | "RLIKE" ) value
                       | [ "NOT" ] "IN" "(" string { "," string } [ "," ] ")"
                       | "IS" [ "NOT" ] "NULL" )
    operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"
    value       = string | number | "NOW" [ span ] | span
    span        = [ "+" | "-" ] digits ( "ms" | "s" | "m" | "h" | "d" | "w" )
    name        = [ entity "." ] key
    entity, key = word | "`" text "`" | '"' text '"'          a bare key may have dots
    string      = "'" text "'" | '"' text '"'                 taken as written: nothing is unescaped

Keywords are read without case. MLflow knows no OR, NOT, brackets, `~` and spans of time: they are an addition, and
every filter that MLflow takes means the same here. A signed span alone counts from now: `-7d` is `now - 7d`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracking.search.errors import FilterError
from tracking.search.lexer import Kind, Token, tokens
from tracking.search.moments import NOW, Moment, Span, read_span

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~")
MAX_DEPTH = 50
MAX_COMPARISONS = 300

Value = str | int | float | tuple[str, ...] | Span | Moment | None


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written: `entity` is empty when there is none. Quotes are gone."""

    entity: str
    key: str
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One test. `value` is a string, a number, a time, a tuple of strings (IN, NOT IN), None (IS [NOT] NULL)."""

    name: Name
    operator: str
    value: Value
    position: int
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when what is inside does not."""

    inside: Tree


@dataclass(frozen=True, slots=True)
class Joined:
    """All (`AND`) or some (`OR`) of the parts hold; an empty AND always does."""

    word: str
    parts: tuple[Tree, ...]


Tree = Comparison | Not | Joined
EVERYTHING = Joined("AND", ())


def parse(text: str) -> Tree:
    """The tree of a filter; blank text matches everything. Raises FilterError with the position of what is wrong."""
    if not text.strip():
        return EVERYTHING
    return _Parser(text).whole()


def read_name(token: Token) -> Name:
    """The name that a token spells: split at the first dot outside of quotes."""
    entity, key = _split(token.text)
    return Name(_bare(entity), _bare(key), token.position)


def _split(text: str) -> tuple[str, str]:
    if text[0] in '`"':
        end = text.index(text[0], 1) + 1
        return (text[:end], text[end + 1 :]) if end < len(text) else ("", text)
    entity, dot, key = text.partition(".")
    return (entity, key) if dot else ("", text)


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "`\"'" else text


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.comparisons = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def take_word(self, *words: str) -> str:
        """The keyword that stands here, taken, or an empty string."""
        token = self.now
        if token.kind is Kind.NAME and token.word in words:
            self.take()
            return token.word
        return ""

    def wrong(self, message: str, token: Token | None = None) -> FilterError:
        return FilterError(message, text=self.text, position=(token or self.now).position)

    def whole(self) -> Tree:
        tree = self.either()
        if self.now.kind is not Kind.END:
            raise self.wrong(f"Invalid clause(s) in filter string: '{self.now.text}'")
        return tree

    def either(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.wrong(f"The filter has brackets more than {MAX_DEPTH} deep")
        parts = [self.both()]
        while self.take_word("OR"):
            parts.append(self.both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Joined("OR", tuple(parts))

    def both(self) -> Tree:
        parts = [self.negation()]
        while self.take_word("AND"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else Joined("AND", tuple(parts))

    def negation(self) -> Tree:
        negated = False
        while self.take_word("NOT"):
            negated = not negated
        if self.now.kind is Kind.OPEN:
            tree = self.bracketed()
        else:
            tree = self.comparison()
        return Not(tree) if negated else tree

    def bracketed(self) -> Tree:
        opened = self.take()
        tree = self.either()
        if self.take().kind is not Kind.CLOSE:
            raise self.wrong("Invalid clause(s) in filter string: a bracket is never closed", opened)
        return tree

    def comparison(self) -> Tree:
        token = self.take()
        quoted = token.kind is Kind.STRING and token.text[0] == '"'
        if token.kind is not Kind.NAME and not quoted:
            found = f"'{token.text}'" if token.text else "the end"
            raise self.wrong(f"Invalid comparison clause. Expected 'Identifier' found {found}", token)
        self.comparisons += 1
        if self.comparisons > MAX_COMPARISONS:
            raise self.wrong(f"The filter has more than {MAX_COMPARISONS} comparisons", token)
        return self.tested(read_name(token))

    def tested(self, name: Name) -> Tree:
        start = self.now
        if start.kind is Kind.OPERATOR:
            return self.compared(name)
        if self.take_word("IS"):
            negated = self.take_word("NOT")
            if not self.take_word("NULL"):
                raise self.wrong("Invalid comparison clause. Expected NULL after IS")
            return Comparison(name, "IS NOT NULL" if negated else "IS NULL", None, start.position)
        negated = self.take_word("NOT")
        word = self.take_word("IN", "LIKE", "ILIKE", "RLIKE")
        if word == "IN":
            return Comparison(name, "NOT IN" if negated else "IN", self.listed(), start.position)
        if word:
            value, shown = self.valued()
            found = Comparison(name, word, value, start.position, shown)
            return Not(found) if negated else found
        shown = f"'{start.text}'" if start.text else "the end"
        raise self.wrong(f"Invalid comparison clause. Expected an operator after '{name.key}', found {shown}", start)

    def compared(self, name: Name) -> Tree:
        token = self.take()
        if token.text not in OPERATORS:
            raise self.wrong(f"Invalid comparator '{token.text}' not one of {', '.join(OPERATORS)}", token)
        value, shown = self.valued()
        return Comparison(name, token.text, value, token.position, shown)

    def valued(self) -> tuple[Value, str]:
        token = self.take()
        if token.kind is Kind.STRING:
            return _bare(token.text), token.text
        if token.kind is Kind.NUMBER:
            return _number(token.text), token.text
        if token.kind is Kind.SPAN:
            return self.span(token), token.text
        if token.kind is Kind.NAME and token.word == NOW:
            return self.moment(token)
        if not token.text:
            raise self.wrong("Invalid comparison clause. Expected a value, found the end", token)
        raise self.wrong(
            "Parameter value is either not quoted or unidentified quote types used for string value "
            f"{token.text}. Use either single or double quotes.",
            token,
        )

    def span(self, token: Token) -> Span:
        found = read_span(token.text)
        if found is None:
            raise self.wrong(f"'{token.text}' is longer than any time that is kept", token)
        return found

    def moment(self, token: Token) -> tuple[Moment, str]:
        """`now`, and the signed span that may follow it."""
        if self.now.kind is not Kind.SPAN:
            return Moment(), token.text
        behind = self.take()
        found = self.span(behind)
        if not found.signed:
            raise self.wrong(f"Expected + or - between now and {behind.text}", behind)
        return Moment(found.milliseconds), f"{token.text} {behind.text}"

    def listed(self) -> tuple[str, ...]:
        complaint = "While parsing a list in the query, expected a non-empty list of string values"
        if self.take().kind is not Kind.OPEN:
            raise self.wrong(complaint + ", but got ill-formed list.")
        values: list[str] = []
        while True:
            token = self.take()
            if token.kind is Kind.CLOSE and values:
                return tuple(values)
            if token.kind is not Kind.STRING:
                raise self.wrong(f"{complaint}, but found '{token.text}'", token)
            values.append(_bare(token.text))
            after = self.take()
            if after.kind is Kind.CLOSE:
                return tuple(values)
            if after.kind is not Kind.COMMA:
                raise self.wrong(complaint + ", but got ill-formed list.", after)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
