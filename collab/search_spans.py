"""Spans of days and numbers in searches: `>3`, `2..5`, `<2026-02`, `@today-7d`. Knows no models."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from hub.lib.errors import Invalid

_OPERATOR = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?")
_RELATIVE = re.compile(r"@?today(?:([+-])([0-9]{1,4})([dw]))?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}")
MOST_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to before the day `end`; None is without a bound."""

    start: dt.date | None = None
    end: dt.date | None = None

    def moments(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """The bounds as midnights in UTC."""
        return _midnight(self.start), _midnight(self.end)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers from `low` to `high`, both among them."""

    low: int = 0
    high: int = MOST_NUMBER


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return dt.datetime.combine(day, dt.time(), dt.UTC) if day else None


def days(key: str, text: str, today: dt.date) -> Days:
    """The days that a value of `created:` and its kin stands for; raises Invalid (field `q`)."""
    if ".." in text:
        low, _, high = text.partition("..")
        return Days(
            start=None if low in ("", "*") else _day(key, low, today)[0],
            end=None if high in ("", "*") else _day(key, high, today)[1],
        )
    operator, word = _split(text)
    first, after = _day(key, word, today)
    bounds = {
        ">": Days(start=after),
        ">=": Days(start=first),
        "<": Days(end=first),
        "<=": Days(end=after),
    }
    return bounds.get(operator, Days(first, after))


def numbers(key: str, text: str) -> Numbers:
    """The numbers that a value of `comments:` and its kin stands for; raises Invalid (field `q`)."""
    if ".." in text:
        low, _, high = text.partition("..")
        return Numbers(
            low=0 if low in ("", "*") else _number(key, low),
            high=MOST_NUMBER if high in ("", "*") else _number(key, high),
        )
    operator, word = _split(text)
    value = _number(key, word)
    bounds = {
        ">": Numbers(low=value + 1),
        ">=": Numbers(low=value),
        "<": Numbers(high=value - 1),
        "<=": Numbers(high=value),
    }
    return bounds.get(operator, Numbers(value, value))


def _split(text: str) -> tuple[str, str]:
    match = _OPERATOR.fullmatch(text)
    return (match[1] or "=", match[2]) if match else ("=", text)


def _number(key: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Invalid(f"“{key}:” needs a number.", field="q", next_step=f"Write {key}:>3, {key}:0 or {key}:2..5.")
    return int(text)


def _day(key: str, text: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """The first day that a word means, and the first after it."""
    try:
        if match := _RELATIVE.fullmatch(text):
            step = int(match[2] or 0) * (7 if (match[3] or "").lower() == "w" else 1)
            first = today + dt.timedelta(days=-step if match[1] == "-" else step)
            return first, first + dt.timedelta(days=1)
        if match := _DAY.fullmatch(text):
            return _named(*(int(part) if part else 0 for part in match.groups()))
    except (ValueError, OverflowError):
        pass
    raise Invalid(
        f"“{key}:” needs a day.", field="q", next_step=f"Write {key}:>2026-01-31, {key}:2026-01..2026-03 or @today-7d."
    )


def _named(year: int, month: int, day: int) -> tuple[dt.date, dt.date]:
    if day:
        first = dt.date(year, month, day)
        return first, first + dt.timedelta(days=1)
    if month:
        return dt.date(year, month, 1), dt.date(year + month // 12, month % 12 + 1, 1)
    return dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
