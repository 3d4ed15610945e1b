"""JSON as a tree that opens and closes, as a flat list of lines for a template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar

from storage.viewers.asks import Ask
from storage.viewers.parts import JSON_BYTES, Fact, fact, parse_json, short
from storage.viewers.source import Source, Unreadable

MOST_LINES = 1_000
MOST_BYTES = 150_000
MOST_CHILDREN = 100
DEEPEST = 24
OPEN_LINES = 40
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Step:
    """`kind`: open or shut a list or object, a value, or words about what is left out.

    `type`: object, list, text, number, word (true, false, null); `opened` when it is shown open at first.
    """

    kind: str
    key: str = ""
    text: str = ""
    type: str = ""
    opened: bool = False


@dataclass(frozen=True, slots=True)
class TreeView:
    """The steps in order; each `open` has its `shut`. `shows` are other ways to look at the file: key, label, query."""

    template: ClassVar[str] = "tree"
    ask: Ask
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    shows: tuple[tuple[str, str, str], ...] = ()


def draw_tree(source: Source, ask: Ask) -> TreeView:
    """Raises Unreadable for what is no JSON, or too much of it."""
    if source.size > JSON_BYTES:
        raise Unreadable("It is larger than is shown as a tree.")
    value = parse_json(source.read(0, JSON_BYTES))
    return TreeView(ask=ask, facts=(fact("Top", _words(value)),), steps=tuple(_Walk().steps("", value, 0)))


class _Walk:
    def __init__(self) -> None:
        self.left, self.bytes = MOST_LINES, MOST_BYTES

    def steps(self, key: str, value: Any, depth: int) -> Iterator[Step]:
        self.left -= 1
        self.bytes -= 2 * len(escape(key).encode()) + (
            len(escape(value[:LONGEST]).encode()) if isinstance(value, str) else 40
        )
        if not isinstance(value, dict | list):
            yield _value(key, value)
            return
        kind = "object" if isinstance(value, dict) else "list"
        if not value or depth >= DEEPEST:
            yield Step("value", key, "{}" if kind == "object" else "[]" if not value else "…", kind)
            return
        yield Step("open", key, _words(value), kind, depth == 0 or (depth < 3 and len(value) <= OPEN_LINES))
        children = list(value.items()) if isinstance(value, dict) else list(enumerate(value[: MOST_CHILDREN + 1]))
        shown = 0
        for name, child in children[:MOST_CHILDREN]:
            if self.left <= 0 or self.bytes <= 0:
                break
            shown += 1
            yield from self.steps(short(name, 120), child, depth + 1)
        if shown < len(value):
            yield Step("rest", text=f"{len(value) - shown:,} more")
        yield Step("shut")


def _value(key: str, value: Any) -> Step:
    if isinstance(value, str):
        return Step("value", key, json.dumps(short(value, LONGEST), ensure_ascii=False), "text")
    if isinstance(value, bool) or value is None:
        return Step("value", key, json.dumps(value), "word")
    return Step("value", key, short(repr(value), 60), "number")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return f"{len(value):,} {'key' if len(value) == 1 else 'keys'}"
    if isinstance(value, list):
        return f"{len(value):,} {'item' if len(value) == 1 else 'items'}"
    return type(value).__name__
