"""How the events of pull requests are told between the comments of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join

from collab import event_lines

METHODS = {"merge": "a merge commit", "squash": "squash", "rebase": "rebase", "ff": "fast-forward"}


def _pushed(data: Mapping[str, Any], home: str) -> str:
    old, new, count = str(data.get("old", "")), str(data.get("new", "")), int(data.get("commits") or 0)
    compare = format_html(
        '<a href="{}/compare/{}...{}"><code>{}</code> … <code>{}</code></a>', home, old, new, old[:10], new[:10]
    )
    if data.get("forced"):
        return format_html("replaced the history of the branch: {}", compare)
    return format_html("pushed {} commit{}: {}", count, "" if count == 1 else "s", compare)


def _merged(data: Mapping[str, Any], home: str) -> str:
    commit = str(data.get("commit", ""))
    return format_html(
        'merged this into <code>{}</code> as <a href="{}/commit/{}"><code>{}</code></a>',
        data.get("base", ""),
        home,
        commit,
        commit[:10],
    )


def _asked(data: Mapping[str, Any], home: str) -> str:
    people = format_html_join(", ", "<strong>{}</strong>", ((name,) for name in data.get("users", [])))
    if data.get("code_owners"):
        return format_html("asked the code owners {} for a review", people)
    return format_html("asked {} for a review", people)


def _withdrew(data: Mapping[str, Any], home: str) -> str:
    people = format_html_join(", ", "<strong>{}</strong>", ((name,) for name in data.get("users", [])))
    return format_html("withdrew the request for a review by {}", people)


def _base(data: Mapping[str, Any], home: str) -> str:
    return format_html(
        "changed the base from <code>{}</code> to <code>{}</code>", data.get("old", ""), data.get("new", "")
    )


def _branch(words: str) -> event_lines.Writer:
    return lambda data, home: format_html("{} the branch <code>{}</code>", words, data.get("branch", ""))


def _ordered(data: Mapping[str, Any], home: str) -> str:
    how = METHODS.get(str(data.get("method", "")), "")
    return f"ordered a merge ({how}) as soon as nothing stands in the way"


def _ended(data: Mapping[str, Any], home: str) -> str:
    reason = data.get("reason")
    return f"called the automatic merge off: {reason}" if reason else "called the automatic merge off"


def offer() -> None:
    """Register them all."""
    for verb, icon, words, kind in (
        ("pushed", "git-commit-horizontal", _pushed, ""),
        ("merged", "git-merge", _merged, "merged"),
        ("requested review", "eye", _asked, ""),
        ("withdrew review request", "eye-off", _withdrew, ""),
        ("base_changed", "git-branch", _base, ""),
        ("ready", "git-pull-request", "marked this ready for review", ""),
        ("draft", "git-pull-request-draft", "made this a draft", ""),
        ("head_deleted", "trash-2", _branch("deleted"), ""),
        ("head_restored", "git-branch", _branch("restored"), ""),
        ("auto_merge_on", "timer", _ordered, ""),
        ("auto_merge_ended", "timer", _ended, ""),
    ):
        event_lines.register(verb, icon, words, kind)
