"""One attempt to send a message to an address that a user named, and what came of it, for webhooks of every room."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from hub.lib import outbound
from hub.lib.errors import Invalid

MAX_SHOWN = 4000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt brought. `again`: another one may do better. `body` is the answer's beginning."""

    delivered: bool = False
    again: bool = False
    status: int | None = None
    body: str = ""
    error: str = ""
    milliseconds: int = 0


def send(url: str, *, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """POST once, through hub.lib.outbound. Never raises for what the target does."""
    started = time.monotonic()
    try:
        reply = outbound.post(url, body=body, headers=headers)
    except Invalid as error:
        return Outcome(error=f"{error.message} {error.next_step}".strip())
    except outbound.Unreachable as error:
        return Outcome(again=True, error=error.message, milliseconds=_since(started))
    # Redirects are not followed: whoever may answer 302 must not choose where the hub connects to.
    return Outcome(
        delivered=200 <= reply.status < 300,
        again=reply.status in (408, 429) or reply.status >= 500,
        status=reply.status,
        body=reply.body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")[:MAX_SHOWN],
        error="" if 200 <= reply.status < 300 else f"The target answered {reply.status}.",
        milliseconds=_since(started),
    )


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
