"""Which curves of a run are drawn at once: the first, by section; other sections are named and opened later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracking.selectors.run_page import Latest, in_sections

MOST_CHARTS = 48
MOST_FOLDED = 100


@dataclass(frozen=True, slots=True)
class ChartSection:
    """A section of `count` curves, of which `metrics` are drawn: none where it is folded."""

    title: str
    metrics: list[Latest]
    count: int

    @property
    def more(self) -> int:
        """How many are not drawn."""
        return self.count - len(self.metrics)


@dataclass(frozen=True, slots=True)
class ChartSections:
    """Sections that are drawn, those that are folded, and how many more there are."""

    drawn: list[ChartSection]
    folded: list[ChartSection]
    unnamed: int


def chart_sections(curves: Sequence[Latest]) -> ChartSections:
    """The sections of the curves; MOST_CHARTS charts are drawn at most, the last section of them perhaps in part."""
    drawn: list[ChartSection] = []
    folded: list[ChartSection] = []
    room = MOST_CHARTS
    for section in in_sections(curves):
        shown = section.metrics[:room]
        (drawn if shown else folded).append(ChartSection(section.title, shown, len(section.metrics)))
        room -= len(shown)
    return ChartSections(drawn, folded[:MOST_FOLDED], len(folded[MOST_FOLDED:]))
