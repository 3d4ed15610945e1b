"""Tags and filters of the look: icons, avatars, times, sizes, numbers."""

from __future__ import annotations

import datetime
import zlib
from functools import lru_cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub.assets import icon_names
from hub.lib import wording

register = template.Library()
_known_icons = lru_cache(maxsize=1)(lambda: frozenset(icon_names()))


class UnknownIcon(Exception):
    """A template asks for an icon that icons.txt does not name."""


@register.simple_tag
def icon(name: str, label: str = "", size: int = 16, kind: str = "") -> SafeString:
    """An icon from the sprite, silent unless it has a label; kind is good, warn, bad, info, quiet or spin.

    Raises UnknownIcon outside of production, where an empty place would go unnoticed.
    """
    if name not in _known_icons() and (settings.DEBUG or getattr(settings, "HUB_STRICT_ICONS", False)):
        raise UnknownIcon(f"No icon is called {name!r}: add its lucide name to hub/static/hub/img/icons.txt.")
    classes = " ".join(["icon", *([f"icon--{size}"] if size != 16 else []), *([f"icon--{kind}"] if kind else [])])
    aloud = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="{}" width="{}" height="{}" {}><use href="{}#{}"></use></svg>',
        classes,
        size,
        size,
        aloud,
        static("hub/img/icons.svg"),
        name,
    )


@register.simple_tag
def avatar(name: str, size: int = 20, square: bool = False) -> SafeString:
    """The initials of a user, or (square) of an organisation, on a colour of theirs; silent: a name goes beside it."""
    hue = zlib.crc32(name.lower().encode()) % 8
    classes = f"avatar avatar--hue-{hue} avatar--{size}{' avatar--square' if square else ''}"
    # The letters are an attribute, drawn by the style sheet: they are neither read aloud nor copied with the name.
    return format_html('<span class="{}" data-initials="{}"></span>', classes, wording.initials_text(name))


@register.simple_tag
def ago(when: datetime.datetime | None, empty: str = "never") -> SafeString | str:
    """A moment as a relative time which stays true on an open page, exact on hover."""
    if when is None:
        return empty
    moment = when.astimezone(datetime.UTC)
    return format_html(
        '<hub-time><time datetime="{}" title="{} UTC">{}</time></hub-time>',
        moment.isoformat(timespec="seconds"),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        wording.ago_text(moment, timezone.now()),
    )


@register.filter(name="bytes")
def bytes_filter(size: int | None) -> str:
    """Binary units with one decimal."""
    return "" if size is None else wording.bytes_text(int(size))


@register.filter
def number(value: float | None) -> str:
    """Thin separators between thousands."""
    return "" if value is None else wording.number_text(value)


@register.filter
def compact(value: int | None) -> str:
    """A count in at most five characters."""
    return "" if value is None else wording.compact_text(int(value))


@register.filter
def duration(span: datetime.timedelta | float | None) -> str:
    """A span of time in its two largest units."""
    return "" if span is None else wording.duration_text(span)
