"""The basic transfer: GET, PUT and verify of one object, each with the caller's credentials or a ticket."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase

from hub.lib.errors import Invalid, NotFound
from hub.lib.http import announced_length, stream_body, untrusted
from repos.services.transport import release_database
from storage import presence, selectors
from storage.blobs import BLOCK_SIZE
from storage.lfs import direct
from storage.lfs.call import Call
from storage.lfs.wire import Item
from storage.models import StoredObject
from storage.services.contents import put_content
from storage.spaces import LFS, lfs_key

LARGE = 4 * BLOCK_SIZE


def download(call: Call) -> HttpResponseBase:
    """GET of a download action: the bytes, from anywhere in the middle when a Range asks for it (206)."""
    stored = _stored(call)
    if stored.size >= LARGE:
        release_database()  # A slow download must not hold on to it.
    return untrusted(
        call.request,
        filename=call.words["oid"],
        size=stored.size,
        open_range=lambda offset, length: iter(selectors.read_object(stored, offset, length)),
        content_type="application/octet-stream",
        etag=call.words["oid"],
        download=True,
    )


def upload(call: Call) -> HttpResponse:
    """PUT of an upload action: kept when its SHA-256 is its id, else refused. One that is there stays as it is.

    Raises Invalid, WrongDigest, QuotaExceeded, Conflict: then nothing has changed.
    """
    oid, body = call.words["oid"], stream_body(call.request)
    if presence.find_object(call.repository, LFS, lfs_key(oid)) is not None:
        for _ in body:
            pass
    else:
        put_content(
            repository=call.repository,
            space=LFS,
            key=lfs_key(oid),
            chunks=body,
            expected_size=announced_length(call.request),
            sha256=oid,
            actor=call.actor,
        )
    return HttpResponse(headers={"Content-Length": "0"})


def verify(call: Call, asked: Item) -> dict[str, str]:
    """POST of a verify action: whether the object has arrived; one sent to the store itself is kept only now.

    Raises NotFound, Invalid for another size, and as keep_direct.
    """
    if asked.oid != call.words["oid"]:
        raise Invalid("The object in the body is not that of the address.")
    if presence.find_object(call.repository, LFS, lfs_key(asked.oid)) is None:
        direct.take(call, asked)
    stored = _stored(call)
    if stored.size != asked.size:
        raise Invalid(f"This object has {stored.size} bytes, not {asked.size}.")
    return {"message": "The object is here."}


def _stored(call: Call) -> StoredObject:
    stored = presence.find_object(call.repository, LFS, lfs_key(call.words["oid"]))
    if stored is None:
        raise NotFound("The hub does not hold this object; push it from a clone that has it.")
    return stored
