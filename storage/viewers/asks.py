"""What a reader asks of a viewer, read from the query of the page's address in one place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol
from urllib.parse import urlencode

from storage.viewers.source import Unreadable

Show = Literal["rows", "columns", "sql", "json", "scripts"]
SHOWS: tuple[Show, ...] = ("rows", "columns", "sql", "json", "scripts")
OPERATORS = {
    "eq": "=",
    "ne": "≠",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "has": "contains",
    "starts": "begins with",
    "null": "is empty",
    "full": "is not empty",
}
LONGEST_SQL = 8000
LONGEST_VALUE = 500
LONGEST_NAME = 2000
MOST_CONDITIONS = 8
LAST_PAGE = 10_000_000


class Query(Protocol):
    """The part of Django's QueryDict that is needed here."""

    def get(self, key: str, default: str = ..., /) -> str | None:
        """The last value of a key."""
        ...

    def getlist(self, key: str, /) -> Sequence[str]:
        """All its values."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: a column by its name, one of OPERATORS, and the text it is compared with."""

    column: str
    operator: str
    value: str = ""

    @property
    def word(self) -> str:
        """The operator as it is read."""
        return OPERATORS[self.operator]

    @property
    def text(self) -> str:
        """As one value of the query."""
        return json.dumps([self.column, self.operator, self.value], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """`page` counts from 1; `sort` is a column's name, `down` for the largest first; `start` is the first of the
    columns shown, or the entry from which on parts of a list are shown."""

    show: Show = "rows"
    page: int = 1
    sort: str = ""
    down: bool = False
    where: tuple[Condition, ...] = ()
    sql: str = ""
    start: int = 0

    @property
    def plain(self) -> bool:
        """Whether rows are wanted as they lie in the file."""
        return self.show == "rows" and not self.sort and not self.where

    def query(self, **changes: object) -> str:
        """The query of an address that asks this, with `changes`; "?" when nothing is asked."""
        ask = replace(self, **changes)  # type: ignore[arg-type]
        pairs: list[tuple[str, str]] = []
        if ask.show != "rows":
            pairs.append(("show", ask.show))
        if ask.page > 1:
            pairs.append(("page", str(ask.page)))
        if ask.sort:
            pairs.append(("down" if ask.down else "sort", ask.sort))
        pairs += [("where", condition.text) for condition in ask.where]
        if ask.sql:
            pairs.append(("sql", ask.sql))
        if ask.start:
            pairs.append(("start", str(ask.start)))
        return "?" + urlencode(pairs)


def read_ask(query: Query) -> Ask:
    """What the query asks for. Raises Unreadable, in words for the reader, for what nobody can mean."""
    show: Show = next((one for one in SHOWS if one == query.get("show", "rows")), "rows")
    sql = _text(query, "sql", LONGEST_SQL)
    return Ask(
        show="sql" if sql else show,
        page=max(1, _number(query, "page", 1)),
        sort=_text(query, "down", LONGEST_NAME) or _text(query, "sort", LONGEST_NAME),
        down=bool(query.get("down", "")),
        where=_conditions(query),
        sql=sql,
        start=_number(query, "start", 0),
    )


def _text(query: Query, key: str, longest: int) -> str:
    text = query.get(key, "") or ""
    if len(text) > longest:
        raise Unreadable(f"“{key}” is longer than {longest} characters.")
    if "\0" in text:
        raise Unreadable(f"“{key}” holds a NUL character.")
    return text.strip() if key == "sql" else text


def _number(query: Query, key: str, default: int) -> int:
    text = query.get(key, "") or ""
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Unreadable(f"“{key}” is a whole number.")
    return min(int(text), LAST_PAGE)


def _conditions(query: Query) -> tuple[Condition, ...]:
    found = [_condition(text) for text in query.getlist("where")[: MOST_CONDITIONS + 1]]
    # The form's own fields, which become one more.
    if column := _text(query, "column", LONGEST_NAME):
        found.append(_checked(column, query.get("operator", "eq"), _text(query, "value", LONGEST_VALUE)))
    if len(found) > MOST_CONDITIONS:
        raise Unreadable(f"At most {MOST_CONDITIONS} filters can be combined. Use SQL for more.")
    return tuple(dict.fromkeys(found))


def _condition(text: str) -> Condition:
    try:
        parts = json.loads(text) if len(text) < 4 * LONGEST_NAME else None
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != 3 or not all(isinstance(part, str) for part in parts):
        raise Unreadable("“where” is a JSON list of a column, an operator and a value.")
    return _checked(parts[0], parts[1], parts[2])


def _checked(column: str, operator: str | None, value: str) -> Condition:
    if operator not in OPERATORS:
        raise Unreadable(f"A filter uses one of {', '.join(OPERATORS)}.")
    if "\0" in column + value or len(column) > LONGEST_NAME or len(value) > LONGEST_VALUE:
        raise Unreadable("A filter's value is too long or holds a NUL character.")
    return Condition(column, operator, value)
