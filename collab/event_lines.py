"""The lines between the comments of a topic's page: for each verb of Event an icon and how it is told.

A part of the room that writes events of its own registers how they are told; what nobody registered shows its verb.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# Takes the data of an event and the address of its repository, without a slash at the end.
Writer = Callable[[Mapping[str, Any], str], str]


@dataclass(frozen=True, slots=True)
class Line:
    """`icon` is lucide's, `kind` its colour: good, bad, info, merged or ""."""

    icon: str
    words: str | Writer
    kind: str = ""

    def text(self, data: Mapping[str, Any], home: str) -> str:
        """What is said after the name of who did it; SafeString where it holds HTML."""
        return self.words if isinstance(self.words, str) else self.words(data, home)


_lines: dict[str, Line] = {}


def register(verb: str, icon: str, words: str | Writer, kind: str = "") -> None:
    """Say how events of a verb are told; registering a verb twice replaces it."""
    _lines[verb] = Line(icon, words, kind)


def line_for(verb: str) -> Line:
    """How events of a verb are told."""
    return _lines.get(verb) or Line("circle-dot", verb)


def _closed(data: Mapping[str, Any], home: str) -> str:
    reason = str(data.get("reason") or "")
    words = {"completed": " as completed", "not_planned": " as not planned", "duplicate": " as a duplicate"}
    said = f"closed this{words.get(reason, '')}"
    commit, number = str(data.get("commit") or ""), data.get("pull")
    # A commit of another repository has its own address.
    there = f"/{data['repository']}" if data.get("repository") else home
    if commit:
        return format_html('{} in <a href="{}/commit/{}"><code>{}</code></a>', said, there, commit, commit[:10])
    if number:
        shown = f"{data['repository']}#{number}" if data.get("repository") else f"#{number}"
        return format_html('{} in <a href="{}/pulls/{}">{}</a>', said, there, number, shown)
    return said


def _renamed(data: Mapping[str, Any], home: str) -> str:
    return format_html("changed the title <del>{}</del> <strong>{}</strong>", data.get("old", ""), data.get("new", ""))


def _labelled(data: Mapping[str, Any], home: str) -> str:
    return _changed(data, "added", "removed", [label["name"] for label in data.get("added", [])],
                    [label["name"] for label in data.get("removed", [])], "badge")  # fmt: skip


def _assigned(data: Mapping[str, Any], home: str) -> str:
    return _changed(data, "assigned", "unassigned", data.get("added", []), data.get("removed", []), "strong")


def _changed(
    data: Mapping[str, Any], put: str, took: str, added: list[str], removed: list[str], look: str
) -> SafeString:
    parts = [
        format_html(
            "{} {}", word, format_html_join(" ", '<span class="{}">{}</span>', ((look, name) for name in names))
        )
        for word, names in ((put, added), (took, removed))
        if names
    ]
    return format_html_join(" and ", "{}", ((part,) for part in parts))


def _milestoned(data: Mapping[str, Any], home: str) -> str:
    title, was = data.get("title"), data.get("was")
    if not title:
        return format_html("took this from the milestone <strong>{}</strong>", was or "")
    return format_html(
        'put this under the milestone <a href="{}/milestones/{}">{}</a>', home, data.get("number", 0), title
    )


def _due(data: Mapping[str, Any], home: str) -> str:
    day = data.get("due_on")
    if not day:
        return "removed the due date"
    return format_html('set the due date to <time datetime="{}">{}</time>', day, _day(str(day)))


def _day(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


def _locked(data: Mapping[str, Any], home: str) -> str:
    reason = {"resolved": "resolved", "off-topic": "off-topic", "heated": "too heated", "spam": "spam"}
    word = reason.get(str(data.get("reason") or ""))
    return f"locked this as {word}: only people with write access may go on" if word else (
        "locked this: only people with write access may go on"
    )  # fmt: skip


def _deleted(data: Mapping[str, Any], home: str) -> str:
    author = data.get("author")
    return format_html("deleted a comment of <strong>{}</strong>", author) if author else "deleted a comment"


def _moved(data: Mapping[str, Any], home: str) -> str:
    return format_html(
        "moved this from <strong>{}</strong> to <strong>{}</strong>", data.get("old", ""), data.get("new", "")
    )


for _verb, _icon, _words, _kind in (
    ("closed", "circle-check", _closed, "closed"),
    ("reopened", "circle-dot", "opened this again", "good"),
    ("renamed", "pencil", _renamed, ""),
    ("locked", "lock", _locked, ""),
    ("unlocked", "lock-open", "unlocked this", ""),
    ("pinned", "pin", "pinned this", ""),
    ("unpinned", "pin-off", "unpinned this", ""),
    ("labelled", "tag", _labelled, ""),
    ("assigned", "user", _assigned, ""),
    ("milestoned", "milestone", _milestoned, ""),
    ("due", "calendar", _due, ""),
    ("deleted comment", "trash-2", _deleted, ""),
    ("answered", "circle-check", "chose an answer", "good"),
    ("unanswered", "circle-slash", "took the mark of the answer away", ""),
    ("moved category", "folder", _moved, ""),
    ("converted", "messages-square", "made this a discussion", ""),
):
    register(_verb, _icon, _words, _kind)
