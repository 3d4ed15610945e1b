"""Turns a file into what a page shows of it: lines, a document, a picture, a table, a notebook, or a download."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from hub.lib.render import highlight, markdown, table
from hub.lib.render.text import decode
from repos.git import objects
from repos.git.objects import Place, Pointer
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from repos.views.frame import base_url

Kind = Literal[
    "text", "markdown", "table", "notebook", "image", "media", "symlink", "submodule", "lfs", "binary", "big"
]
SHOWN_BYTES = 1024 * 1024
IMAGE_BYTES = 32 * 1024 * 1024
IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".ico", ".svg"}
VIDEO = {".mp4", ".webm"}
AUDIO = {".mp3", ".ogg", ".wav", ".flac", ".m4a"}
MARKDOWN = {".md", ".markdown"}
TABLES = {".csv", ".tsv"}
HIGHLIGHTED_BYTES = 256 * 1024


@dataclass(slots=True)
class Document:
    """One file as a page shows it; which of the fields are filled depends on `kind`."""

    entry: Entry
    kind: Kind
    size: int = 0
    data: bytes = b""
    html: SafeString | None = None
    lines: list[SafeString] | None = None
    target: str = ""
    pointer: Pointer | None = None
    has_source: bool = False
    is_video: bool = False

    @property
    def line_count(self) -> int:
        """Lines of text, as editors count them."""
        return self.data.count(b"\n") + (not self.data.endswith(b"\n") and bool(self.data))

    @property
    def is_editable(self) -> bool:
        """Whether the browser can edit it: text, and not too much of it."""
        return self.kind in {"text", "markdown", "table", "notebook"} and _is_utf8(self.data)


def document(repo: Repository, place: Place, entry: Entry, *, source: bool = False) -> Document:
    """The file as a page shows it; with `source`, as its lines even where it could be drawn."""
    if entry.kind == "submodule":
        return Document(entry, "submodule", target=entry.id)
    folder = git_dir(repo)
    size = objects.blob_size(folder, entry.id)
    suffix = PurePosixPath(entry.name.lower()).suffix
    if entry.kind == "symlink":
        return Document(
            entry, "symlink", size, target=objects.read_blob(folder, entry.id)[:4096].decode("utf-8", "replace")
        )
    if suffix in IMAGES and size <= IMAGE_BYTES and not (source and suffix == ".svg"):
        return Document(entry, "image", size, has_source=suffix == ".svg")
    if suffix in VIDEO | AUDIO and size > 1024:
        return Document(entry, "media", size, is_video=suffix in VIDEO)
    if size > SHOWN_BYTES:
        kind: Kind = "notebook" if suffix == ".ipynb" and size <= IMAGE_BYTES else "big"
        return Document(entry, kind, size)
    return _text(repo, place, Document(entry, "text", size, objects.read_blob(folder, entry.id)), suffix, source)


def _text(repo: Repository, place: Place, shown: Document, suffix: str, source: bool) -> Document:
    shown.pointer = objects.lfs_pointer(shown.data)
    if shown.pointer:
        shown.kind = "lfs"
    elif objects.is_binary(shown.data):
        shown.kind = "binary"
    elif suffix == ".ipynb":
        shown.kind, shown.has_source = "notebook", True
    elif suffix in MARKDOWN:
        shown.kind, shown.has_source = "markdown", True
    elif suffix in TABLES:
        shown.kind, shown.has_source = "table", True
    elif suffix == ".svg":
        shown.has_source = True
    if shown.kind in {"text", "lfs"} or (source and shown.has_source):
        shown.lines = lines_html(shown.entry, shown.data)
    elif shown.kind == "markdown":
        shown.html = markdown_html(repo, place, shown.entry, shown.data)
    elif shown.kind == "table":
        html = table.render_file(shown.data, filename=shown.entry.name)
        shown.html = mark_safe(html)  # noqa: S308 (hub.lib.render gives safe HTML only)
    return shown


def lines_html(entry: Entry, data: bytes) -> list[SafeString]:
    """The highlighted lines of a file, kept by blob and kind of name; a long file stays plain."""
    filename = entry.name if len(data) <= HIGHLIGHTED_BYTES else "plain.txt"
    kind = hashlib.sha256(filename.lower().rpartition(".")[2].encode()).hexdigest()[:16]
    kept: list[str] | None = cache.get(f"lines:{entry.id}:{kind}")
    if kept is None:
        kept = highlight.highlight_lines(decode(data)[0], filename=filename)
        cache.set(f"lines:{entry.id}:{kind}", kept)
    return [mark_safe(line) for line in kept]  # noqa: S308 (hub.lib.render gives safe HTML only)


def markdown_html(repo: Repository, place: Place, entry: Entry, data: bytes) -> SafeString:
    """A Markdown file as HTML, its relative links leading to files of the same ref."""
    html = markdown.render(
        decode(data)[0],
        link_base=base_url(repo, "src", place.ref),
        image_base=base_url(repo, "raw", place.ref),
        directory=entry.path_text.rpartition("/")[0],
    )
    return mark_safe(html)  # noqa: S308 (hub.lib.render gives safe HTML only)


def readme_html(repo: Repository, place: Place, entry: Entry) -> Document | None:
    """A folder's README as a document: drawn when it is Markdown, its lines otherwise; None when it is no text."""
    shown = document(repo, place, entry)
    return shown if shown.kind in {"markdown", "text"} else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
