"""Results of evaluations side by side: rows of several runs joined by what went in. Pure values, nothing is asked."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_ANSWERS = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0, "pass": 1.0, "fail": 0.0}
_LARGEST = 1e300
SORTS = ("regression", "improvement", "input")
SHOWS = ("all", "differ", "worse")


@dataclass(frozen=True, slots=True)
class Score:
    """What one scorer said of one row. `number`: as far as it can be counted, yes is 1; `error` when it failed."""

    text: str
    number: float | None
    rationale: str = ""
    error: str = ""


def score_of(value: Any, *, rationale: str = "", error: str = "") -> Score:
    """A score out of a value of any kind."""
    if error:
        return Score("error", None, rationale, error)
    if isinstance(value, bool):
        return Score("yes" if value else "no", float(value), rationale)
    if isinstance(value, (int, float)) and abs(value) < _LARGEST:
        return Score(f"{value:.4g}", float(value), rationale)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Score(text[:300], _ANSWERS.get(text.strip().lower()), rationale)


@dataclass(slots=True)
class EvalRow:
    """One row of one run's results: what went in and came out as text, what was expected, and what scorers said.

    `key` is the same in every run that was given the same; `trace` is the id of its trace, empty without one.
    """

    key: str
    request: str
    response: str
    expected: str = ""
    scores: dict[str, Score] = field(default_factory=dict)
    trace: str = ""


def key_of(inputs: Any) -> str:
    """What identifies inputs, whatever the order of their names."""
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Cell:
    """A score of a run beside that of the first run. `delta`: how much more it is, None for the first run itself."""

    name: str
    score: Score
    delta: float | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """What one run has for a row; `row` is None when it was not given this."""

    row: EvalRow | None
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Joined:
    """A row over all runs. `worst` and `best` are the extreme differences to the first run, 0 without any."""

    request: str
    expected: str
    sides: list[Side]
    differs: bool
    worst: float
    best: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rows, and the names of the scorers: those that differ most often first."""

    rows: list[Joined]
    scorers: list[str]

    def picked(self, *, show: str, sort: str) -> list[Joined]:
        """The rows of SHOWS in the order of SORTS."""
        kept = {"differ": lambda row: row.differs, "worse": lambda row: row.worst < 0}.get(show, lambda row: True)
        order = {
            "regression": lambda row: (row.worst, -row.best, not row.differs),
            "improvement": lambda row: (-row.best, row.worst, not row.differs),
            "input": lambda row: row.request.lower(),
        }[sort]
        return sorted(filter(kept, self.rows), key=order)


def compare(runs: Sequence[Sequence[EvalRow]]) -> Comparison:
    """Join the rows of runs; the first run is what the others are measured against.

    Rows of one run with the same inputs are told apart by their order. A single run is put in order of its scores.
    """
    tables = [_numbered(rows) for rows in runs]
    keys = dict.fromkeys(key for table in tables for key in table)
    differing: Counter[str] = Counter()
    names = dict.fromkeys(name for rows in runs for row in rows for name in row.scores)
    joined = []
    for key in keys:
        rows = [table.get(key) for table in tables]
        for name in names:
            differing[name] += len({_said(row, name) for row in rows if row}) > 1
        joined.append((key, rows))
    order = sorted(names, key=lambda name: (-differing[name], name))
    return Comparison([_joined(rows, order) for _, rows in joined], order)


def _numbered(rows: Sequence[EvalRow]) -> dict[tuple[str, int], EvalRow]:
    seen: Counter[str] = Counter()
    table = {}
    for row in rows:
        table[row.key, seen[row.key]] = row
        seen[row.key] += 1
    return table


def _said(row: EvalRow, name: str) -> tuple[str, float | None] | None:
    score = row.scores.get(name)
    return (score.text, score.number) if score else None


def _joined(rows: Sequence[EvalRow | None], names: Sequence[str]) -> Joined:
    first, shown = rows[0], next(row for row in rows if row)
    differing = {name for name in names if len({_said(row, name) for row in rows if row}) > 1}
    sides = [
        Side(row, _cells(row, None if at == 0 else first, names, differing) if row else [])
        for at, row in enumerate(rows)
    ]
    deltas = [cell.delta for side in sides for cell in side.cells if cell.delta is not None]
    if len(rows) == 1:  # Alone, what scored low is what to look at.
        numbers = [score.number for score in shown.scores.values() if score.number is not None]
        deltas = [sum(numbers) / len(numbers) - 1] if numbers else []
    answers = len({row.response for row in rows if row}) > 1 or None in rows
    worst, best = min([0.0, *deltas]), max([0.0, *deltas])
    return Joined(shown.request, shown.expected, sides, bool(differing) or answers, worst, best)


def _cells(row: EvalRow, first: EvalRow | None, names: Sequence[str], differing: set[str]) -> list[Cell]:
    """The scores of a row, those that differ first."""
    found = []
    for name in sorted(names, key=lambda name: name not in differing):
        score = row.scores.get(name)
        if score is None:
            continue
        base = first.scores.get(name) if first else None
        found.append(Cell(name, score, _delta(base, score), name in differing))
    return found


def _delta(base: Score | None, score: Score) -> float | None:
    return None if base is None or base.number is None or score.number is None else score.number - base.number
