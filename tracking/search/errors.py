"""What is wrong with a filter or an order, and where."""

from __future__ import annotations

from hub.lib.errors import Invalid


class FilterError(Invalid):
    """The text is not understood; nothing was searched. `position` counts characters from 0."""

    code = "invalid_filter"

    def __init__(self, message: str, *, text: str = "", position: int | None = None) -> None:
        place = "" if position is None else f" (at character {position + 1} of the filter: {_excerpt(text, position)})"
        super().__init__(message + place, field="filter")
        self.position = position


def _excerpt(text: str, position: int) -> str:
    found = text[position : position + 40]
    return f"…{found}" if found else "its end"
