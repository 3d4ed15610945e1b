"""A stored file as a part of a page: `view_file` for any room that has one, and small pictures for its lists.

The part reads its own words from the query of the page's address (storage.viewers.asks), so a page that shows it
needs no address besides its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from hub.lib.errors import Invalid, NotFound, Unavailable
from hub.lib.http import untrusted
from storage.blobs.disk import DiskStore
from storage.models import StoredObject
from storage.selectors import read_object
from storage.store import blob_store
from storage.viewers import confined
from storage.viewers.asks import Query, read_ask
from storage.viewers.drawing import draw_view
from storage.viewers.pictures import can_shrink, thumbnail
from storage.viewers.source import Source, Unreadable

KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the file on the page that shows it: its bytes, its download, and what its frame shows of it: an
    HTML file, one whose scripts run, a figure (storage.views.framing)."""

    raw: str
    download: str
    frame: str
    scripts: str
    figure: str


def links_of(raw: str, frame: str = "") -> Links:
    """The addresses of a file whose bytes are at `raw`; without an address for frames, that one serves them too."""
    frame, sign = (frame, "?") if frame else (f"{raw}?frame", "&")
    return Links(raw, f"{raw}?download", frame, f"{frame}{sign}scripts", f"{frame}{sign}figure")


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A stored object as viewers read it."""

    stored: StoredObject

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.stored.name

    @property
    def size(self) -> int:
        """Bytes."""
        return self.stored.size

    @property
    def etag(self) -> str:
        """Its SHA-256."""
        return self.stored.blob.sha256

    @property
    def local_path(self) -> Path | None:
        """The file of the blob, where blobs lie on this machine's disk."""
        store = blob_store()
        return store.path_of(self.etag) if isinstance(store, DiskStore) else None

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""
        if length <= 0 or offset >= self.size:
            return b""
        return b"".join(read_object(self.stored, offset, length))


def view_file(request: HttpRequest, source: Source, links: Links) -> SafeString:
    """The part that shows `source` as the request asks; raises Invalid for a query that nobody can mean."""
    try:
        ask = read_ask(cast(Query, request.GET))
    except Unreadable as refusal:
        raise Invalid(str(refusal)) from None
    view = draw_view(source, ask)
    words = {"view": view, "ask": view.ask, "file": source, "links": links}
    return render_to_string(f"storage/viewers/{view.template}.html", words)


def has_thumbnail(name: str, size: int | None) -> bool:
    """Whether a list may show a small picture of a file."""
    return size is not None and can_shrink(name, size)


def thumbnail_response(request: HttpRequest, source: Source) -> HttpResponseBase:
    """The small picture as WebP, kept by the file's digest. Raises NotFound where there is none, Unavailable."""
    key = f"thumbnail:{source.etag}"
    small = cache.get(key)
    if small is None:
        try:
            small = thumbnail(source)
        except confined.Busy as busy:
            raise Unavailable(str(busy)) from None
        except Unreadable:
            small = b""
        cache.set(key, small, KEPT_SECONDS)
    if not small:
        raise NotFound("There is no small picture of this file.")

    def part(offset: int, length: int) -> Iterator[bytes]:
        yield small[offset : offset + length]

    return untrusted(
        request,
        filename=f"{source.name}.webp",
        size=len(small),
        open_range=part,
        content_type="image/webp",
        etag=f"{source.etag}-small",
    )
