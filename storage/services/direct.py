"""Keeps content that a client sent to the object store itself: read back, compared, and only then named."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings

from accounts.actor import Actor
from hub.lib.errors import Invalid, NotFound, QuotaExceeded, Unavailable
from repos.models import Repository
from repos.services.transport import release_database
from storage import presence, selectors
from storage.blobs import PartMissing
from storage.blobs.direct import DirectPut, TakesUploads
from storage.keys import checked_key
from storage.services.naming import name_if_free, touched_blob
from storage.services.objects import Label, Place, check_received
from storage.store import blob_store


def direct_put(part: str, *, size: int, sha256: str, seconds: int) -> DirectPut | None:
    """Where a client may send content of `size` bytes itself, as `part`; None where it goes through the hub."""
    store = _direct_store()
    return store.direct_put(part, size=size, sha256=sha256, seconds=seconds) if store is not None else None


def keep_direct(
    *, repository: Repository, space: str, key: str, part: str, size: int, sha256: str, actor: Actor
) -> None:
    """The object `key` is there, durably, with what was sent as `part`; one that was there before stays.

    `size` is in bytes, `sha256` hexadecimal. Raises NotFound when nothing arrived; Invalid for another size,
    WrongDigest, QuotaExceeded, and then what was sent is dropped; Unavailable, and then it waits for another try.
    """
    store, place = _direct_store(), Place(repository, space, checked_key(key))
    if store is None:
        raise _nothing_arrived()
    # Clients lose patience before 5 GB are read, and ask again: they wait for whoever is at it.
    with blob_store().alone(part):
        if presence.find_object(repository, space, key) is not None:
            return
        try:
            _keep(store, place, part, size, sha256, actor)
        except PartMissing:
            if presence.find_object(repository, space, key) is None:  # Not kept from another machine meanwhile.
                raise _nothing_arrived() from None
        except (Invalid, QuotaExceeded):
            blob_store().drop_part(part)
            raise
        with suppress(Unavailable):  # It is kept; what stays here is cleared with other abandoned uploads.
            blob_store().drop_part(part)


def _keep(store: TakesUploads, place: Place, part: str, size: int, sha256: str, actor: Actor) -> None:
    arrived_size = store.part_size(part)
    if arrived_size != size:
        raise Invalid(f"{arrived_size} of {size} bytes arrived; nothing was kept.", next_step="Send it again.")
    _check_room(place, size)
    release_database()  # Reading back takes a while.
    with store.read_back(part) as arrived:
        check_received(arrived.written, expected_size=size, sha256=sha256)
        # The row comes before the bytes: collection leaves freshly touched rows alone, and locks to delete.
        blob = touched_blob(arrived.written)
        store.publish_arrived(arrived)
    name_if_free(place, blob, Label("", {}, "", actor))


def _direct_store() -> TakesUploads | None:
    store = blob_store() if settings.S3_DIRECT else None
    return store if isinstance(store, TakesUploads) else None


def _check_room(place: Place, size: int) -> None:
    room = selectors.room_left(place.repository, place.space, place.key)
    if room is not None and size > room:
        owner = place.repository.owner.slug
        raise QuotaExceeded(
            f"{size} bytes arrived, and {owner} has room for {max(0, room)}; nothing was kept.",
            next_step="Delete what is no longer needed, or ask an administrator for more room.",
        )


def _nothing_arrived() -> NotFound:
    return NotFound("The hub does not hold this object; push it from a clone that has it.")
