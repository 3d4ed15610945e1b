"""A message as its receiver wants it: Gitea's JSON, a form, or a card for Slack, Discord and Microsoft Teams."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from repos.hook_events import Telling

_COLOURS = {"good": 0x2E7D4F, "bad": 0xB3372F, "info": 0x3367A8, "": 0x77706A}
_TEAMS = {"good": "good", "bad": "attention", "info": "accent", "": "default"}
MAX_TEXT = 1000


def content(telling: Telling, format_: str, *, repository: str, sender: str) -> tuple[str, str]:
    """Body and content type for one of Webhook.Format. `repository` is owner/name, `sender` a user name or ""."""
    make = _FORMATS[format_]
    return make(telling, repository, sender)


def _json(telling: Telling, repository: str, sender: str) -> tuple[str, str]:
    return _dumped(telling.payload)


def _form(telling: Telling, repository: str, sender: str) -> tuple[str, str]:
    return urlencode({"payload": _dumped(telling.payload)[0]}), "application/x-www-form-urlencoded"


def _slack(telling: Telling, repository: str, sender: str) -> tuple[str, str]:
    line = f"[{_slack_safe(repository)}] <{telling.url}|{_slack_safe(telling.title)}>"
    if sender:
        line += f" by {_slack_safe(sender)}"
    message: dict[str, object] = {"text": line}
    if telling.text:
        colour = f"#{_COLOURS[telling.tone]:06x}"
        message["attachments"] = [{"color": colour, "text": _slack_safe(_cut(telling.text))}]
    return _dumped(message)


def _slack_safe(text: str) -> str:
    # SECURITY: Slack reads <!channel> and <@U…> in text; these three signs are all it takes to write them.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _discord(telling: Telling, repository: str, sender: str) -> tuple[str, str]:
    card: dict[str, object] = {
        "title": _cut(f"[{repository}] {telling.title}", 250),
        "url": telling.url,
        "color": _COLOURS[telling.tone],
    }
    if telling.text:
        card["description"] = _cut(telling.text)
    if sender:
        card["author"] = {"name": sender}
    # SECURITY: nobody is called by what a stranger wrote into an issue.
    return _dumped({"username": "Cairn", "embeds": [card], "allowed_mentions": {"parse": []}})


def _teams(telling: Telling, repository: str, sender: str) -> tuple[str, str]:
    by = f"{repository} · {sender}" if sender else repository
    # RichTextBlock shows plain text: TextBlock would read Markdown, and links, in what strangers wrote.
    body: list[Mapping[str, object]] = [_run(telling.title, weight="bolder", color=_TEAMS[telling.tone]), _run(by)]
    if telling.text:
        body.append(_run(_cut(telling.text)))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": telling.url}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return _dumped({"type": "message", "attachments": [attachment]})


def _run(text: str, **look: str) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}


def _cut(text: str, most: int = MAX_TEXT) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _dumped(message: Mapping[str, object]) -> tuple[str, str]:
    return json.dumps(message), "application/json"


_FORMATS: dict[str, Callable[[Telling, str, str], tuple[str, str]]] = {
    "json": _json,
    "form": _form,
    "slack": _slack,
    "discord": _discord,
    "teams": _teams,
}
