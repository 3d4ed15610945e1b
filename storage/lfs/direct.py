"""Transfers between git-lfs and the object store, where `HUB_S3_DIRECT` allows them: addresses, and verifying."""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from storage import selectors
from storage.blobs.direct import MOST_DIRECT
from storage.lfs.call import Call
from storage.lfs.wire import Action, Item
from storage.models import StoredObject
from storage.services.direct import direct_put, keep_direct
from storage.spaces import LFS, lfs_key

LIFETIME = 900
"""Seconds that an address is good for; git-lfs asks for another one afterwards. A lost right does not end it."""
LEAST_DIRECT = 1024 * 1024
"""Bytes from which on sending past the hub is worth the requests that reading back costs."""

_SALT = "storage.lfs.direct"


def download(stored: StoredObject) -> Action | None:
    """GET from the store itself, of an object that this repository holds; None where the hub gives it."""
    href = selectors.direct_url(stored, seconds=LIFETIME)
    return Action(href, {}, LIFETIME) if href else None


def upload(call: Call, item: Item) -> Action | None:
    """PUT to a place in the store from which only `take` makes an object; None where it goes through the hub."""
    if not LEAST_DIRECT <= item.size <= MOST_DIRECT:
        return None
    put = direct_put(_part(call, item.oid), size=item.size, sha256=item.oid, seconds=LIFETIME)
    return Action(put.href, put.header, LIFETIME) if put is not None else None


def take(call: Call, item: Item) -> None:
    """Keep what was sent to the store, if it is what the id says. Raises as keep_direct."""
    keep_direct(
        repository=call.repository,
        space=LFS,
        key=lfs_key(item.oid),
        part=_part(call, item.oid),
        size=item.size,
        sha256=item.oid,
        actor=call.actor,
    )


def _part(call: Call, oid: str) -> str:
    """The place for this object from this person: sent again it is the same, so that tries do not pile up.

    SECURITY: nobody else can guess it, neither to read nor to overwrite what is sent.
    """
    mark = salted_hmac(_SALT, f"{call.repository.pk}:{call.actor.user_id}:{oid}", algorithm="sha256").hexdigest()
    return f"lfs-{mark[:40]}"
