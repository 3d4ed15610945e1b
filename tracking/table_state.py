"""What a reader asks of a runs table, as it stands in the address: filter, order, columns, tree, pages, eyes, colours.

Reading is total: whatever makes no sense falls back to its default, so that an old or broken link still shows a table.
Nothing here asks the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urlencode

VIEWS = ("active", "archived", "deleted", "all")
HIDES = ("constant", "empty")
SIZES = (20, 40, 100, 200)
USUAL_SIZE = 40

BUILT_IN = ("start_time", "duration", "user_id", "source", "status", "experiment", "run_id", "end_time")
"""Columns of the run itself. Its name is always the first column and is none of these."""

LOGGED = ("metrics", "params", "tags")
"""Kinds of columns of logged values: `metrics.loss`, `params.lr`, `tags.team`."""

SORTABLE = ("run_name", "start_time", "end_time", "duration", "user_id", "status", "run_id")

MOST_TEXT = 4000
MOST_KEY = 250
MOST_SORTS = 5
MOST_COLUMNS = 60
MOST_PINNED = 8
MOST_GROUPS = 3
MOST_EXPERIMENTS = 20
MOST_OPEN = 40
MOST_MARKED = 200
MOST_CURSOR = 2000
WIDTHS = (48, 1200)
COLOURS = 8

_RUN = re.compile(r"[0-9a-z]{6,32}")
_CURSOR = re.compile(rf"[A-Za-z0-9_-]{{1,{MOST_CURSOR}}}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_SHORT = 10


class Query(Protocol):
    """What is read of an address: Django's QueryDict."""

    def getlist(self, key: str) -> list[str]:
        """All values of a key."""
        ...


@dataclass(frozen=True, slots=True)
class Sort:
    """One column to order by; `key` is `run_name`, `start_time`, …, or `metrics.loss`, `params.lr`, `tags.team`."""

    key: str
    descending: bool = False

    @property
    def text(self) -> str:
        """As the address writes it: a minus for the largest first."""
        return f"-{self.key}" if self.descending else self.key


@dataclass(frozen=True, slots=True)
class TableState:
    """The state of a runs table. Runs are named by the first characters of their ids, colours from 1 to 8.

    `columns` is empty where nobody has chosen: then the columns that differ are shown. `groups`: column keys, outermost
    first. `experiments`: numbers of further experiments in the same table. `tree`: runs stand below their parents, and
    `opened` names the parents whose children are shown. `after` and `before` are opaque: the edge of the page.
    """

    text: str = ""
    sorts: tuple[Sort, ...] = ()
    view: str = "active"
    columns: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    widths: tuple[tuple[str, int], ...] = ()
    hides: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    experiments: tuple[int, ...] = ()
    tree: bool = True
    opened: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    size: int = USUAL_SIZE
    hidden: tuple[str, ...] = ()
    colours: tuple[tuple[str, int], ...] = ()
    usual_view: str = "active"

    @classmethod
    def from_query(cls, query: Query, *, usual_view: str = "active") -> TableState:
        """The state in an address; `usual_view` is what shows where the address names no view."""
        one = _first(query)
        view = one("view")
        after = one("after") if _CURSOR.fullmatch(one("after")) else ""
        before = one("before") if _CURSOR.fullmatch(one("before")) else ""
        return cls(
            text=one("q").replace("\0", "").strip()[:MOST_TEXT].strip(),
            sorts=_sorts(query.getlist("sort")),
            view=view if view in VIEWS else usual_view,
            columns=_some(query.getlist("cols"), is_column, MOST_COLUMNS),
            pinned=_some(query.getlist("pin"), is_column, MOST_PINNED),
            widths=_pairs(query.getlist("w"), lambda key: key == "run_name" or is_column(key), WIDTHS, MOST_COLUMNS),
            hides=_some(query.getlist("hide"), lambda word: word in HIDES, len(HIDES)),
            groups=_some(query.getlist("group"), is_column, MOST_GROUPS),
            experiments=_numbers(_listed(query.getlist("with"))),
            tree=one("tree") != "0",
            opened=_some(_listed(query.getlist("open")), is_run_mark, MOST_OPEN),
            after=after,
            before="" if after else before,
            size=int(one("size")) if one("size") in map(str, SIZES) else USUAL_SIZE,
            hidden=_some(_listed(query.getlist("off")), is_run_mark, MOST_MARKED),
            colours=_pairs(_listed(query.getlist("colour")), is_run_mark, (1, COLOURS), MOST_MARKED),
            usual_view=usual_view,
        )

    def to_query(self) -> str:
        """The address's query, without what is as usual; `from_query` reads the same state out of it."""
        return urlencode(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """The same as names and values, for the hidden fields of a form."""
        pairs: list[tuple[str, str]] = []
        pairs += [("q", self.text)] if self.text else []
        pairs += [("sort", sort.text) for sort in self.sorts]
        pairs += [("view", self.view)] if self.view != self.usual_view else []
        pairs += [("cols", key) for key in self.columns] + [("pin", key) for key in self.pinned]
        pairs += [("w", f"{key}:{width}") for key, width in self.widths]
        pairs += [("hide", word) for word in self.hides] + [("group", key) for key in self.groups]
        pairs += [("with", ",".join(map(str, self.experiments)))] if self.experiments else []
        pairs += [] if self.tree else [("tree", "0")]
        pairs += [("open", ",".join(self.opened))] if self.opened else []
        pairs += [("size", str(self.size))] if self.size != USUAL_SIZE else []
        pairs += [("off", ",".join(self.hidden))] if self.hidden else []
        pairs += [("colour", ",".join(f"{run}:{colour}" for run, colour in self.colours))] if self.colours else []
        pairs += [("after", self.after)] if self.after else [("before", self.before)] if self.before else []
        return pairs

    def changed(self, **changes: Any) -> TableState:
        """The state with these fields changed, on the first page unless the change names a page."""
        page = {"after": "", "before": ""}
        return replace(self, **{**page, **changes})

    @property
    def first_sort(self) -> Sort | None:
        """What is ordered by first, or None in the usual order: the newest run first."""
        return self.sorts[0] if self.sorts else None

    def is_hidden(self, run: str) -> bool:
        """Whether the run with this id is left out of charts."""
        return any(run.startswith(start) for start in self.hidden)

    def colour_of(self, run: str, usual: int) -> int:
        """The colour of the run with this id, 1 to 8: as chosen, or else as usual."""
        return next((colour for start, colour in self.colours if run.startswith(start)), usual)

    def is_open(self, run: str) -> bool:
        """Whether the children of the run with this id are shown."""
        return any(run.startswith(start) for start in self.opened)

    def width_of(self, key: str) -> int | None:
        """The width of a column in pixels, or None where it takes what it needs."""
        return dict(self.widths).get(key)

    def toggled_run(self, field: str, run: str) -> TableState:
        """The state with a run put into `hidden` or `opened`, or taken out of it; the page stays."""
        changes: dict[str, Any] = {}
        given: tuple[str, ...] = getattr(self, field)
        left = tuple(start for start in given if not run.startswith(start))
        most = MOST_OPEN if field == "opened" else MOST_MARKED
        changes[field] = left if len(left) < len(given) else (*left, short(run))[-most:]
        return replace(self, **changes)


def short(run: str) -> str:
    """The beginning of a run's id by which the address names it."""
    return run[:_SHORT]


def is_column(key: str) -> bool:
    """Whether this can be the key of a column besides the run's name."""
    kind, dot, label = key.partition(".")
    return key in BUILT_IN or (bool(dot) and kind in LOGGED and 0 < len(label) <= MOST_KEY and "\0" not in label)


def is_sortable(key: str) -> bool:
    """Whether runs can be ordered by this key."""
    return key in SORTABLE or (key not in BUILT_IN and is_column(key))


def is_run_mark(start: str) -> bool:
    """Whether this can be the beginning of a run's id."""
    return _RUN.fullmatch(start) is not None


def _first(query: Query) -> Callable[[str], str]:
    def one(key: str) -> str:
        values = query.getlist(key)
        return values[-1] if values else ""

    return one


def _listed(values: Iterable[str]) -> list[str]:
    return [part for value in values for part in value[:10_000].split(",")]


def _some(values: Iterable[str], good: Callable[[str], bool], most: int) -> tuple[str, ...]:
    """Those that are good, each once, in their order."""
    return tuple(dict.fromkeys(value for value in values if good(value)))[:most]


def _sorts(values: Iterable[str]) -> tuple[Sort, ...]:
    found: dict[str, Sort] = {}
    for value in values:
        key = value.removeprefix("-")
        if is_sortable(key):
            found.setdefault(key, Sort(key, value.startswith("-")))
    return tuple(found.values())[:MOST_SORTS]


def _numbers(values: Iterable[str]) -> tuple[int, ...]:
    found = dict.fromkeys(int(value) for value in values if _NUMBER.fullmatch(value))
    return tuple(found)[:MOST_EXPERIMENTS]


def _pairs(
    values: Iterable[str], good: Callable[[str], bool], bounds: tuple[int, int], most: int
) -> tuple[tuple[str, int], ...]:
    """`name:number`, each name once and the last number for it, held within bounds."""
    low, high = bounds
    found: dict[str, int] = {}
    for value in values:
        name, _, number = value.rpartition(":")
        if good(name) and _NUMBER.fullmatch(number):
            found[name] = min(max(int(number), low), high)
    return tuple(found.items())[:most]
