"""POST objects/batch: which objects a client shall send, may fetch, or need not care about."""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.errors import Conflict, Invalid, QuotaExceeded, TooLarge
from repos.access import open_repo
from storage import selectors
from storage.lfs import direct
from storage.lfs.call import Call
from storage.lfs.tickets import LIFETIME, Operation, header_for
from storage.lfs.wire import Action, Answered, BatchRequest, Item, ObjectError, is_oid
from storage.models import StoredObject
from storage.spaces import LFS, lfs_key

MOST_OBJECTS = 1000
LARGEST = 2**62


def batch(call: Call, asked: BatchRequest) -> dict[str, object]:
    """POST objects/batch: needs read access, and write access when objects are to be sent.

    Raises Conflict (409) for another hash than SHA-256, TooLarge (413) for too many objects, QuotaExceeded (507).
    """
    operation = _operation(asked)
    if operation == "upload":
        open_repo(call.actor, call.owner, call.name, needs=Level.WRITE)
    held = _held(call, asked.objects)
    answer = _download if operation == "download" else _upload
    objects = [_fault(item) or answer(call, item, held.get(item.oid)) for item in asked.objects]
    if operation == "upload":
        _check_room(call, objects)
    return {"transfer": "basic", "objects": objects, "hash_algo": "sha256"}


def _operation(asked: BatchRequest) -> Operation:
    if asked.operation not in ("download", "upload"):
        raise Invalid(f"There is no operation {asked.operation[:40]!r}: download and upload are.")
    if asked.hash_algo != "sha256":
        raise Conflict(f"Objects are named by their sha256 here, not by {asked.hash_algo[:40]!r}.")
    if len(asked.objects) > MOST_OBJECTS:
        raise TooLarge(f"A batch may name {MOST_OBJECTS} objects, not {len(asked.objects)}.")
    return "download" if asked.operation == "download" else "upload"


def _held(call: Call, items: list[Item]) -> dict[str, StoredObject]:
    """Those objects that this very repository holds, with their blobs.

    SECURITY: what other repositories hold is not looked at, or an answer would tell that the hub has it.
    """
    keys = {lfs_key(item.oid): item.oid for item in items if is_oid(item.oid)}
    rows = StoredObject.objects.filter(bucket__repository=call.repository, bucket__name=LFS, key__in=keys)
    return {keys[stored.key]: stored for stored in rows.select_related("blob")}


def _fault(item: Item) -> Answered | None:
    if not is_oid(item.oid):
        return _refused(item, 422, "An object's id is 64 lower-case hexadecimal digits.")
    if not 0 <= item.size <= LARGEST:
        return _refused(item, 422, "An object's size is a number of bytes.")
    return None


def _download(call: Call, item: Item, stored: StoredObject | None) -> Answered:
    if stored is None:
        return _refused(item, 404, "The hub does not hold this object; push it from a clone that has it.")
    if stored.size != item.size:
        return _refused(item, 422, f"This object has {stored.size} bytes, not {item.size}.")
    action = direct.download(stored) or _action(call, "download", item.oid)
    return Answered(item.oid, item.size, True, {"download": action})


def _upload(call: Call, item: Item, stored: StoredObject | None) -> Answered:
    if stored is not None and stored.size == item.size:
        return Answered(item.oid, item.size, True)
    if stored is not None:
        return _refused(item, 422, f"The hub holds this object; it has {stored.size} bytes, not {item.size}.")
    actions = {
        "upload": direct.upload(call, item) or _action(call, "upload", item.oid),
        "verify": _action(call, "upload", item.oid, below="/verify"),
    }
    return Answered(item.oid, item.size, True, actions)


def _action(call: Call, operation: Operation, oid: str, *, below: str = "") -> Action:
    header = header_for(call.actor, call.repository, operation, oid)
    return Action(f"{call.base}/objects/{oid}{below}", header, LIFETIME if header else 0)


def _refused(item: Item, code: int, message: str) -> Answered:
    return Answered(item.oid, item.size, error=ObjectError(code, message))


def _check_room(call: Call, objects: list[Answered]) -> None:
    """Raise QuotaExceeded before anything is sent that cannot be kept."""
    wanted = sum({each.oid: each.size for each in objects if each.actions}.values())
    room = selectors.room_left(call.repository, LFS, "")
    if wanted and room is not None and wanted > room:
        raise QuotaExceeded(
            f"These objects have {wanted} bytes; {call.repository.owner.slug} has room for {max(0, room)}.",
            next_step="Delete what is no longer needed, or ask an administrator for more room.",
        )
