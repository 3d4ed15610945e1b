"""How a pull request's page tells what happened to its reviews, between the comments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html

from collab import event_lines


def _dismissed(data: Mapping[str, Any], home: str) -> str:
    whose = data.get("of") or "a former user"
    return format_html("dismissed the review of <strong>{}</strong>: {}", whose, data.get("reason", ""))


def _applied(data: Mapping[str, Any], home: str) -> str:
    commit, count = str(data.get("commit", "")), data.get("count", 1)
    words = "applied a suggestion" if count == 1 else f"applied {count} suggestions"
    return format_html('{} in <a href="{}/commit/{}"><code>{}</code></a>', words, home, commit, commit[:10])


event_lines.register("dismissed review", "circle-x", _dismissed)
event_lines.register("applied suggestions", "git-commit-horizontal", _applied)
