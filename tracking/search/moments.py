"""Times in filters: spans (`7d`), moments relative to now (`now - 7d`, `-7d`) and dates in quotes, as milliseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
"""Milliseconds in each unit of a span."""

SPAN = r"[-+]?\s*(?:\d+\.?\d*|\.\d+)(?:ms|[smhdw])"
NOW = "NOW"
_MOST = 10**15
_span = re.compile(r"([-+]?)\s*([\d.]+)(ms|[smhdw])")
_day = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in milliseconds; `signed`: written with + or -, so that it counts from now."""

    milliseconds: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment so many milliseconds after now (before, where negative)."""

    offset: int = 0


def read_span(text: str) -> Span | None:
    """`7d`, `-1.5 h` … → a span; None where it is longer than any time that is kept."""
    found = _span.fullmatch(text)
    if found is None or found[2].count(".") > 1 or len(found[2]) > 30:
        return None
    length = round(float(found[2]) * UNITS[found[3]])
    if length > _MOST:
        return None
    return Span(-length if found[1] == "-" else length, bool(found[1]))


def read_date(text: str) -> int | None:
    """An ISO date, perhaps with a time, → milliseconds since 1970; UTC unless it says otherwise. None: no date."""
    if _day.fullmatch(text) is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        known = found if found.tzinfo else found.replace(tzinfo=UTC)
        return round(known.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
