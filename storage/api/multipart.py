"""Reads multipart/form-data while it arrives: fields, and files with the folders in their names, in flat memory.

Django parses such bodies for POST alone, and takes every folder off the names of files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from hub.lib.errors import Invalid

FORM_DATA = b"multipart/form-data"
LONGEST_FIELD = 64 * 1024  # bytes


@dataclass(slots=True)
class Part:
    """A field, or a file when it has a `filename`. Its bytes are read before the next part is asked for."""

    name: str
    filename: str | None
    blocks: Iterator[bytes] = field(repr=False)

    def text(self) -> str:
        """The value of a field; raises Invalid for one that is long or no text."""
        found = bytearray()
        for block in self.blocks:
            found += block
            if len(found) > LONGEST_FIELD:
                raise Invalid(
                    f"The field {self.name[:100]} is longer than {LONGEST_FIELD} bytes.", field=self.name[:100]
                )
        try:
            return found.decode()
        except UnicodeDecodeError:
            raise Invalid(f"The field {self.name[:100]} is not UTF-8.", field=self.name[:100]) from None


def parts_of(content_type: str, blocks: Iterator[bytes]) -> Iterator[Part]:
    """The parts of a body, one after the other; raises Invalid for one that is damaged or ends early."""
    kind, options = _options(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != FORM_DATA or not boundary:
        raise Invalid("The body must be multipart/form-data, with its boundary.")
    reading = _Reading(boundary, blocks)
    while (part := reading.next_part()) is not None:
        yield part
        for _ in part.blocks:
            pass


def is_form_data(content_type: str) -> bool:
    """Whether a body of this type is one that `parts_of` reads."""
    return _options(content_type)[0] == FORM_DATA


def _options(header: str) -> tuple[bytes, dict[bytes, bytes]]:
    try:
        return parse_options_header(header)
    except (ValueError, UnicodeError, IndexError):
        return b"", {}


class _Reading:
    """Turns the parser's calls, which come as bytes are pushed into it, into things to be asked for."""

    def __init__(self, boundary: bytes, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._events: deque[tuple[str, bytes]] = deque()
        calls: Any = {
            "on_part_begin": lambda: self._events.append(("part", b"")),
            "on_header_field": self._note("name"),
            "on_header_value": self._note("value"),
            "on_header_end": lambda: self._events.append(("header", b"")),
            "on_headers_finished": lambda: self._events.append(("headers", b"")),
            "on_part_data": self._note("data"),
            "on_part_end": lambda: self._events.append(("end", b"")),
            "on_end": lambda: self._events.append(("finish", b"")),
        }
        try:
            self._parser = MultipartParser(boundary, calls)
        except FormParserError as error:
            raise Invalid(f"The body cannot be read: {error}") from None

    def _note(self, kind: str) -> Any:
        return lambda data, start, end: self._events.append((kind, data[start:end]))

    def next_part(self) -> Part | None:
        """The next part up to its data; None behind the last one."""
        kind, _ = self._next()
        if kind == "finish":
            for _ in self._blocks:  # What follows the last boundary says nothing, but the body shall be whole.
                pass
            return None
        headers: dict[bytes, bytes] = {}
        name = value = b""
        while (event := self._next())[0] != "headers":
            if event[0] == "name":
                name += event[1]
            elif event[0] == "value":
                value += event[1]
            elif event[0] == "header":
                headers[name.lower()], name, value = value, b"", b""
        _, options = _options(headers.get(b"content-disposition", b"").decode("latin-1"))
        filename = _text(options[b"filename"]) if b"filename" in options else None
        return Part(_text(options.get(b"name", b"")), filename, self._data())

    def _data(self) -> Iterator[bytes]:
        while (event := self._next())[0] == "data":
            yield event[1]

    def _next(self) -> tuple[str, bytes]:
        while not self._events:
            block = next(self._blocks, b"")
            if not block:
                raise Invalid("The body ends in the middle; nothing was committed.", next_step="Send it again.")
            try:
                self._parser.write(block)
            except FormParserError as error:
                raise Invalid(f"The body cannot be read: {error}") from None
        return self._events.popleft()


def _text(raw: bytes) -> str:
    """A name as browsers and httpx write it: UTF-8, with quotes and line ends percent-encoded."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Invalid("A name in the body is not UTF-8.") from None
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
