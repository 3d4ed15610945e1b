"""The directory of a zip file and its members, read within limits: by ranges, and never inflated past a bound."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from storage.viewers.source import Source, Unreadable, Window

MOST_MEMBERS = 20_000
DIRECTORY_BYTES = 4 * 1024 * 1024
_END = b"PK\x05\x06"
_END64_PLACE = b"PK\x06\x07"
_END64 = b"PK\x06\x06"
_ENTRY = b"PK\x01\x02"
_STORED, _DEFLATED = 0, 8


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip: `size` and `packed` in bytes as the directory claims them, `offset` of its own header."""

    name: str
    size: int
    packed: int
    method: int
    offset: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """The first MOST_MEMBERS members, and how many the file claims."""

    members: tuple[Member, ...]
    count: int


def read_directory(source: Source) -> Directory:
    """Raises Unreadable when there is no directory at the end of the file."""
    length = min(source.size, 66_000)
    start = source.size - length
    tail = source.read(start, length)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise Unreadable("It has no directory at its end: it may have been cut.")
    count, size, offset = struct.unpack("<HII", tail[at + 10 : at + 20])
    if 0xFFFF in (count,) or 0xFFFFFFFF in (size, offset):
        count, size, offset = _end64(source, tail, at, (count, size, offset))
    if offset + size > source.size:
        raise Unreadable("Its directory points outside of the file.")
    data = source.read(offset, min(size, DIRECTORY_BYTES))
    return Directory(tuple(_members(data)), count)


def _end64(source: Source, tail: bytes, at: int, plain: tuple[int, int, int]) -> tuple[int, int, int]:
    if at < 20 or tail[at - 20 : at - 16] != _END64_PLACE:
        return plain
    (place,) = struct.unpack("<Q", tail[at - 12 : at - 4])
    record = source.read(place, 56) if place < source.size else b""
    if len(record) < 56 or record[:4] != _END64:
        raise Unreadable("Its directory cannot be found.")
    count, size, offset = struct.unpack("<QQQ", record[32:56])
    return count, size, offset


def _members(data: bytes) -> list[Member]:
    found: list[Member] = []
    at = 0
    while len(found) < MOST_MEMBERS and data[at : at + 4] == _ENTRY and at + 46 <= len(data):
        flags, method = struct.unpack("<HH", data[at + 8 : at + 12])
        packed, size, name_length, extra_length, comment_length = struct.unpack("<IIHHH", data[at + 20 : at + 34])
        (offset,) = struct.unpack("<I", data[at + 42 : at + 46])
        name_end = at + 46 + name_length
        name = data[at + 46 : name_end]
        extra = data[name_end : name_end + extra_length]
        size, packed, offset = _large(extra, size, packed, offset)
        text = name.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        found.append(Member(text, size, packed, method, offset, bool(flags & 1)))
        at = name_end + extra_length + comment_length
    return found


def _large(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes past four gigabytes stand in an extra field, in this order, those only that do not fit."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack("<HH", extra[at : at + 4])
        if kind == 1:
            values = [*struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length // 8 * 8])]
            numbers = iter([value for (value,) in values])
            size = next(numbers, size) if size == 0xFFFFFFFF else size
            packed = next(numbers, packed) if packed == 0xFFFFFFFF else packed
            offset = next(numbers, offset) if offset == 0xFFFFFFFF else offset
            break
        at += 4 + length
    return size, packed, offset


def read_member(source: Source, member: Member, most: int) -> bytes:
    """The first `most` bytes of a member, inflated no further. Raises Unreadable."""
    if member.encrypted:
        raise Unreadable("It is encrypted.")
    window = Window(source, most + 128 * 1024)
    window.seek(member.offset)
    header = window.take(30)
    if header[:4] != b"PK\x03\x04":
        raise Unreadable("A member is not where the directory says.")
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    window.skip(name_length + extra_length)
    if member.method == _STORED:
        return window.take(min(most, member.packed), whole=False)
    if member.method != _DEFLATED:
        raise Unreadable("A member is packed in a way that is not read here.")
    packed = window.take(min(member.packed, most + 32 * 1024), whole=False)
    try:
        return zlib.decompressobj(-15).decompress(packed, most)
    except zlib.error:
        raise Unreadable("A member is damaged.") from None


@dataclass(frozen=True, slots=True)
class MemberSource:
    """A stored (not deflated) member, or the inflated beginning of one, as a source of its own."""

    source: Source
    name: str
    start: int
    size: int
    content: bytes | None = None
    etag: str = ""
    local_path: None = None

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; of a deflated member only its beginning is there."""
        if self.content is not None:
            return self.content[offset : offset + length]
        return self.source.read(self.start + offset, max(0, min(length, self.size - offset)))


def member_source(source: Source, member: Member, most: int) -> MemberSource:
    """A member to be looked at by another viewer; `most` bytes of it are inflated. Raises Unreadable."""
    if member.method == _STORED and not member.encrypted:
        window = Window(source)
        window.seek(member.offset)
        header = window.take(30)
        if header[:4] != b"PK\x03\x04":
            raise Unreadable("A member is not where the directory says.")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        start = member.offset + 30 + name_length + extra_length
        return MemberSource(source, member.name, start, max(0, min(member.packed, source.size - start)))
    content = read_member(source, member, most)
    return MemberSource(source, member.name, 0, member.size, content)
