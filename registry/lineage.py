"""Lays out what models were made of as a drawing: columns from the commit to the alias, boxes joined by lines.

Knows no models and no addresses: nodes and edges in, places in pixels out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

KINDS = {
    "commit": "Commit",
    "data": "Data",
    "run": "Run",
    "model": "Logged model",
    "version": "Version",
    "alias": "Alias",
}
"""What there is, in the order of the columns."""

WIDTH, HEIGHT = 148, 46
ACROSS, DOWN = 28, 14
_LETTERS = 18


@dataclass(frozen=True, slots=True)
class Node:
    """One thing. `label` is its name in full, `note` a word about it; without `url` it is not here any more."""

    key: str
    kind: str
    label: str
    note: str = ""
    url: str = ""
    here: bool = False

    @property
    def kind_name(self) -> str:
        """The word for what it is."""
        return KINDS[self.kind]

    @property
    def short(self) -> str:
        """As much of the label as fits into a box."""
        return self.label if len(self.label) <= _LETTERS else f"{self.label[: _LETTERS - 1]}…"

    @property
    def short_note(self) -> str:
        """As much of the note as fits beside the kind."""
        room = _LETTERS - len(self.kind_name) // 2
        return self.note if len(self.note) <= room else f"{self.note[: room - 1]}…"


@dataclass(slots=True)
class Graph:
    """Nodes by key, and edges from what something was made of to what was made."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)

    def add(self, node: Node, *sources: str) -> str:
        """Have a node, with edges from those of the sources that are there; its key."""
        if node.key not in self.nodes or node.here:
            self.nodes[node.key] = node
        for source in sources:
            if source in self.nodes:
                self.edges[source, node.key] = None
        return node.key


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place. `name` is what lines call it."""

    node: Node
    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as the path of an SVG, with the names of the boxes at its ends."""

    path: str
    source: str
    result: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in reading order (column by column) and the lines between them; sizes in pixels."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]


def lay_out(graph: Graph) -> Drawing:
    """The graph as a drawing: columns that hold nothing are left out, boxes stand beside what they come from."""
    columns = [column for column in ([n for n in graph.nodes.values() if n.kind == kind] for kind in KINDS) if column]
    places: dict[str, float] = {}
    at: dict[str, tuple[int, int]] = {}
    tallest = max((len(column) for column in columns), default=0)
    for number, column in enumerate(columns):
        column.sort(key=lambda node: _middle(places, (a for a, b in graph.edges if b == node.key)))
        top = (tallest - len(column)) * (HEIGHT + DOWN) // 2
        for row, node in enumerate(column):
            at[node.key] = (number * (WIDTH + ACROSS), top + row * (HEIGHT + DOWN))
            places[node.key] = at[node.key][1]
    names = {key: f"n{number}" for number, key in enumerate(at)}
    boxes = [Box(graph.nodes[key], names[key], x + 1, y + 1) for key, (x, y) in at.items()]
    lines = [Line(_path(at[a], at[b]), names[a], names[b]) for a, b in graph.edges]
    width = len(columns) * (WIDTH + ACROSS) - ACROSS + 2
    return Drawing(max(width, 2), max(tallest * (HEIGHT + DOWN) - DOWN + 2, 2), boxes, lines)


def _middle(places: dict[str, float], sources: Iterable[str]) -> float:
    found: Sequence[float] = [places[source] for source in sources if source in places]
    return sum(found) / len(found) if found else 0.0


def _path(start: tuple[int, int], end: tuple[int, int]) -> str:
    """A line from the right side of a box to the left side of another."""
    x1, y1 = start[0] + WIDTH + 1, start[1] + HEIGHT // 2 + 1
    x2, y2 = end[0] + 1, end[1] + HEIGHT // 2 + 1
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}" if y1 != y2 else f"M{x1} {y1}H{x2}"
