"""Bytes to printable text, and text to HTML: the first and the last step of everything drawn here."""

from __future__ import annotations

import html
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

# Controls have no place in a page: HTML forbids NUL, and the rest can hide or reorder nothing useful.
_controls = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def escape(text: str) -> str:
    """`text` as HTML, fit for element content and for quoted attributes."""
    return html.escape(printable(text), quote=True)


def printable(text: str) -> str:
    """`text` without lone surrogates and control characters, each replaced, so that it always encodes as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
    return _controls.sub("\N{REPLACEMENT CHARACTER}", text)


def encoding_of(head: bytes) -> str:
    """The Python codec for text starting with `head`: utf-8-sig, utf-16, utf-8 or, when nothing else fits, latin-1."""
    if head.startswith(BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if _is_utf8(head):
        return "utf-8"
    return "latin-1"


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A head cut in the middle of a character is still UTF-8: at most its last three bytes may be unfinished.
        return error.reason == "unexpected end of data" and error.start >= len(head) - 3
    return True


def decode(data: bytes) -> tuple[str, str]:
    """The text of a whole file and the name of its encoding; what cannot be decoded is replaced, never raised."""
    encoding = encoding_of(data)
    return data.decode(encoding, "replace"), encoding


def split_lines(text: str) -> list[str]:
    """The lines as git counts them (by LF); a CR before the LF is dropped, a lone CR becomes a visible sign."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r").replace("\r", "\N{SYMBOL FOR CARRIAGE RETURN}") for line in lines]


def bytes_words(count: int) -> str:
    """A size for a sentence: binary units, one decimal."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
