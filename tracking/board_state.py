"""What a reader asks of a page of charts, as it stands in the address: which runs, which board, and unsaved changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tracking.charts.panels import AXES, BANDS, GROUPS, MOST_DRAFT
from tracking.table_state import Query, TableState

LINES = (10, 20, 50, 100, 200)
USUAL_LINES = 20
_NUMBER = re.compile(r"[0-9]{1,9}")
_DRAFT = re.compile(f"[A-Za-z0-9_-]{{1,{MOST_DRAFT}}}")


@dataclass(frozen=True, slots=True)
class BoardState:
    """The state of a page of charts. `table` chooses the runs, `lines` how many of them have lines.

    `board`: key of a saved board, 0 the automatic one, None whichever is first. `draft` holds panels that are not
    saved, begun at `revision` of the board. `x`, `group` and `band` hold for lines that do not say it themselves.
    """

    table: TableState
    lines: int = USUAL_LINES
    x: str = ""
    group: str = ""
    band: str = ""
    board: int | None = None
    draft: str = ""
    revision: int = 0

    @classmethod
    def from_query(cls, query: Query, *, usual_view: str = "active") -> BoardState:
        """The state in an address; what makes no sense falls back to its default. A draft is read by who needs it."""

        def one(key: str) -> str:
            values = query.getlist(key)
            return values[-1] if values else ""

        group = one("by")
        draft = one("draft") if _DRAFT.fullmatch(one("draft")) else ""
        return cls(
            table=TableState.from_query(query, usual_view=usual_view),
            lines=int(one("n")) if one("n") in map(str, LINES) else USUAL_LINES,
            x=one("x") if one("x") in AXES and one("x") != "step" else "",
            group=group if group.startswith(GROUPS) and len(group) < 260 and "\0" not in group else "",
            band=one("band") if one("band") in BANDS else "",
            board=int(one("board")) if _NUMBER.fullmatch(one("board")) else None,
            draft=draft,
            revision=int(one("rev")) if draft and _NUMBER.fullmatch(one("rev")) else 0,
        )

    def changed(self, **changes: Any) -> BoardState:
        """The state with these fields changed."""
        return replace(self, **changes)

    def to_query(self) -> str:
        """The address's query, without what is as usual."""
        own: list[tuple[str, Any]] = [
            ("n", self.lines if self.lines != USUAL_LINES else ""),
            ("x", self.x),
            ("by", self.group),
            ("band", self.band),
            ("board", "" if self.board is None else self.board),
            ("draft", self.draft),
            ("rev", self.revision if self.draft and self.revision else ""),
        ]
        return "&".join(filter(None, [self.table.to_query(), urlencode([pair for pair in own if pair[1] != ""])]))

    def runs_query(self) -> str:
        """The part of it that chooses runs, as the numbers behind panels are asked for."""
        pages = self.table.changed(columns=(), pinned=(), widths=(), hides=(), groups=(), opened=())
        lines = f"n={self.lines}" if self.lines != USUAL_LINES else ""
        return "&".join(filter(None, [pages.to_query(), lines]))

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The state as hidden fields of a form."""
        return parse_qsl(self.to_query())
