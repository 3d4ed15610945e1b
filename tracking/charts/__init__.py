"""What charts are drawn from: series thinned without losing a peak, panels, and how parameters go with a metric."""

from __future__ import annotations

from tracking.charts.colours import SERIES_COLOURS, colour_of
from tracking.charts.series import MOST_POINTS, Asked, Series, read_many, read_series

__all__ = ["MOST_POINTS", "SERIES_COLOURS", "Asked", "Series", "colour_of", "read_many", "read_series"]
