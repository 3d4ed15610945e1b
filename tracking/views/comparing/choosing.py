"""The few of many runs whose files are looked at together."""

from __future__ import annotations

from tracking.models import Run
from tracking.views.comparing.asking import Compared


def nearest(compared: Compared, most: int) -> list[Run]:
    """The first `most` runs in the reader's order, among them always the one that others are held against."""
    runs = compared.runs[:most]
    return runs if compared.base in runs else [*runs[: most - 1], compared.base]
