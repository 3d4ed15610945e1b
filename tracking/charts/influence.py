"""How much parameters have to do with a metric: rank correlation, and the share of its spread that each explains.

Everything is counted on ranks, so that one diverged run does not decide. For each parameter by itself:

- `correlation` is Spearman's rho, for parameters that are numbers: -1 falling together, 1 rising together.
- `importance` is the share (0 to 1) of the variance of the metric's ranks that the parameter explains, corrected for
  chance: epsilon squared of a one-way analysis over its values (numbers with many values: over bins of equal size), or
  rho squared, corrected alike, where that is more. Shares of several parameters may overlap, and what only a
  combination of parameters explains is not seen.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

LEAST_RUNS = 4
"""With fewer runs than this nothing is said."""

BINS = 6
"""Numbers with more values than this are put into so many bins."""


@dataclass(frozen=True, slots=True)
class Influence:
    """What one parameter has to do with a metric, over `runs` runs that have both, with `values` different values."""

    key: str
    importance: float
    correlation: float | None
    runs: int
    values: int


def influence(key: str, settings: Sequence[str], outcomes: Sequence[float]) -> Influence | None:
    """The influence of a parameter whose value in each run is `settings` on a metric that came out as `outcomes`.

    None where nothing can be said: too few runs, or the same value everywhere.
    """
    runs, values = len(settings), len(set(settings))
    if runs < LEAST_RUNS or values < 2:
        return None
    target = ranks(outcomes)
    numbers = [as_number(text) for text in settings]
    if any(number is None for number in numbers):
        return Influence(key, explained(list(settings), target), None, runs, values)
    places = ranks([number for number in numbers if number is not None])
    rho = pearson(places, target)
    groups: list[Hashable] = list(places) if len(set(places)) <= BINS else binned(places)
    importance = max(explained(groups, target), corrected(rho * rho, runs, 2))
    return Influence(key, importance, rho, runs, values)


def as_number(text: str) -> float | None:
    """The number that a parameter's text is, or None; NaN and infinities are none, True and False are 1 and 0."""
    if text in ("True", "False", "true", "false"):
        return float(text.lower() == "true")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def ranks(values: Sequence[float]) -> list[float]:
    """The place of each value among all, from 1; equal values share the mean of their places."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or values[order[end]] != values[order[start]]:
            for place in order[start:end]:
                found[place] = (start + 1 + end) / 2
            start = end
    return found


def pearson(one: Sequence[float], other: Sequence[float]) -> float:
    """The linear correlation, -1 to 1; 0 where one side never changes."""
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    shared = sum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True))
    spread = math.sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))
    return max(-1.0, min(1.0, shared / spread)) if spread else 0.0


def binned(places: Sequence[float]) -> list[Hashable]:
    """Ranks put into BINS bins of about equal size; equal ranks stay together."""
    width = len(places) / BINS
    return [min(BINS - 1, int((place - 0.5) / width)) for place in places]


def explained(groups: Sequence[Hashable], target: Sequence[float]) -> float:
    """The share of the variance of `target` that lies between groups, corrected for chance (epsilon squared)."""
    mean = sum(target) / len(target)
    whole = sum((value - mean) ** 2 for value in target)
    members: dict[Hashable, list[float]] = defaultdict(list)
    for group, value in zip(groups, target, strict=True):
        members[group].append(value)
    between = sum(len(those) * (sum(those) / len(those) - mean) ** 2 for those in members.values())
    return corrected(between / whole, len(target), len(members)) if whole else 0.0


def corrected(share: float, runs: int, groups: int) -> float:
    """What is left of a share when that is taken off which chance alone would explain; 0 where nothing is."""
    if runs <= groups:
        return 0.0
    return max(0.0, min(1.0, 1 - (1 - share) * (runs - 1) / (runs - groups)))
