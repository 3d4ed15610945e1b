"""How far a value is from the baseline's, which of several is best, and whether texts differ: arithmetic alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hub.lib.wording import number_text
from tracking.rules import LARGEST

Better = Literal["", "min", "max"]
"""Which values are better, as the reader says it; "" when nobody has said."""
MOST_PERCENT = 100_000


@dataclass(frozen=True, slots=True)
class Delta:
    """The way from the baseline's value to another: `absolute` in its unit, `percent` of the baseline (None from 0).

    `verdict` is better, worse, or "" where they are equal or nobody said which way is better.
    """

    absolute: float
    percent: float | None
    verdict: str = ""

    @property
    def text(self) -> str:
        """With its sign, as tables show it."""
        return "±0" if not self.absolute else signed(self.absolute)

    @property
    def percent_text(self) -> str:
        """With its sign; "" where it says nothing."""
        if self.percent is None or not self.absolute:
            return ""
        if abs(self.percent) >= MOST_PERCENT:
            return f"{'+' if self.percent > 0 else '−'}>{number_text(MOST_PERCENT)}\u202f%"
        rounded = f"{abs(self.percent):.1f}" if abs(self.percent) < 100 else f"{abs(self.percent):.0f}"
        return f"{'+' if self.percent > 0 else '−'}{rounded}\u202f%"


def signed(value: float) -> str:
    """A number with its sign always: `+0.5`, `−3`."""
    return ("+" if value > 0 else "−") + number_text(abs(value))


def finite(value: float, is_nan: bool) -> float | None:
    """A stored value as a number one can calculate with: None for NaN and for infinities, stored as the largest."""
    return None if is_nan or abs(value) >= LARGEST else value


def delta_of(value: float | None, base: float | None, better: Better = "") -> Delta | None:
    """From `base` to `value`; None where one of them is missing or the way is longer than numbers are."""
    if value is None or base is None or not math.isfinite(value - base):
        return None
    absolute = value - base
    percent = 100 * (absolute / abs(base)) if base else None
    if percent is not None and not math.isfinite(percent):
        percent = None
    verdict = ""
    if absolute and better:
        verdict = "better" if (absolute > 0) == (better == "max") else "worse"
    return Delta(absolute, percent, verdict)


def best_of(values: Sequence[float | None], better: Better) -> frozenset[int]:
    """The places of the best values; none while nobody said which way is better, or where all that are there tie."""
    there = [value for value in values if value is not None]
    if not better or len(there) < 2 or min(there) == max(there):
        return frozenset()
    best = min(there) if better == "min" else max(there)
    return frozenset(at for at, value in enumerate(values) if value == best)


def differ(texts: Sequence[str | None]) -> bool:
    """Whether they are not all the same; None, a missing value, is like no text."""
    return len(set(texts)) > 1
