"""Tells words to look for from filters: only what can be no filter at all is taken for words."""

from __future__ import annotations

import re

_KEYWORDS = frozenset({"AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE", "RLIKE"})
_ENTITIES = frozenset({"metric", "metrics", "param", "params", "parameter", "parameters", "tag", "tags", "attribute",
                       "attributes", "attr", "run", "dataset", "datasets"})  # fmt: skip
_signs = re.compile(r"[<>=!~()'\"`,;\0]")
MOST_WORDS = 20


def free_words(text: str) -> list[str]:
    """The words of a text that holds no sign, no keyword and no name of a filter; empty for every other text."""
    if _signs.search(text):
        return []
    words = text.split()
    if not 0 < len(words) <= MOST_WORDS:
        return []
    if any(
        word.upper() in _KEYWORDS or (word.partition(".")[0].lower() in _ENTITIES and "." in word) for word in words
    ):
        return []
    return words
