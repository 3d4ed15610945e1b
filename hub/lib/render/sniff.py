"""What a file is, told from its first bytes and its name: what to draw it with, and what to call it on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Name = Literal["text", "image", "svg", "csv", "notebook", "markdown", "pdf", "audio", "video", "binary"]

_SIGNATURES: tuple[tuple[bytes, int, Name, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image", "image/png"),
    (b"\xff\xd8\xff", 0, "image", "image/jpeg"),
    (b"GIF87a", 0, "image", "image/gif"),
    (b"GIF89a", 0, "image", "image/gif"),
    (b"WEBP", 8, "image", "image/webp"),
    (b"ftypavif", 4, "image", "image/avif"),
    (b"\x00\x00\x01\x00", 0, "image", "image/x-icon"),
    (b"%PDF-", 0, "pdf", "application/pdf"),
    (b"ID3", 0, "audio", "audio/mpeg"),
    (b"\xff\xfb", 0, "audio", "audio/mpeg"),
    (b"OggS", 0, "audio", "audio/ogg"),
    (b"fLaC", 0, "audio", "audio/flac"),
    (b"WAVE", 8, "audio", "audio/wav"),
    (b"ftypM4A", 4, "audio", "audio/mp4"),
    (b"ftyp", 4, "video", "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, "video", "video/webm"),
)
_TEXT_SUFFIXES: dict[str, tuple[Name, str]] = {
    "md": ("markdown", "text/markdown"),
    "markdown": ("markdown", "text/markdown"),
    "mdown": ("markdown", "text/markdown"),
    "ipynb": ("notebook", "application/x-ipynb+json"),
    "csv": ("csv", "text/csv"),
    "tsv": ("csv", "text/tab-separated-values"),
    "svg": ("svg", "image/svg+xml"),
    "json": ("text", "application/json"),
    "html": ("text", "text/html"),
    "htm": ("text", "text/html"),
    "xml": ("text", "application/xml"),
    "css": ("text", "text/css"),
    "js": ("text", "text/javascript"),
    "mjs": ("text", "text/javascript"),
    "yaml": ("text", "application/yaml"),
    "yml": ("text", "application/yaml"),
    "toml": ("text", "application/toml"),
}
_svg = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*|<!DOCTYPE[^>]{0,400}>\s*){0,3}<svg[\s>]", re.DOTALL
)
# Enough to see a zero byte or a broken character where there is one; git looks at as many.
HEAD = 8000


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is: `name` says what draws it, `mime` its media type without parameters."""

    name: Name
    mime: str

    @property
    def is_text(self) -> bool:
        """Whether the bytes can be shown as lines of text."""
        return self.name in ("text", "svg", "csv", "notebook", "markdown")


def kind(head: bytes, filename: str) -> Kind:
    """The kind of the file called `filename` that begins with `head` (HEAD bytes or more are best); never raises.

    Bytes beat names: a `.png` holding HTML is text, a `.txt` holding a picture is a picture.
    """
    for signature, offset, name, mime in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return Kind(name, mime)
    if not looks_like_text(head):
        return Kind("binary", "application/octet-stream")
    suffix = filename.rsplit("/", 1)[-1].rpartition(".")[2].lower()
    if suffix == "svg" or _svg.match(head[:4000]):
        return Kind("svg", "image/svg+xml")
    return Kind(*_TEXT_SUFFIXES.get(suffix, ("text", "text/plain")))


def looks_like_text(head: bytes) -> bool:
    """Whether `head` holds no zero byte, or is UTF-16 with its mark; as git tells text from binary."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in head[:HEAD]
