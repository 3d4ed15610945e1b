"""What is wrong with a filter or an order, and where."""

from __future__ import annotations

from hub.lib.errors import Invalid

_BEFORE = 60
_SHOWN = 60


class FilterError(Invalid):
    """The text is not understood; nothing was searched. `position` counts characters from 0."""

    code = "invalid_filter"

    def __init__(self, message: str, *, text: str = "", position: int | None = None) -> None:
        place = "" if position is None else f" (at character {position + 1} of the filter: {_excerpt(text, position)})"
        super().__init__(message + place, field="filter")
        self.plain = message
        self.text = text
        self.position = position

    @property
    def before(self) -> str:
        """What stands before the place of the error, its beginning cut where it is long."""
        start = self.position or 0
        cut = max(0, start - _BEFORE)
        return ("…" if cut else "") + self.text[cut:start]

    @property
    def marked(self) -> str:
        """The word that is wrong; empty at the end of the text."""
        rest = self.text[self.position or 0 :]
        return (rest.split(maxsplit=1) or [""])[0][:_SHOWN]

    @property
    def after(self) -> str:
        """What follows the word that is wrong, cut where it is long."""
        rest = self.text[(self.position or 0) + len(self.marked) :]
        return rest[:_SHOWN] + ("…" if len(rest) > _SHOWN else "")


def _excerpt(text: str, position: int) -> str:
    found = text[position : position + 40]
    return f"…{found}" if found else "its end"
