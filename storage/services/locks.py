"""Takes and gives back locks of Git LFS."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Conflict, Forbidden, NotFound
from repos.models import Repository
from storage.keys import checked_key
from storage.models import LfsLock


class AlreadyLocked(Conflict):
    """Somebody holds this path; `lock` is theirs."""

    def __init__(self, lock: LfsLock) -> None:
        super().__init__(f"{lock.path} is locked by {lock.owner.username}.")
        self.lock = lock


def lock_path(*, repository: Repository, path: str, user: User) -> LfsLock:
    """`user` holds the path. Raises Invalid for what is no path, AlreadyLocked when it is held, by whomever."""
    checked_key(path)
    # Twice at most: a lock that stood in the way may be gone when it is looked at.
    for _ in range(2):
        try:
            with transaction.atomic():
                return LfsLock.objects.create(repository=repository, path=path, owner=user)
        except IntegrityError:
            held = LfsLock.objects.select_related("owner").filter(repository=repository, path=path).first()
            if held is not None:
                raise AlreadyLocked(held) from None
    raise Conflict(f"{path} changes hands just now.", next_step="Try again.")


@transaction.atomic
def unlock_path(*, repository: Repository, lock_id: int, user: User, level: Level, force: bool) -> LfsLock:
    """Nobody holds the path any more; returns the lock that was. Raises NotFound.

    Another person's lock takes `force` and admin access (`level` is what the user has); else raises Forbidden.
    """
    held = LfsLock.objects.select_related("owner").select_for_update(of=("self",))
    lock = held.filter(repository=repository, pk=lock_id).first()
    if lock is None:
        raise NotFound("There is no such lock.")
    if lock.owner_id != user.pk and not (force and level >= Level.ADMIN):
        raise Forbidden(
            f"{lock.path} is locked by {lock.owner.username}.",
            next_step="Ask them to unlock it; an administrator of the repository can with --force.",
        )
    LfsLock.objects.filter(pk=lock.pk).delete()
    return lock
