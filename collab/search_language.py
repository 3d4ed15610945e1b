"""The language of lists of issues and pull requests: text like `is:open label:"bug" -author:@me` becomes terms.

    query = { term }
    term  = [ "-" ] ( key ":" value { "," value } | word | '"' phrase '"' )

Several values of one term mean any of them, several terms all of them. What looks like `key:value` with a key nobody
knows is text. Knows no models: selectors make a question to the database of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.lib.errors import Invalid

LONGEST = 500
MOST_TERMS = 24
SORTS = {
    "created-desc": "Newest",
    "created-asc": "Oldest",
    "updated-desc": "Recently updated",
    "updated-asc": "Least recently updated",
    "comments-desc": "Most commented",
    "comments-asc": "Least commented",
    "reactions-desc": "Most reactions",
    "due-asc": "Due soonest",
}
DEFAULT_SORT = "created-desc"
STATES = ("open", "closed", "merged", "unmerged")
KINDS = {"issue": "issue", "pr": "pull", "pull": "pull", "pull-request": "pull"}
MARKS = ("draft", "locked", "unlocked", "pinned", "overdue")
# Keys with a closed set of words; None: any text is a value.
WORDS: dict[str, tuple[str, ...] | None] = {
    "is": (*STATES, *KINDS, *MARKS),
    "state": STATES,
    "reason": ("completed", "not-planned", "duplicate", "merged"),
    "label": None,
    "milestone": None,
    "author": None,
    "assignee": None,
    "mentions": None,
    "commenter": None,
    "involves": None,
    "review-requested": None,
    "reviewed-by": None,
    "base": None,
    "head": None,
    "no": ("label", "milestone", "assignee", "due"),
    "has": ("label", "milestone", "assignee", "due"),
    "in": ("title", "body", "comments"),
    "draft": ("true", "false"),
    "review": ("none", "required", "approved", "changes"),
    "sort": tuple(SORTS),
    "comments": None,
    "reactions": None,
    "created": None,
    "updated": None,
    "closed": None,
    "due": None,
}
_KEY = re.compile(r"(-?)([A-Za-z]+(?:-[A-Za-z]+)*):(?=[^\s,])")
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"?|([^\s,"]+)')
_TEXT = re.compile(r'(-?)"((?:[^"\\]|\\.)*)"?|(-?)([^\s"]+)')
_SPACE = re.compile(r"\s+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: the key ("text" for words), its values (any of which may hold), and how it is written."""

    key: str
    values: tuple[str, ...]
    negated: bool = False
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for, term by term in the order it was written."""

    terms: tuple[Term, ...] = ()
    unknown: tuple[str, ...] = field(default=())

    @property
    def sort(self) -> str:
        """A key of SORTS; the last that is named counts."""
        return next((term.values[-1] for term in reversed(self.terms) if term.key == "sort"), DEFAULT_SORT)

    @property
    def places(self) -> frozenset[str]:
        """Where words are looked for: title, body, comments."""
        named = [value for term in self.terms if term.key == "in" for value in term.values]
        return frozenset(named or ("title", "body"))

    @property
    def text(self) -> str:
        """The query as one would write it, spaces and quotes tidied."""
        return " ".join(term.raw for term in self.terms)

    @property
    def state(self) -> str:
        """`open` or `closed` when it asks for exactly that, else an empty string."""
        named = [term for term in self.terms if _is_state(term)]
        plain = len(named) == 1 and not named[0].negated and len(named[0].values) == 1
        return named[0].values[0] if plain and named[0].values[0] in ("open", "closed") else ""

    def without_state(self) -> Query:
        """The same without `is:open` and its kin: what the counts of open and closed are made of."""
        return Query(tuple(term for term in self.terms if not _is_state(term)), self.unknown)

    def without_kind(self) -> Query:
        """The same without `is:issue` and `is:pr`."""
        return Query(tuple(term for term in self.terms if not _is_kind(term)), self.unknown)

    def swapped(self, *keys: str, by: str = "") -> str:
        """The text with every plain term of these keys gone, and `by` at the end."""
        kept = [term.raw for term in self.terms if term.key not in keys]
        return " ".join([*kept, by] if by else kept)

    def with_state(self, state: str) -> str:
        """The text, asking for this state in place of others."""
        kept = self.without_state().terms
        return " ".join([f"is:{state}", *(term.raw for term in kept)])

    def toggled(self, key: str, value: str) -> str:
        """The text with `key:value` added, or without it when it is there."""
        same = [term for term in self.terms if self._says(term, key, value)]
        if same:
            return " ".join(term.raw for term in self.terms if term not in same)
        return " ".join([*(term.raw for term in self.terms), f"{key}:{quoted(value)}"])

    def has(self, key: str, value: str) -> bool:
        """Whether a plain term says just this, in any case of letters."""
        return any(self._says(term, key, value) for term in self.terms)

    @staticmethod
    def _says(term: Term, key: str, value: str) -> bool:
        return term.key == key and not term.negated and [each.lower() for each in term.values] == [value.lower()]


def quoted(value: str) -> str:
    """A value as it must be written in a query."""
    return value if re.fullmatch(r'[^\s,"\\]+', value) else _phrase(value)


def _phrase(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse(text: str) -> Query:
    """Take a query apart; raises Invalid (field `q`) when it is too long or a known key has a value it cannot have."""
    text = text.replace("\0", " ").strip()
    if len(text) > LONGEST:
        raise Invalid(f"Search for at most {LONGEST} characters.", field="q", next_step="Shorten the search.")
    terms, unknown = [], []
    for term in _terms(text):
        if term.key == "text" and (match := _KEY.match(term.raw)) and len(match[2]) > 1:
            unknown.append(match[2].lower())
        terms.append(term)
    if len(terms) > MOST_TERMS:
        raise Invalid(f"Search for at most {MOST_TERMS} things at once.", field="q", next_step="Leave some out.")
    return Query(tuple(terms), tuple(unknown))


def _terms(text: str) -> Iterator[Term]:
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        key = _KEY.match(text, at)
        if key and key[2].lower() in WORDS:
            values, end = _values(text, key.end())
            yield _checked(key[2].lower(), values, key[1] == "-")
        else:
            end, term = _word(text, at)
            if term is not None:
                yield term
        at = end


def _values(text: str, at: int) -> tuple[tuple[str, ...], int]:
    values = []
    while match := _VALUE.match(text, at):
        values.append(_ESCAPE.sub(r"\1", match[1]) if match[1] is not None else match[2])
        at = match.end()
        if text[at : at + 1] != ",":
            break
        at += 1
    return tuple(value for value in values if value.strip()), at


def _word(text: str, at: int) -> tuple[int, Term | None]:
    match = _TEXT.match(text, at)
    assert match is not None, "something other than a space stands here"
    is_phrase = match[2] is not None
    words = _ESCAPE.sub(r"\1", match[2]).strip() if is_phrase else match[4]
    sign = match[1] if is_phrase else match[3]
    raw = _phrase(words) if is_phrase else quoted(words)
    return match.end(), Term("text", (words,), sign == "-", sign + raw) if words else None


def _checked(key: str, values: tuple[str, ...], negated: bool) -> Term:
    if not values:
        raise Invalid(f"“{key}:” needs a value.", field="q", next_step=f"Write a word after “{key}:”, or leave it out.")
    allowed = WORDS[key]
    if allowed is not None:
        values = tuple("changes" if (key, value.lower()) == ("review", "changes-requested") else value.lower()
                       for value in values)  # fmt: skip
        wrong = next((value for value in values if value not in allowed), None)
        if wrong is not None:
            raise Invalid(f"“{key}:{wrong[:40]}” is not known.", field="q", next_step=f"Use {_listed(allowed)}.")
    raw = f"{'-' if negated else ''}{key}:{','.join(quoted(value) for value in values)}"
    return Term(key, values, negated, raw)


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _is_state(term: Term) -> bool:
    return term.key == "state" or (term.key == "is" and set(term.values) <= set(STATES))


def _is_kind(term: Term) -> bool:
    return term.key == "is" and set(term.values) <= set(KINDS)
