"""What each verb of the door does: look, fetch, and take an object that is what its address says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from django.http import HttpRequest, HttpResponseBase

from accounts.actor import Actor
from hub.lib.errors import NotFound
from hub.lib.http import stream_body, untrusted
from repos.models import Repository
from repos.services.transport import release_database
from storage import presence, selectors
from storage.blobs import BLOCK_SIZE
from storage.blobs.base import ByteBlocks
from storage.dvc import wire
from storage.dvc.line_ends import promised
from storage.dvc_keys import DvcKey
from storage.models import StoredObject
from storage.services.contents import put_content
from storage.services.manifests import want_list
from storage.spaces import DVC

Handler = Callable[[HttpRequest, Actor, Repository, DvcKey], HttpResponseBase]

# A client that only looks whether an object is there reads no further than the headers. What is put on the wire until
# it has hung up is wasted, so that the rest of a large object waits behind its first block: not longer than it takes
# to send at a rate that no network has, and at most a moment.
LARGE = 4 * BLOCK_SIZE
FASTEST = 1_000_000_000  # bytes in a second
LONGEST_PAUSE = 0.025  # seconds


def fetch(request: HttpRequest, actor: Actor, repository: Repository, key: DvcKey) -> HttpResponseBase:
    """GET and HEAD of an object: its bytes, of which a client that only looks reads nothing; 404 without a body."""
    stored = presence.find_object(repository, DVC, key.text)
    if stored is None:
        raise NotFound(f"There is no {key.text} here.")
    if stored.size >= LARGE:
        release_database()  # A slow download must not hold on to it.
    return untrusted(
        request,
        filename=key.md5,
        size=stored.size,
        open_range=lambda offset, length: _unhurried(stored, offset, length),
        content_type="application/octet-stream",
        etag=key.md5,
        download=True,
    )


def take(request: HttpRequest, actor: Actor, repository: Repository, key: DvcKey) -> HttpResponseBase:
    """POST and PUT of an object: kept when its MD5 is the address, else refused. One that is there stays as it is.

    Raises Invalid, WrongDigest, QuotaExceeded, Conflict: then nothing has changed.
    """
    body = stream_body(request)
    if presence.find_object(repository, DVC, key.text) is not None:
        _drain(body)
        return wire.done()
    put_content(
        repository=repository,
        space=DVC,
        key=key.text,
        chunks=promised(body, key.md5) if key.is_legacy else body,
        md5=None if key.is_legacy else key.md5,
        want_md5=True,
        actor=actor,
    )
    if key.is_dir:
        want_list(repository, key.text)
    return wire.done()


def _unhurried(stored: StoredObject, offset: int, length: int) -> Iterator[bytes]:
    """The bytes; after the first block of a large object a pause too short to notice."""
    blocks = selectors.read_object(stored, offset, length)
    return _paced(blocks, min(length / FASTEST, LONGEST_PAUSE)) if length >= LARGE else iter(blocks)


def _paced(blocks: ByteBlocks, pause: float) -> Iterator[bytes]:
    try:
        yield next(blocks, b"")
        time.sleep(pause)
        yield from blocks
    finally:
        blocks.close()


def _drain(body: Iterable[bytes]) -> None:
    for _ in body:
        pass
