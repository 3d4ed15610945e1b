"""locks: create, list, verify and unlock, as `git lfs lock`, `locks`, `push` and `unlock` ask for them."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.http import HttpResponse

from accounts.models import User
from hub.lib.errors import Invalid, NotFound, Unauthenticated
from repos.access import level_for
from storage.lfs import wire
from storage.lfs.call import Call
from storage.models import LfsLock
from storage.services.locks import AlreadyLocked, lock_path, unlock_path

PAGE, LARGEST_PAGE = 100, 1000
LONGEST_NUMBER = 18  # digits


def create(call: Call, asked: wire.LockRequest) -> HttpResponse:
    """POST locks: 201 with the lock, or 409 with the one that stands in the way."""
    try:
        lock = lock_path(repository=call.repository, path=asked.path, user=_user(call))
    except AlreadyLocked as error:
        return wire.answer({"message": error.message, "lock": shown(error.lock)}, 409)
    return wire.answer({"lock": shown(lock)}, 201)


def listed(call: Call) -> dict[str, Any]:
    """GET locks?path=&id=&cursor=&limit=: a page of locks, oldest first. `refspec` changes nothing."""
    query = call.request.GET
    found = LfsLock.objects.filter(repository=call.repository)
    if "path" in query:
        found = found.filter(path=query["path"])
    if "id" in query:
        found = found.filter(pk=_number(query["id"]) or 0)
    locks, cursor = _page(found, query.get("cursor", ""), _limit(query.get("limit", "")))
    return {"locks": [shown(lock) for lock in locks], **cursor}


def verify(call: Call, asked: wire.VerifyLocksRequest) -> dict[str, Any]:
    """POST locks/verify: a page of locks, the caller's and those of others; git-lfs holds a push against these."""
    found = LfsLock.objects.filter(repository=call.repository)
    locks, cursor = _page(found, asked.cursor, min(asked.limit, LARGEST_PAGE) if asked.limit > 0 else PAGE)
    mine = _user(call).pk
    return {
        "ours": [shown(lock) for lock in locks if lock.owner_id == mine],
        "theirs": [shown(lock) for lock in locks if lock.owner_id != mine],
        **cursor,
    }


def unlock(call: Call, asked: wire.UnlockRequest) -> dict[str, Any]:
    """POST locks/<id>/unlock: the lock that was. Another person's takes force, and admin access (else 403)."""
    number = _number(call.words["number"])
    if number is None:
        raise NotFound("There is no such lock.")
    level = level_for(call.actor, call.repository)
    lock = unlock_path(repository=call.repository, lock_id=number, user=_user(call), level=level, force=asked.force)
    return {"lock": shown(lock)}


def shown(lock: LfsLock) -> dict[str, Any]:
    """A lock in the protocol's form."""
    moment = lock.locked_at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return {"id": str(lock.pk), "path": lock.path, "locked_at": moment, "owner": {"name": lock.owner.username}}


def _page(found: Any, cursor: str, limit: int) -> tuple[list[LfsLock], dict[str, str]]:
    """Locks from the cursor on, and where the next page begins if there is one. Raises Invalid."""
    if cursor:
        first = _number(cursor)
        if first is None:
            raise Invalid("This cursor is none of ours.")
        found = found.filter(pk__gte=first)
    locks = list(found.select_related("owner").order_by("pk")[: limit + 1])
    return locks[:limit], {"next_cursor": str(locks[limit].pk)} if len(locks) > limit else {}


def _limit(text: str) -> int:
    number = _number(text) if text else PAGE
    if not number:
        raise Invalid("A limit is a number from 1 on.")
    return min(number, LARGEST_PAGE)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


def _user(call: Call) -> User:
    if call.actor.user is None:
        raise Unauthenticated("Locks are held by people: sign in.")
    return call.actor.user
