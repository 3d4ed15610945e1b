"""The spans of a trace as a tree over time, whatever their programs got wrong: pure values, nothing is asked.

A span whose parent did not come is a root; of spans that name each other as parents the earliest is one. Times that
run backwards are drawn as a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

DEEPEST = 16
"""How far lines are moved in; what lies deeper stands under one another."""


class Step(msgspec.Struct, gc=False):
    """A span without its content; times in ns since 1970, `tokens` JSON or None."""

    span_id: str
    parent_id: str
    name: str
    type: str
    status: str
    start_ns: int
    end_ns: int | None
    tokens: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on, 0 where it says that it ended before it began."""
        return None if self.end_ns is None else max(0, self.end_ns - self.start_ns) / 1e9


class Line(msgspec.Struct, gc=False):
    """A span in the tree. `left` and `width` in hundredths of the whole trace; `lost`: its parent did not come."""

    step: Step
    depth: int
    left: float
    width: float
    children: int
    lost: bool

    @property
    def indent(self) -> int:
        """How far it is moved in."""
        return min(self.depth, DEEPEST)


class Waterfall(msgspec.Struct):
    """All lines in the order of the tree; `start_ns` and `end_ns` are those of the whole."""

    lines: list[Line]
    start_ns: int
    end_ns: int

    @property
    def seconds(self) -> float:
        """How long the whole took."""
        return (self.end_ns - self.start_ns) / 1e9

    def place_of(self, span_id: str) -> int | None:
        """The number of a span's line, from 0."""
        return next((at for at, line in enumerate(self.lines) if line.step.span_id == span_id), None)


def waterfall(steps: Sequence[Step]) -> Waterfall:
    """The tree of the steps, which are given by their start."""
    if not steps:
        return Waterfall([], 0, 0)
    start = min(step.start_ns for step in steps)
    end = max(max(step.start_ns, step.end_ns or step.start_ns) for step in steps)
    known = {step.span_id for step in steps}
    children: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if step.parent_id in known:
            children[step.parent_id].append(step)
    roots = [step for step in steps if step.parent_id not in known]
    whole = max(1, end - start)
    lines = [
        Line(
            step,
            depth,
            round(100 * (step.start_ns - start) / whole, 3),
            round(100 * max(0, (end if step.end_ns is None else step.end_ns) - step.start_ns) / whole, 3),
            len(children.get(step.span_id, ())),
            bool(step.parent_id) and step.parent_id not in known,
        )
        for step, depth in _walk(steps, roots, children)
    ]
    return Waterfall(lines, start, end)


def _walk(steps: Sequence[Step], roots: Sequence[Step], children: dict[str, list[Step]]) -> Iterator[tuple[Step, int]]:
    """Each span once, its children behind it; then circles, each from its earliest span on."""
    seen: set[str] = set()
    for begin in (roots, steps):
        for root in begin:
            waiting = [(root, 0)]
            while waiting:
                step, depth = waiting.pop()
                if step.span_id in seen:
                    continue
                seen.add(step.span_id)
                yield step, depth
                waiting += [(child, depth + 1) for child in reversed(children.get(step.span_id, ()))]
