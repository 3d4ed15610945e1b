"""What somebody typed into the search box, taken apart. Knows no database.

    query = { [ "repo:" owner/name | "kind:" kind | "owner:" owner ] | word | '"' phrase '"' }

All words must be there; the last one may be unfinished. What looks like a filter nobody knows is words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from hub.lib.errors import Invalid

LONGEST = 300
MOST_TERMS = 12
_PART = re.compile(r'(?:(repo|kind|owner|is|type):(\S+))|"([^"]*)"?|(\S+)', re.IGNORECASE)
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Query:
    """`terms` are phrases as tuples of words; `text` the words as typed, without filters."""

    text: str
    terms: tuple[tuple[str, ...], ...]
    repository: str = ""
    owner: str = ""
    kind: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """All words, for marking them in what was found."""
        return tuple(dict.fromkeys(word for term in self.terms for word in term))


def parse(text: str) -> Query:
    """Take a query apart; raises Invalid (field `q`) when it is too long."""
    if len(text) > LONGEST:
        raise Invalid(f"Search for at most {LONGEST} characters.", field="q", next_step="Shorten the search.")
    filters: dict[str, str] = {}
    shown, terms = [], []
    for key, value, phrase, word in _PART.findall(text.replace("\0", " ")):
        if key:
            filters[{"is": "kind", "type": "kind"}.get(key.lower(), key.lower())] = value
            continue
        shown.append(f'"{phrase}"' if phrase else word)
        term = words_of(phrase or word)
        if term:
            terms.append(term)
    if len(terms) > MOST_TERMS:
        raise Invalid(f"Search for at most {MOST_TERMS} words.", field="q", next_step="Leave some out.")
    kind = filters.get("kind", "").lower().removesuffix("s")
    kind = {"pr": "pull", "user": "person", "people": "person", "repo": "repository", "file": "code"}.get(kind, kind)
    return Query(" ".join(shown), tuple(terms), filters.get("repo", ""), filters.get("owner", ""), kind)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as the index has them: lower case, split at signs and underscores; at most 20."""
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text.casefold()).replace("_", " ")))[:20]
