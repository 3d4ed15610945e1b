"""What lies in an archive: the members of zip and tar files, also packed by gzip, bzip2 or xz; nothing is unpacked."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact, short
from storage.viewers.source import Source, Unreadable, Window
from storage.viewers.zipped import read_directory

MEMBERS = 150
PACKED_BYTES = 8 * 1024 * 1024
UNPACKED_BYTES = 16 * 1024 * 1024
LZMA_MEMORY = 48 * 1024 * 1024
MOST_MEMBERS = 20_000
LONGEST_NAME = 4096
TEXT_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """A member of an archive: `size` in bytes, None for a folder."""

    name: str
    size: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """`items` is the page asked for of `total`; `text` the beginning of one packed file; `note` what is missing."""

    template: ClassVar[str] = "archive"
    ask: Ask
    facts: tuple[Fact, ...]
    items: tuple[Item, ...] = ()
    total: int = 0
    text: str = ""
    note: str = ""

    @property
    def pages(self) -> dict[str, str]:
        """Queries of the neighbouring pages."""
        page = self.ask.page
        return {
            **({"previous": self.ask.query(page=page - 1)} if page > 1 else {}),
            **({"next": self.ask.query(page=page + 1)} if page * MEMBERS < self.total else {}),
        }


def draw_archive(source: Source, ask: Ask) -> ArchiveView:
    """Raises Unreadable for what is no archive."""
    head = source.read(0, 8)
    if head.startswith(b"PK"):
        return _zip(source, ask)
    unpacked, name = _unpacked(source, head)
    if unpacked is None:
        items, note = _tar(Window(source, 64 * 1024 * 1024, block=4096))
        return _view(ask, "tar", items, note)
    if unpacked[257:262] == b"ustar":
        items, note = _tar(Window(_Bytes(unpacked), UNPACKED_BYTES * 2))
        if len(unpacked) >= UNPACKED_BYTES or source.size > PACKED_BYTES:
            note = "Only the beginning of the archive is listed; the rest would have to be unpacked."
        return _view(ask, f"tar, packed by {name}", items, note)
    text = "" if b"\0" in unpacked[:8000] else short(unpacked[:TEXT_BYTES].decode("utf-8", "replace"), TEXT_BYTES)
    return ArchiveView(ask=ask, facts=(fact("Packed by", name),), text=text)


def _view(ask: Ask, words: str, items: list[Item], note: str, count: int | None = None) -> ArchiveView:
    total = sum(item.size or 0 for item in items)
    start = (ask.page - 1) * MEMBERS
    facts = (fact("Format", words), fact("Members", f"{count or len(items):,}"), fact("Unpacked", f"{total:,} bytes"))
    shown = tuple(Item(short(item.name, 200), item.size, item.note) for item in items[start : start + MEMBERS])
    return ArchiveView(ask=ask, facts=facts, items=shown, total=len(items), note=note)


def _zip(source: Source, ask: Ask) -> ArchiveView:
    found = read_directory(source)
    items = [
        Item(member.name, None if member.name.endswith("/") else member.size, "encrypted" if member.encrypted else "")
        for member in found.members
    ]
    note = "" if len(items) >= found.count else f"Only {len(items):,} of {found.count:,} members are listed."
    packed = sum(member.packed for member in found.members)
    if packed and sum(member.size for member in found.members) > 200 * packed and packed > 1000:
        note = f"{note} It unpacks to far more than its own size: take care.".strip()
    return _view(ask, "zip", items, note, found.count)


def _unpacked(source: Source, head: bytes) -> tuple[bytes | None, str]:
    """The beginning of what is packed, at most UNPACKED_BYTES; None when nothing is packed."""
    openers: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
        (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(31)),
        (b"BZh", "bzip2", bz2.BZ2Decompressor),
        (b"\xfd7zXZ", "xz", lambda: lzma.LZMADecompressor(memlimit=LZMA_MEMORY)),
    )
    for mark, name, opener in openers:
        if head.startswith(mark):
            try:
                data: bytes = opener().decompress(source.read(0, PACKED_BYTES), UNPACKED_BYTES)
            except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
                raise Unreadable(f"It is damaged: {name} cannot unpack it.") from None
            return data, name
    return None, ""


class _Bytes:
    def __init__(self, content: bytes) -> None:
        self.name, self.etag, self.local_path = "", "", None
        self.size, self._content = len(content), content

    def read(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]


def _tar(window: Window) -> tuple[list[Item], str]:
    """Members, header by header; sizes are passed over."""
    items: list[Item] = []
    longer = ""
    try:
        while len(items) < MOST_MEMBERS:
            header = window.take(512, whole=False)
            if len(header) < 512 or not header.strip(b"\0"):
                return items, ""
            size, kind = _octal(header[124:136]), header[156:157]
            if kind in (b"L", b"x"):
                # A name that did not fit stands in a member of its own, in front.
                data = window.take(min(size, LONGEST_NAME))
                window.skip(-(-size // 512) * 512 - len(data))
                longer = _pax_path(data) if kind == b"x" else data.rstrip(b"\0").decode("utf-8", "replace")
                continue
            name = longer or _name(header)
            longer = ""
            if kind not in (b"g", b"K"):
                items.append(Item(name, None if kind == b"5" else size, "link" if kind in (b"1", b"2") else ""))
            if kind not in (b"1", b"2", b"5"):
                window.skip(-(-size // 512) * 512)
    except Unreadable as reason:
        if not items:
            raise
        return items, f"The list ends here. {reason}"
    return items, f"Only the first {MOST_MEMBERS:,} members are listed."


def _name(header: bytes) -> str:
    name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
    whole = prefix + b"/" + name if header[257:263] == b"ustar\0" and prefix else name
    return whole.decode("utf-8", "replace")


def _octal(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    if not text:
        return 0
    try:
        return int(text, 8) if not text.startswith((b"-", b"+")) and b"_" not in text else _broken()
    except ValueError:
        return _broken()


def _broken() -> int:
    raise Unreadable("It is no tar archive, or it is damaged.")


def _pax_path(data: bytes) -> str:
    for line in data.split(b"\n"):
        _, _, pair = line.partition(b" ")
        if pair.startswith(b"path="):
            return pair[5:].decode("utf-8", "replace")
    return ""
