"""What the parts of a conversation need beyond their context."""

from __future__ import annotations

from typing import Any

from django import template

from collab.selectors.signs import ALL_SIGNS

register = template.Library()


@register.simple_tag
def offered_signs() -> list[tuple[str, str, str]]:
    """The signs that can be given, in order: value, picture, word."""
    return ALL_SIGNS


@register.filter
def joined(left: object, right: Any) -> str:
    """Two words as one: `{{ "reply-"|joined:thread.pk }}`."""
    return f"{left}{right}"
