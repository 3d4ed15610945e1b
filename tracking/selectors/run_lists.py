"""Long lists of a run by the page: its metrics, parameters and tags, narrowed by words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

MOST = 100
LONGEST_FIND = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader looks for and which page of that, from 1 on; `name` is the word of the list in addresses."""

    name: str
    find: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Listed(Generic[Item]):
    """A page of a list: `found` of its `total` have the words of `find`."""

    name: str
    find: str
    page: int
    rows: list[Item]
    found: int
    total: int
    most: int = MOST

    @property
    def first(self) -> int:
        """The place of the first row that is shown, from 1 on."""
        return (self.page - 1) * self.most + 1

    @property
    def last(self) -> int:
        """The place of the last row that is shown."""
        return self.first + len(self.rows) - 1

    @property
    def before(self) -> int | None:
        """The page before this one."""
        return self.page - 1 if self.page > 1 else None

    @property
    def after(self) -> int | None:
        """The page after this one."""
        return self.page + 1 if self.last < self.found else None


def asked(given: Mapping[str, str], name: str) -> Asked:
    """What an address asks of the list: `<name>` holds words, `<name>_page` a number. What is no number is page 1."""
    page = given.get(f"{name}_page", "")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 8 else 1
    return Asked(name, given.get(name, "").replace("\0", "").strip()[:LONGEST_FIND], max(1, number))


def listed(items: Sequence[Item], wanted: Asked, text: Callable[[Item], str], most: int = MOST) -> Listed[Item]:
    """The page of the items whose text has all the words, in any case; the last page where there are not so many."""
    words = wanted.find.lower().split()
    found = [item for item in items if _has(text(item).lower(), words)] if words else items
    page = min(wanted.page, max(1, -(-len(found) // most)))
    rows = [*found[(page - 1) * most : page * most]]
    return Listed(wanted.name, wanted.find, page, rows, len(found), len(items), most)


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)
