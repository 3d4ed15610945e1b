"""What the parts of a conversation need beyond their context."""

from __future__ import annotations

from typing import Any

from django import template

from collab.selectors.signs import ALL_SIGNS
from collab.views.talk_frame import quoted_text

register = template.Library()


@register.simple_tag
def offered_signs() -> list[tuple[str, str, str]]:
    """The signs that can be given, in order: value, picture, word."""
    return ALL_SIGNS


@register.filter
def joined(left: object, right: Any) -> str:
    """Two words as one: `{{ "reply-"|joined:thread.pk }}`."""
    return f"{left}{right}"


@register.simple_tag(takes_context=True)
def quoted(context: dict[str, Any]) -> str:
    """What the box for a reply begins with when `?quote=comment-12` asks for it."""
    request, repo = context.get("request"), context.get("repo")
    return quoted_text(request, repo) if request is not None and repo is not None else ""
