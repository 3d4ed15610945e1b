"""Turns an artifact into what its page shows: a document, a table, lines, a picture, a frame, or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from hub.lib.render import highlight, markdown, sniff, table
from hub.lib.render.text import decode
from storage.models import StoredObject
from storage.selectors import read_object

SHOWN_BYTES = 512 * 1024
IMAGE_BYTES = 32 * 1024 * 1024
ROWS = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as the page shows it. `kind`: markdown, table, lines, image, frame, audio, video or none.

    `html` and `lines` come from hub.lib.render. `cut`: the file goes on behind what is shown.
    """

    kind: str
    html: SafeString | None = None
    lines: list[SafeString] | None = None
    cut: bool = False


def preview(stored: StoredObject) -> Preview:
    """What the page shows of a file, told from its first bytes and its name; at most SHOWN_BYTES are read."""
    head = b"".join(read_object(stored, 0, SHOWN_BYTES))
    kind = sniff.kind(head, stored.name)
    cut = stored.size > len(head)
    suffix = PurePosixPath(stored.name.lower()).suffix
    if kind.name in ("image", "svg"):
        return Preview("image" if stored.size <= IMAGE_BYTES else "none")
    if suffix in (".html", ".htm") and kind.is_text:
        return Preview("frame")
    if not kind.is_text:
        return Preview({"audio": "audio", "video": "video"}.get(kind.name, "none"))
    if kind.name == "csv":
        drawn = table.render(table.read_delimited(head, filename=stored.name, max_rows=ROWS))
        return Preview("table", html=_safe(drawn), cut=cut)
    text, _ = decode(head)
    if kind.name == "markdown":
        return Preview("markdown", html=_safe(markdown.render(text)), cut=cut)
    lines = highlight.highlight_lines(_pretty(text, suffix, cut), filename=stored.name)
    return Preview("lines", lines=[_safe(line) for line in lines], cut=cut)


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 (hub.lib.render gives safe HTML only)


def _pretty(text: str, suffix: str, cut: bool) -> str:
    """JSON on one line is set out over several; anything else stays as it is."""
    if suffix != ".json" or cut or text.count("\n") > 2:
        return text
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(value, indent=2, ensure_ascii=False)
