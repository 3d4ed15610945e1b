"""How the hub writes sizes, numbers, times and spans: plain values in, short English out."""

from __future__ import annotations

import datetime
import math

THIN = "\u202f"  # A narrow space that does not break: between thousands, and between a number and its unit.

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SPANS = (
    (31_536_000, "year"),
    (2_592_000, "month"),
    (604_800, "week"),
    (86_400, "day"),
    (3600, "hour"),
    (60, "minute"),
)


def bytes_text(size: int) -> str:
    """A size in binary units with one decimal: 1536 → `1.5 KiB`."""
    if abs(size) < 1024:
        return f"{size}{THIN}B"
    value = float(size)
    for unit in _SIZES[1:]:
        value /= 1024
        if abs(value) < 1023.95 or unit == _SIZES[-1]:
            break
    return f"{value:.1f}{THIN}{unit}"


def number_text(value: float) -> str:
    """A number with thin separators; a fraction keeps six significant digits: 1234567 → `1 234 567`."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", THIN)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.4g}"
    return f"{value:,.6g}".replace(",", THIN)


def compact_text(value: int) -> str:
    """A count for a narrow place: 950 → `950`, 12 345 → `12.3k`, 4 000 000 → `4M`."""
    if abs(value) < 1000:
        return str(value)
    scaled, unit = (value / 1000, "k") if abs(value) < 999_950 else (value / 1_000_000, "M")
    return f"{scaled:.1f}".removesuffix(".0") + unit


def ago_text(when: datetime.datetime, now: datetime.datetime) -> str:
    """How long ago (or how soon) a moment is, in its largest unit: `just now`, `3 hours ago`, `in 2 days`."""
    seconds = (now - when).total_seconds()
    for length, unit in _SPANS:
        count = int(abs(seconds) // length)
        if count:
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


def duration_text(span: datetime.timedelta | float) -> str:
    """A span in its two largest units: 0.42 s, 12.3 s, 2 m 05 s, 3 h 12 m, 4 d 2 h."""
    seconds = span.total_seconds() if isinstance(span, datetime.timedelta) else float(span)
    if seconds < 60:
        return f"{seconds:.2f}{THIN}s" if seconds < 10 else f"{seconds:.1f}{THIN}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{THIN}m {whole % 60:02}{THIN}s"
    if whole < 86_400:
        return f"{whole // 3600}{THIN}h {whole % 3600 // 60:02}{THIN}m"
    return f"{whole // 86_400}{THIN}d {whole % 86_400 // 3600}{THIN}h"


def initials_text(name: str) -> str:
    """One or two letters that stand for a name: `ada-lovelace` → `AL`, `bob` → `B`."""
    words = [word for word in name.replace("_", "-").replace(".", "-").replace(" ", "-").split("-") if word]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"
