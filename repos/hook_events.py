"""What webhooks can be told: rooms offer their events, and turn a row of Activity into a message.

Rooms above register in their `apps.py`; repos never learns who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from repos.models import Activity


@dataclass(frozen=True, slots=True)
class HookEvent:
    """An event that people choose: `key` as it stands in headers (`issues`), `label` and `words` for the page."""

    key: str
    label: str
    words: str
    group: str


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to tell. `payload` is JSON as Gitea and GitHub write it; the rest is for chats.

    `url` is the page to look at; `title` a line of plain text, `text` more of it, "" for none; `tone` is good, bad,
    info or "" and colours the message. `branch` is the branch a push went to, "" where there is none.
    """

    event: str
    action: str
    payload: dict[str, Any]
    title: str
    url: str
    text: str = ""
    tone: str = ""
    branch: str = ""


Teller = Callable[[Activity, str], Telling | None]


@dataclass
class _Offered:
    events: dict[str, HookEvent] = field(default_factory=dict)
    tellers: dict[str, Teller] = field(default_factory=dict)


_offered = _Offered()


def offer(events: Iterable[HookEvent], verbs: Iterable[str], teller: Teller) -> None:
    """Offer events; `teller` takes a row of Activity with one of `verbs` and the hub's address without a last slash."""
    _offered.events.update({event.key: event for event in events})
    _offered.tellers.update(dict.fromkeys(verbs, teller))


def events() -> list[HookEvent]:
    """All events there are, in the order of their groups as they were offered."""
    return list(_offered.events.values())


def is_told(verb: str) -> bool:
    """Whether rows of this verb concern webhooks at all."""
    return verb in _offered.tellers


def telling(activity: Activity, address: str) -> Telling | None:
    """What to tell of a row; None for nothing, as when the thing is gone."""
    teller = _offered.tellers.get(activity.verb)
    return teller(activity, address) if teller is not None else None
