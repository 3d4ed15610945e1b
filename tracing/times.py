"""How long steps of a program took, in words: calls of models take seconds, steps between them microseconds."""

from __future__ import annotations

from hub.lib.wording import THIN, duration_text


def took_text(seconds: float | None) -> str:
    """0.00042 → `420 µs`, 0.0123 → `12.3 ms`, then seconds and more; nothing for what is not known."""
    if seconds is None:
        return ""
    if seconds >= 0.9995:
        return duration_text(seconds)
    ms = seconds * 1000
    if ms < 0.9995:
        return f"{round(ms * 1000)}{THIN}µs"
    return f"{ms:.1f}{THIN}ms" if ms < 99.95 else f"{round(ms)}{THIN}ms"


def took_text_ms(ms: int | None) -> str:
    """The same for whole milliseconds, which do not say how much less than one it was."""
    return f"<{THIN}1{THIN}ms" if ms == 0 else took_text(None if ms is None else ms / 1000)
