"""The colour of a run, the same on every page."""

from __future__ import annotations

SERIES_COLOURS = 8


def colour_of(run: int) -> int:
    """The series colour, 1 to 8, which the run with this key has on every page: neighbours differ."""
    return run % SERIES_COLOURS + 1
