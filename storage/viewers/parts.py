"""Pieces that several viewers share: JSON of bounded size, facts, small pictures, and numbers as text."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, TypeVar

from hub.lib.render.text import encoding_of, printable
from storage.viewers.source import Unreadable

JSON_BYTES = 4 * 1024 * 1024
JSON_PARTS = 200_000
LONGEST_FACT = 300
MARKUP = 60
"""Bytes of HTML around a name or a value, more or less."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is known about a file."""

    name: str
    value: str


def fact(name: object, value: object, longest: int = LONGEST_FACT) -> Fact:
    """A fact, shortened so that it fits a page."""
    return Fact(short(name, 120), short(value, longest))


def short(value: object, longest: int) -> str:
    """Text without controls, at most `longest` characters and a sign that it goes on."""
    text = printable(str(value)[: longest + 1])
    return text if len(text) <= longest else text[:longest] + "…"


def within(items: Iterable[_Item], text_of: Callable[[_Item], str], most: int) -> tuple[_Item, ...]:
    """The first items whose text takes at most `most` bytes as HTML."""
    kept: list[_Item] = []
    length = 0
    for item in items:
        length += len(escape(text_of(item)).encode()) + MARKUP
        if length > most:
            break
        kept.append(item)
    return tuple(kept)


def parse_json(data: bytes) -> Any:
    """The value. Raises Unreadable for what is no JSON, and before it is parsed for what would take much memory."""
    if len(data) > JSON_BYTES:
        raise Unreadable("Its JSON is larger than a preview reads.")
    # Each list, object and value behind a comma costs memory many times its text.
    if sum(data.count(sign) for sign in (b"[", b"{", b",")) > JSON_PARTS:
        raise Unreadable("Its JSON has more parts than a preview shows.")
    try:
        return json.loads(data.decode(encoding_of(data)))
    except RecursionError:
        raise Unreadable("Its JSON is nested too deeply.") from None
    except ValueError as error:
        raise Unreadable(f"It is no valid JSON: {short(error, 120)}.") from None


def number_text(value: float) -> str:
    """A number in at most about ten characters."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.6g}"


def count_text(count: int) -> str:
    """A count of parameters as people say it: 7.24 B."""
    for limit, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= limit:
            return f"{count / limit:.3g} {unit}"
    return str(count)


def png(pixels: Sequence[Sequence[tuple[int, int, int]]]) -> str:
    """Rows of red, green and blue as the address of a picture (`data:`)."""
    width, height = len(pixels[0]), len(pixels)
    rows = b"".join(b"\0" + b"".join(bytes(pixel) for pixel in row) for row in pixels)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()
