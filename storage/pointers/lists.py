"""Reads the list that stands for a directory in DVC: JSON of any length, entry by entry, in flat memory."""

from __future__ import annotations

import codecs
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

LONGEST_ENTRY = 64 * 1024

_md5 = re.compile(r"[0-9a-f]{32}")
_decoder = json.JSONDecoder()


class BadList(ValueError):
    """The bytes are not a list of files as DVC writes it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a directory: its path below it, and the MD5 of its content."""

    path: str
    md5: str


def read_list(chunks: Iterable[bytes]) -> Iterator[Listed]:
    """The files of a `.dir` object, in its order. Raises BadList; entries that lead elsewhere are left out."""
    for value in _values(chunks):
        if not isinstance(value, dict):
            raise BadList("An entry is no object.")
        path, md5 = value.get("relpath"), value.get("md5")
        if not isinstance(path, str) or not isinstance(md5, str) or not _md5.fullmatch(md5):
            raise BadList("An entry has no relpath or no md5.")
        if _is_inside(path):
            yield Listed(path, md5)


def _is_inside(path: str) -> bool:
    # SECURITY: these become paths of pages and downloads.
    return (
        posixpath.normpath(path) == path
        and path != "."
        and not path.startswith(("/", "../"))
        and path != ".."
        and "\\" not in path
        and not any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in path)
    )


def _values(chunks: Iterable[bytes]) -> Iterator[Any]:
    """The values of a JSON array, one after the other; only the one being read is in memory."""
    text, at, opened, ended = "", 0, False, False
    for piece in _text(chunks):
        text, at = text[at:] + piece, 0
        if not opened:
            if not text.lstrip().startswith("["):
                if text.strip():
                    raise BadList("It is no JSON list.")
                continue
            at, opened = text.index("[") + 1, True
        while not ended:
            at = _skipped(text, at)
            if at < len(text) and text[at] == "]":
                ended = True
                break
            try:
                value, at = _decoder.raw_decode(text, at)
            except (ValueError, RecursionError):
                if len(text) - at > LONGEST_ENTRY:
                    raise BadList("An entry is no JSON, or longer than any path.") from None
                break
            yield value
    if not ended:
        raise BadList("It ends before its list does.")


def _skipped(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _text(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise BadList("It is not UTF-8.") from None
