"""How strongly two properties of traces go together: normalised pointwise mutual information from four counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Added to each cell of the table of counts, so that small numbers do not say too much (the prior of Jeffreys).
SMOOTHING = 0.5


@dataclass(frozen=True, slots=True)
class Counts:
    """How many traces there are, and how many have the first property, the second, and both."""

    total: int
    first: int
    second: int
    both: int

    @property
    def cells(self) -> tuple[int, int, int, int]:
        """Traces with both properties, only the first, only the second, neither."""
        neither = self.total - self.first - self.second + self.both
        return self.both, self.first - self.both, self.second - self.both, neither


def npmi(counts: Counts, *, smoothing: float = 0.0) -> float:
    """-1 (never together) to 1 (always together), 0 for independence; NaN where a property never occurs."""
    if counts.total <= 0 or not counts.first or not counts.second or min(counts.cells) < 0:
        return math.nan
    both, only_first, only_second, neither = counts.cells
    if not both and not smoothing:
        return -1.0
    if not only_first and not only_second and not neither:
        return 1.0
    together = both + smoothing
    first, second = together + only_first + smoothing, together + only_second + smoothing
    total = first + only_second + neither + 2 * smoothing
    information = math.log(together) + math.log(total) - math.log(first) - math.log(second)
    return max(-1.0, min(1.0, information / (math.log(total) - math.log(together))))
