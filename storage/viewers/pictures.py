"""Pictures: width and height from headers, and thumbnails made by Pillow in a confined child."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import ClassVar

from storage.viewers import confined
from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact
from storage.viewers.source import Source, Unreadable, Window

SHOWN_BYTES = 32 * 1024 * 1024
SHOWN_PIXELS = 64_000_000
MOST_SEGMENTS = 2000
THUMBNAIL_BYTES = 96 * 1024
THUMBNAIL_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
_CHILD = "storage.viewers.thumbnails"
_svg_size = re.compile(rb"\s(width|height)\s*=\s*[\"']\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(?:px)?\s*[\"']")


@dataclass(frozen=True, slots=True)
class ImageView:
    """`shown` when a browser can be given the file itself; width and height in pixels, 0 when unknown."""

    template: ClassVar[str] = "image"
    ask: Ask
    facts: tuple[Fact, ...]
    width: int
    height: int
    shown: bool
    note: str = ""


def draw_image(source: Source, ask: Ask) -> ImageView:
    """Never raises: what no header says stays unknown."""
    name, width, height = image_size(source)
    facts = [fact("Format", name)] if name else []
    if width and height:
        facts.append(fact("Size", f"{width:,} × {height:,} pixels"))
    note = ""
    if width * height > SHOWN_PIXELS:
        note = "It has more pixels than a browser should be given. Download it to look at it."
    elif source.size > SHOWN_BYTES:
        note = "It is too large to be shown in place. Download it to look at it."
    return ImageView(ask=ask, facts=tuple(facts), width=width, height=height, shown=not note, note=note)


def image_size(source: Source) -> tuple[str, int, int]:
    """Format, width and height; ("", 0, 0) where they cannot be told."""
    head = source.read(0, 4096)
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return ("PNG", *struct.unpack(">II", head[16:24]))
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return ("GIF", *struct.unpack("<HH", head[6:10]))
        if head.startswith(b"BM"):
            width, height = struct.unpack("<ii", head[18:26])
            return "BMP", abs(width), abs(height)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return ("WebP", *_webp(head))
        if head.startswith(b"\xff\xd8"):
            return ("JPEG", *_jpeg(source))
        if b"<svg" in head:
            found = {name: float(value) for name, value in _svg_size.findall(head[head.index(b"<svg") :][:2000])}
            return "SVG", int(found.get(b"width", 0)), int(found.get(b"height", 0))
    except (struct.error, Unreadable):
        return "", 0, 0
    return "", 0, 0


def _webp(head: bytes) -> tuple[int, int]:
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(source: Source) -> tuple[int, int]:
    """From segment to segment up to the one that starts a frame."""
    window = Window(source, 4 * 1024 * 1024)
    window.skip(2)
    for _ in range(MOST_SEGMENTS):
        mark, kind, length = window.unpack(">BBH")
        if mark != 0xFF or length < 2:
            break
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            _, height, width = window.unpack(">BHH")
            return width, height
        window.skip(length - 2)
    return 0, 0


def can_shrink(name: str, size: int) -> bool:
    """Whether a thumbnail of a file is worth asking for."""
    return name.lower().endswith(THUMBNAIL_SUFFIXES) and 0 < size <= SHOWN_BYTES


def thumbnail(source: Source) -> bytes:
    """The picture as WebP of at most 320 pixels a side, without EXIF. Raises Unreadable."""
    if not can_shrink(source.name, source.size):
        raise Unreadable("No small picture is made of this.")
    _, width, height = image_size(source)
    if not 0 < width * height <= SHOWN_PIXELS:
        raise Unreadable("It has too many pixels, or says nothing of them.")
    found = confined.run(_CHILD, source, {}, seconds=10)
    if not found.startswith(b"RIFF") or len(found) > THUMBNAIL_BYTES:
        raise Unreadable("The picture is damaged.")
    return found
