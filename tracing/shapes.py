"""How a value of a span is drawn: as a chat, documents found, a table, words, or a tree; all of it bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.viewers.asks import Ask
from storage.viewers.source import BytesSource, Unreadable
from storage.viewers.trees import Step, draw_tree
from tracing.messages import Message, messages_of, rest_of
from tracing.otlp.spans import as_text, unwrap

LONGEST = 20_000
LARGEST = 2_000_000
MOST_ROWS = 100
MOST_COLUMNS = 12
MOST_FIELDS = 20
LONGEST_CELL = 2_000
_DOCUMENT = ("page_content", "content", "text")


@dataclass(frozen=True, slots=True)
class Shape:
    """A value to draw. `kind` is nothing, chat, documents, table, fields, text, tree or large.

    `left` counts characters or rows that are not shown; `steps` is the tree, or what a chat says beside its messages.
    """

    kind: str
    text: str = ""
    left: int = 0
    messages: list[Message] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    steps: tuple[Step, ...] = ()


def shape_of(given: Any) -> Shape:
    """How a value is drawn; text that is JSON counts as what it says."""
    if isinstance(given, str) and len(given) > LARGEST:
        return Shape("text", given[:LONGEST], len(given) - LONGEST)
    value = unwrap(given)
    if value is None or value == {} or value == []:
        return Shape("nothing", as_text(value) if value is not None else "")
    if isinstance(value, str):
        return Shape("text", value[:LONGEST], max(0, len(value) - LONGEST))
    if messages := messages_of(value):
        rest = rest_of(value)
        return Shape("chat", messages=messages, steps=tree_of(rest) if rest else ())
    return _documents(value) or _table(value) or _fields(value) or _tree(value)


def _documents(value: Any) -> Shape | None:
    """What a search found: texts with where they come from."""
    if not _objects(value):
        return None
    pairs = []
    for each in value[:MOST_ROWS]:
        text = next((each[key] for key in _DOCUMENT if isinstance(each.get(key), str)), None)
        if text is None or not isinstance(each.get("metadata"), Mapping):
            return None
        pairs.append((text[:LONGEST_CELL], _short(each["metadata"])))
    return Shape("documents", pairs=pairs, left=max(0, len(value) - MOST_ROWS))


def _table(value: Any) -> Shape | None:
    if not _objects(value) or len(value) < 2:
        return None
    columns = list(dict.fromkeys(str(key) for row in value[:MOST_ROWS] for key in row))
    plain = all(_is_plain(cell) for row in value[:MOST_ROWS] for cell in row.values())
    if len(columns) > MOST_COLUMNS or not plain:
        return None
    rows = [[_short(row.get(column, "")) for column in columns] for row in value[:MOST_ROWS]]
    return Shape("table", columns=columns, rows=rows, left=max(0, len(value) - MOST_ROWS))


def _fields(value: Any) -> Shape | None:
    """A few names with plain values, such as the arguments of a function."""
    if not isinstance(value, Mapping) or len(value) > MOST_FIELDS or not all(map(_is_plain, value.values())):
        return None
    return Shape("fields", pairs=[(str(key), _short(each, LONGEST)) for key, each in value.items()])


def _tree(value: Any) -> Shape:
    if not isinstance(value, (Mapping, list)):
        return Shape("text", as_text(value))
    steps = tree_of(value)
    return Shape("tree", steps=steps) if steps else Shape("large")


def tree_of(value: Any) -> tuple[Step, ...]:
    """The lines of a tree, bounded; none where the value is too large to be drawn as one."""
    try:
        content = json.dumps(value, ensure_ascii=False).encode(errors="replace")
        return draw_tree(BytesSource("value", content), Ask()).steps if len(content) <= LARGEST else ()
    except (ValueError, RecursionError, Unreadable):
        return ()


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def _short(value: Any, longest: int = LONGEST_CELL) -> str:
    text = as_text(value)
    return text if len(text) <= longest else text[:longest] + "…"
