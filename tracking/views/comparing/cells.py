"""Cells of the table of values as HTML: a page holds thousands, for which templates would take seconds."""

from __future__ import annotations

from functools import cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub.templatetags.look import icon
from tracking.selectors.run_comparison_deltas import Delta
from tracking.selectors.run_comparison_rows import Cell, Value

SHORT = 28
LONGEST = 90
MISSING = SafeString('<span class="quiet" aria-label="none">–</span>')


@cache
def _best() -> SafeString:
    return icon("award", label="Best")


def cell_html(cell: Cell) -> SafeString:
    """The `<td>` of one value: what it is, whether it is the best, and the way from the baseline's."""
    classes = ""
    if cell.value is not None and cell.value.number is not None:
        classes = "number is-best" if cell.is_best else "number"
    elif cell.apart:
        classes = "is-apart"
    opening = format_html('<td class="{}">', classes) if classes else SafeString("<td>")
    best = _best() if cell.is_best else ""
    return format_html("{}{}{}{}</td>", opening, _value(cell.value), best, _delta(cell.delta))


def _value(value: Value | None) -> SafeString | str:
    if value is None:
        return MISSING
    if value.link:
        return format_html('<a class="hash" href="{}">{}</a>', value.link, value.text)
    if len(value.text) > SHORT:
        shown = value.text if len(value.text) <= LONGEST else value.text[: LONGEST - 1] + "…"
        return format_html('<span class="runs__text" title="{}">{}</span>', value.text, shown)
    return value.text


def _delta(delta: Delta | None) -> SafeString | str:
    if delta is None or not delta.absolute:
        return ""
    percent = format_html(" <span>{}</span>", delta.percent_text) if delta.percent_text else ""
    if not delta.verdict:
        return format_html('<span class="compared-delta">{}{}</span>', delta.text, percent)
    return format_html(
        '<span class="compared-delta compared-delta--{}" title="{} than the baseline">{}{}</span>',
        delta.verdict,
        delta.verdict,
        delta.text,
        percent,
    )
