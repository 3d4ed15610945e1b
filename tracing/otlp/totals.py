"""Sums of tokens and cost over a trace, as a tree: what a span says of itself includes what its children say."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN_KEYS = ("input_tokens", "output_tokens", "total_tokens")
CACHE_KEYS = ("cache_read_input_tokens", "cache_creation_input_tokens")
COST_KEYS = ("input_cost", "output_cost", "total_cost")
Numbers = dict[str, int | float]


@dataclass(frozen=True, slots=True)
class Node:
    """A span of the tree with its numbers, or None when it says nothing."""

    span_id: str
    parent_id: str
    numbers: Numbers | None


def numbers_of(value: Any) -> Numbers | None:
    """The finite numbers of an attribute, or None when it is not a map of numbers."""
    if not isinstance(value, Mapping):
        return None
    found = {
        str(key): number
        for key, number in value.items()
        if isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number)
    }
    return found or None


def total_tokens(nodes: Iterable[Node]) -> Numbers | None:
    """Tokens of the whole trace; cached ones only when some span counts them."""
    return _total(list(nodes), TOKEN_KEYS, CACHE_KEYS)


def total_cost(nodes: Iterable[Node]) -> Numbers | None:
    """Cost of the whole trace in US dollars."""
    found = _total(list(nodes), COST_KEYS, ())
    return None if found is None else {key: float(number) for key, number in found.items()}


def _total(nodes: list[Node], keys: tuple[str, ...], optional: tuple[str, ...]) -> Numbers | None:
    """Adds up the topmost spans that say something. Nothing below one of those counts again.

    A span whose parent is not among the nodes is a root. Spans that name each other as parents are never reached.
    """
    known = {node.span_id for node in nodes}
    children: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        children[node.parent_id if node.parent_id in known else ""].append(node)
    totals: Numbers = {}
    waiting = list(children[""])
    while waiting:
        node = waiting.pop()
        if node.numbers is None:
            waiting += children.get(node.span_id, ())
            continue
        for key in (*keys, *(key for key in optional if key in node.numbers)):
            totals[key] = totals.get(key, 0) + node.numbers.get(key, 0)
    return totals or None
